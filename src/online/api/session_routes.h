// Signing in and out with a token, for browsers, and what tokens there are. Private to the module.
//
// A browser's session is the token itself in a cookie that no script can read and that no other site's page can make
// it send: nothing is kept here, so it holds on every server that knows the token and ends everywhere when that is
// revoked.
//
//   errors   as problem documents: 400, 401 of a token that is not good, 403 of another site's page, 415.
//   cost     a look-up in memory.
#pragma once

#include "api/routes.h"

namespace aisle::api {

net::Task<web::Response> PostSession(DeskPointer desk, const web::Request& request);
net::Task<web::Response> GetSession(DeskPointer desk, const web::Request& request);
net::Task<web::Response> DeleteSession(DeskPointer desk, const web::Request& request);
net::Task<web::Response> GetTokens(DeskPointer desk, const web::Request& request);

}  // namespace aisle::api
