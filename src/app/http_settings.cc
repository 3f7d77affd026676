#include "app/http_settings.h"

#include <chrono>

namespace aisle::app {

web::ServerOptions HttpOptionsOf(const workspace::Settings& settings) {
  using std::chrono::milliseconds;
  const auto size = [](std::int64_t value) { return static_cast<std::size_t>(value); };
  web::ServerOptions options;
  options.limits.head_bytes = size(settings.http_head_bytes);
  options.limits.field_count = size(settings.http_head_fields);
  options.limits.target_bytes = size(settings.http_target_bytes);
  options.limits.body_bytes = size(settings.http_body_bytes);
  options.connections_per_loop = size(settings.http_connections_per_loop);
  options.connections_per_client = size(settings.http_connections_per_client);
  options.pipeline_depth = size(settings.http_pipeline_depth);
  options.handshake_timeout = milliseconds(settings.http_handshake_timeout_ms);
  options.head_timeout = milliseconds(settings.http_head_timeout_ms);
  options.request_timeout = milliseconds(settings.http_request_timeout_ms);
  options.idle_timeout = milliseconds(settings.http_idle_timeout_ms);
  options.write_timeout = milliseconds(settings.http_write_timeout_ms);
  options.compress_bytes = size(settings.http_compress_bytes);
  return options;
}

Result<std::shared_ptr<web::CertificateKeeper>> CertificateOf(const workspace::Settings& settings) {
  if (settings.serve_tls_certificate.empty()) return nullptr;
  web::TlsOptions options;
  options.certificate = settings.serve_tls_certificate;
  options.key = settings.serve_tls_key;
  options.only_1_3 = settings.serve_tls_minimum_version == "1.3";
  options.look_every = std::chrono::seconds(settings.serve_tls_look_every_s);
  auto keeper = web::CertificateKeeper::Start(std::move(options));
  if (!keeper) return Within("serve.tls", keeper.error());
  return keeper;
}

}  // namespace aisle::app
