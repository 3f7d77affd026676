// What the settings say of HTTP, as the servers take it.
#pragma once

#include <memory>

#include "base/result.h"
#include "web/certificate_keeper.h"
#include "web/server.h"
#include "workspace/settings.h"

namespace aisle::app {

// [http]: limits and times. `listen` and the certificate are not filled.
web::ServerOptions HttpOptionsOf(const workspace::Settings& settings);

// [serve.tls], its files loaded; null: without TLS.
//
//   errors   as CertificateKeeper::Start.
Result<std::shared_ptr<web::CertificateKeeper>> CertificateOf(const workspace::Settings& settings);

}  // namespace aisle::app
