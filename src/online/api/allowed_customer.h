// Whether who asks may name a customer: a token may be for some of them only.
//
// Every handler that takes a customer's id from a request asks this before it looks anything up; a test asks every
// route of the table that names one.
//
//   missing  nothing: they may.
//   errors   a problem of status 403 that names the field. A shop whose ids are texts has no ranges: a token that has
//            one is for none of its customers.
#pragma once

#include <optional>

#include "recommend/request.h"
#include "web/message.h"
#include "web/problem.h"

namespace aisle::api {

std::optional<web::Problem> CustomerNotAllowed(const web::Request& request,
                                               const recommend::CustomerKey& customer);

}  // namespace aisle::api
