#include "app/server_health.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "web/address.h"
#include "web/tls_client.h"

namespace aisle::app {
namespace {

namespace json = boost::json;

// HTTP/1.0, so that the answer ends where the connection does.
constexpr std::string_view kAsk = "GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n";

class Connection {
 public:
  Connection(int family, std::chrono::milliseconds patience)
      : descriptor_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
    const timeval wait{.tv_sec = seconds.count(),
                       .tv_usec = std::chrono::microseconds(patience - seconds).count()};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  }
  ~Connection() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  template <typename Name>
  bool Connect(const Name& name) const {
    return connect(descriptor_, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
  }
  bool AskOverTls(std::string& answer) const {
    auto tls = web::TlsClient::ShakeHands(descriptor_);
    if (!tls || !tls->Send(kAsk)) return false;
    std::array<char, 4096> chunk{};
    for (;;) {
      const auto count = tls->Receive(chunk);
      if (!count) return false;
      if (*count == 0) return true;
      answer.append(chunk.data(), *count);
    }
  }
  bool Ask(std::string& answer) const {
    if (send(descriptor_, kAsk.data(), kAsk.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(kAsk.size()))
      return false;
    std::array<char, 4096> chunk{};
    for (;;) {
      const ssize_t count = recv(descriptor_, chunk.data(), chunk.size(), 0);
      if (count == 0) return true;
      if (count < 0) return false;
      answer.append(chunk.data(), static_cast<std::size_t>(count));
    }
  }

 private:
  int descriptor_;
};

// False, with errno, when it cannot be asked.
bool Exchange(const web::Address& address, std::chrono::milliseconds patience,
              std::string& answer) {
  if (address.IsUnix()) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    address.path.copy(name.sun_path, sizeof name.sun_path - 1);
    const Connection connection(AF_UNIX, patience);
    return connection.Connect(name) && connection.Ask(answer);
  }
  if (sockaddr_in name{}; inet_pton(AF_INET, address.host.c_str(), &name.sin_addr) == 1) {
    name.sin_family = AF_INET;
    name.sin_port = htons(address.port);
    const Connection connection(AF_INET, patience);
    return connection.Connect(name) &&
           (address.tls ? connection.AskOverTls(answer) : connection.Ask(answer));
  }
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_port = htons(address.port);
  inet_pton(AF_INET6, address.host.c_str(), &name.sin6_addr);
  const Connection connection(AF_INET6, patience);
  return connection.Connect(name) &&
         (address.tls ? connection.AskOverTls(answer) : connection.Ask(answer));
}

}  // namespace

Result<json::object> AskHealth(const std::string& address, std::chrono::milliseconds patience) {
  AISLE_TRY(const web::Address parsed, web::ParseAddress(address));
  std::string answer;
  if (!Exchange(parsed, patience, answer)) {
    const bool late = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS;
    return Fail(ErrorCode::kUnavailable,
                fmt::format("{} does not answer: {}", web::UrlOf(address),
                            late ? fmt::format("nothing in {} ms", patience.count())
                                 : std::strerror(errno)));
  }
  boost::system::error_code code;
  const std::size_t body = answer.find("\r\n\r\n");
  json::value value;
  if (body != std::string::npos) value = json::parse(std::string_view(answer).substr(body), code);
  if (code || !value.is_object()) {
    return Fail(ErrorCode::kUnavailable,
                fmt::format("{} does not answer as a server of aisle", web::UrlOf(address)));
  }
  return std::move(value.get_object());
}

std::vector<std::string> ProblemsOf(const json::object& health) {
  std::vector<std::string> problems;
  if (const json::value* status = health.if_contains("status");
      status != nullptr && status->is_string() && status->get_string() != "ok")
    problems.push_back(fmt::format("the server is {}", std::string_view(status->get_string())));
  const json::value* impressions = health.if_contains("impressions");
  const json::value* dropped = impressions != nullptr && impressions->is_object()
                                   ? impressions->get_object().if_contains("dropped")
                                   : nullptr;
  if (dropped != nullptr && dropped->is_int64() && dropped->get_int64() > 0) {
    problems.push_back(
        fmt::format("the server has dropped {} impressions since it started; its log says why",
                    dropped->get_int64()));
  }
  const json::value* degraded = health.if_contains("degraded");
  if (degraded == nullptr || !degraded->is_array()) return problems;
  for (const json::value& entry : degraded->get_array()) {
    if (!entry.is_object()) continue;
    const auto text = [&](const char* key) {
      const json::value* found = entry.get_object().if_contains(key);
      return found != nullptr && found->is_string() ? std::string(found->get_string())
                                                    : std::string("not said");
    };
    const std::string what = text("what");
    problems.push_back(what == "certificate"
                           ? fmt::format("TLS: {}", text("why"))
                           : fmt::format("the server does without {}: {}", what, text("why")));
  }
  return problems;
}

std::vector<std::string> StoresOf(const json::object& health) {
  std::vector<std::string> stores;
  const json::value* all = health.if_contains("stores");
  if (all == nullptr || !all->is_array()) return stores;
  for (const json::value& entry : all->get_array()) {
    if (!entry.is_object()) continue;
    const auto text = [&](const char* key) {
      const json::value* found = entry.get_object().if_contains(key);
      return found != nullptr && found->is_string() ? std::string(found->get_string())
                                                    : std::string();
    };
    std::string line = fmt::format("{}: breaker {}", text("name"), text("breaker"));
    const json::value* age = entry.get_object().if_contains("last_error_age_s");
    if (age != nullptr && age->is_int64())
      line += fmt::format("; last error {} s ago: {}", age->get_int64(), text("last_error"));
    stores.push_back(std::move(line));
  }
  return stores;
}

}  // namespace aisle::app
