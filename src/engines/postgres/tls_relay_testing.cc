#include "postgres/tls_relay_testing.h"

#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "postgres/relay_testing.h"

namespace aisle::postgres {
namespace {

constexpr std::size_t kRecordBytes = 16384;
// As long as the server says nothing more, what it said is passed on in a smaller record.
constexpr int kQuietMs = 20;

using Tls = std::unique_ptr<SSL, decltype(&SSL_free)>;
using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

int ConnectTo(const std::string& socket_path) {
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  AISLE_ASSERT(socket_path.size() < sizeof at.sun_path);
  std::ranges::copy(socket_path, at.sun_path);
  AISLE_ASSERT(connect(server, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  return server;
}

// False: the client has gone.
bool PassUp(SSL* client, int server) {
  std::array<char, kRecordBytes> bytes{};
  do {
    const int count = SSL_read(client, bytes.data(), static_cast<int>(bytes.size()));
    if (count <= 0) return false;
    AISLE_ASSERT(send(server, bytes.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) ==
                 count);
  } while (SSL_pending(client) > 0);
  return true;
}

bool SendRecords(SSL* client, std::string& bytes, bool all) {
  while (bytes.size() >= kRecordBytes || (all && !bytes.empty())) {
    const std::size_t count = std::min(bytes.size(), kRecordBytes);
    if (SSL_write(client, bytes.data(), static_cast<int>(count)) <= 0) return false;
    bytes.erase(0, count);
  }
  return true;
}

}  // namespace

TlsRelay::TlsRelay(std::string socket_path, std::string certificate, std::string key)
    : socket_path_(std::move(socket_path)),
      certificate_(std::move(certificate)),
      key_(std::move(key)),
      listener_(ListenAt("127.0.0.1", port_)),
      thread_([this] { Run(); }) {}

TlsRelay::~TlsRelay() {
  stopping_ = true;
  thread_.join();
  close(listener_);
}

void TlsRelay::Run() {
  while (!stopping_) {
    pollfd listener = {listener_, POLLIN, 0};
    if (poll(&listener, 1, kQuietMs) <= 0) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    Serve(client);
    close(client);
  }
}

void TlsRelay::Serve(int client) const {
  std::array<char, 8> asked{};
  constexpr std::string_view kAsksForTls("\0\0\0\x08\x04\xd2\x16\x2f", 8);
  if (recv(client, asked.data(), asked.size(), MSG_WAITALL) != 8 ||
      std::string_view(asked.data(), asked.size()) != kAsksForTls)
    return;
  AISLE_ASSERT(send(client, "S", 1, MSG_NOSIGNAL) == 1);
  const Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  AISLE_ASSERT(
      SSL_CTX_use_certificate_file(context.get(), certificate_.c_str(), SSL_FILETYPE_PEM) == 1);
  AISLE_ASSERT(SSL_CTX_use_PrivateKey_file(context.get(), key_.c_str(), SSL_FILETYPE_PEM) == 1);
  const Tls tls(SSL_new(context.get()), SSL_free);
  SSL_set_fd(tls.get(), client);
  if (SSL_accept(tls.get()) != 1) return;
  const int server = ConnectTo(socket_path_);
  std::string down;
  std::array<char, 65536> bytes{};
  while (!stopping_) {
    std::array<pollfd, 2> sockets = {{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    const bool quiet = poll(sockets.data(), sockets.size(), kQuietMs) == 0;
    if (sockets[0].revents != 0 && !PassUp(tls.get(), server)) break;
    if (sockets[1].revents != 0) {
      const ssize_t count = read(server, bytes.data(), bytes.size());
      if (count <= 0) break;
      down.append(bytes.data(), static_cast<std::size_t>(count));
    }
    if (!SendRecords(tls.get(), down, quiet)) break;
  }
  close(server);
}

}  // namespace aisle::postgres
