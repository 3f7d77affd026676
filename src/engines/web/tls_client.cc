#include "web/tls_client.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace aisle::web {
namespace {

std::unexpected<Error> Unavailable(std::string_view what) {
  const int system = errno;  // 0: it was not the system that said no.
  const char* why = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  if (why == nullptr) why = system == 0 ? "the connection ended" : std::strerror(system);
  return Fail(ErrorCode::kUnavailable, fmt::format("{}: {}", what, why));
}

}  // namespace

Result<TlsClient> TlsClient::ShakeHands(int descriptor, const TlsAsk& ask) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  AISLE_ASSERT(context);
  if (ask.only_1_2) SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  if (ask.below_1_2) {
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  }
  Handle handle(SSL_new(context.get()), SSL_free);
  AISLE_ASSERT(handle);
  if (!ask.alpn.empty()) {
    const std::string offered = static_cast<char>(ask.alpn.size()) + ask.alpn;
    SSL_set_alpn_protos(handle.get(), reinterpret_cast<const unsigned char*>(offered.data()),
                        static_cast<unsigned int>(offered.size()));
  }
  // Memory, and not the socket itself: OpenSSL would raise SIGPIPE when the server is gone.
  for (const bool arriving : {true, false}) {
    BIO* memory = BIO_new(BIO_s_mem());
    AISLE_ASSERT(memory != nullptr);
    BIO_set_mem_eof_return(memory, -1);
    arriving ? SSL_set0_rbio(handle.get(), memory) : SSL_set0_wbio(handle.get(), memory);
  }
  SSL_set_connect_state(handle.get());
  TlsClient client(std::move(handle), descriptor);
  for (;;) {
    ERR_clear_error();
    const int code = SSL_do_handshake(client.handle_.get());
    const bool goes_on =
        code == 1 || SSL_get_error(client.handle_.get(), code) == SSL_ERROR_WANT_READ;
    if (!goes_on) {
      errno = 0;
      return Unavailable("TLS");
    }
    AISLE_CHECK(client.Flush());
    if (code == 1) return client;
    AISLE_TRY(const std::size_t count, client.Fetch());
    if (count == 0) return Fail(ErrorCode::kUnavailable, "TLS: the server closed the connection");
  }
}

Status TlsClient::Flush() {
  char* bytes = nullptr;
  const long pending = BIO_get_mem_data(SSL_get_wbio(handle_.get()), &bytes);
  std::string_view left(bytes, pending > 0 ? static_cast<std::size_t>(pending) : 0);
  while (!left.empty()) {
    const ssize_t count = ::send(descriptor_, left.data(), left.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Unavailable("sending over TLS");
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  BIO_reset(SSL_get_wbio(handle_.get()));
  return {};
}

Result<std::size_t> TlsClient::Fetch() {
  std::array<char, 16 * 1024> chunk;
  for (;;) {
    const ssize_t count = ::recv(descriptor_, chunk.data(), chunk.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Unavailable("waiting over TLS");
    BIO_write(SSL_get_rbio(handle_.get()), chunk.data(), static_cast<int>(count));
    return static_cast<std::size_t>(count);
  }
}

Status TlsClient::Send(std::string_view bytes) {
  if (bytes.empty()) return {};
  ERR_clear_error();
  errno = 0;
  std::size_t count = 0;
  if (SSL_write_ex(handle_.get(), bytes.data(), bytes.size(), &count) != 1)
    return Unavailable("sending over TLS");
  return Flush();
}

Result<std::size_t> TlsClient::Receive(std::span<char> into) {
  for (;;) {
    ERR_clear_error();
    errno = 0;
    std::size_t count = 0;
    const int code = SSL_read_ex(handle_.get(), into.data(), into.size(), &count);
    if (code == 1) return count;
    const int why = SSL_get_error(handle_.get(), code);
    if (why == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
    if (why != SSL_ERROR_WANT_READ) return Unavailable("waiting over TLS");
    AISLE_CHECK(Flush());
    AISLE_TRY(const std::size_t fetched, Fetch());
    if (fetched == 0)
      return Fail(ErrorCode::kUnavailable, "the server closed the connection without a word");
  }
}

void TlsClient::FinishSending() {
  ERR_clear_error();
  SSL_shutdown(handle_.get());
  (void)Flush();
}

std::string TlsClient::Version() const { return SSL_get_version(handle_.get()); }

std::string TlsClient::Protocol() const {
  const unsigned char* name = nullptr;
  unsigned int bytes = 0;
  SSL_get0_alpn_selected(handle_.get(), &name, &bytes);
  return {reinterpret_cast<const char*>(name), bytes};
}

std::string TlsClient::Subject() const {
  const X509* shown = SSL_get0_peer_certificate(handle_.get());
  if (shown == nullptr) return {};
  std::array<char, 256> name{};
  X509_NAME_oneline(X509_get_subject_name(shown), name.data(), static_cast<int>(name.size()));
  return name.data();
}

}  // namespace aisle::web
