#include "web/client_testing.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "web/message.h"

namespace aisle::web {
namespace {

std::unexpected<Error> Unavailable(std::string_view what) {
  return Fail(ErrorCode::kUnavailable, fmt::format("{}: {}", what, std::strerror(errno)));
}

// The address as the system wants it; its length in `bytes`.
sockaddr_storage NameOf(const Address& address, socklen_t& bytes) {
  sockaddr_storage name{};
  const auto set = [&](const auto& known) {
    std::memcpy(&name, &known, sizeof known);
    bytes = sizeof known;
  };
  if (address.IsUnix()) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, address.path.data(),
                std::min(address.path.size(), sizeof to.sun_path - 1));
    set(to);
  } else if (address.host.find(':') != std::string::npos) {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(address.port);
    ::inet_pton(AF_INET6, address.host.c_str(), &to.sin6_addr);
    set(to);
  } else {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(address.port);
    ::inet_pton(AF_INET, address.host.c_str(), &to.sin_addr);
    set(to);
  }
  return name;
}

int OpenSocket(const Address& address, std::chrono::milliseconds timeout) {
  socklen_t bytes = 0;
  const sockaddr_storage name = NameOf(address, bytes);
  const int descriptor = ::socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  timeval wait{};
  wait.tv_sec = timeout.count() / 1000;
  wait.tv_usec = timeout.count() % 1000 * 1000;
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  const int on = 1;
  if (!address.IsUnix()) ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&name), bytes) == 0)
    return descriptor;
  const int failed = errno;
  ::close(descriptor);
  errno = failed;
  return -1;
}

// The head of an answer, without the empty line at its end.
Result<ClientAnswer> ParseHead(std::string_view head) {
  const auto refuse = [&] {
    return Fail(ErrorCode::kInternal,
                fmt::format("not an HTTP answer: '{}'",
                            head.substr(0, std::min<std::size_t>(head.size(), 80))));
  };
  ClientAnswer answer;
  if (!head.starts_with("HTTP/1.") || head.size() < 12) return refuse();
  const auto parsed = std::from_chars(head.data() + 9, head.data() + 12, answer.status);
  if (parsed.ec != std::errc{} || parsed.ptr != head.data() + 12) return refuse();
  std::size_t begin = head.find("\r\n");
  while (begin != std::string_view::npos) {
    begin += 2;
    const std::size_t end = std::min(head.find("\r\n", begin), head.size());
    const std::string_view line = head.substr(begin, end - begin);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return refuse();
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    answer.fields.emplace_back(line.substr(0, colon), value);
    begin = head.find("\r\n", begin);
  }
  return answer;
}

}  // namespace

std::string_view ClientAnswer::Find(std::string_view field_name) const {
  for (const auto& [name, value] : fields) {
    if (EqualFold(name, field_name)) return value;
  }
  return {};
}

Result<Client> Client::Connect(const Address& address, std::chrono::milliseconds timeout,
                               const TlsAsk& tls) {
  const int descriptor = OpenSocket(address, timeout);
  if (descriptor < 0) return Unavailable(fmt::format("cannot reach {}", address.Text()));
  Client client(descriptor, address.IsUnix()
                                ? "localhost"
                                : Address{.host = address.host, .port = address.port}.Text());
  if (address.tls) {
    AISLE_TRY(client.tls_, TlsClient::ShakeHands(descriptor, tls));
  }
  return client;
}

Client::Client(Client&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      host_(std::move(other.host_)),
      tls_(std::move(other.tls_)),
      input_(std::move(other.input_)) {}

Client::~Client() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<ClientAnswer> Client::Get(std::string_view target) {
  AISLE_CHECK(Send(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", target, host_)));
  return Receive();
}

Result<ClientAnswer> Client::Post(std::string_view target, std::string_view body,
                                  std::string_view content_type) {
  return WithBody("POST", target, body, content_type);
}

Result<ClientAnswer> Client::Put(std::string_view target, std::string_view body,
                                 std::string_view content_type) {
  return WithBody("PUT", target, body, content_type);
}

Result<ClientAnswer> Client::WithBody(std::string_view method, std::string_view target,
                                      std::string_view body, std::string_view content_type) {
  AISLE_CHECK(Send(
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}",
                  method, target, host_, content_type, body.size(), body)));
  return Receive();
}

Status Client::Send(std::string_view bytes) {
  if (tls_) return tls_->Send(bytes);
  while (!bytes.empty()) {
    const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Unavailable(fmt::format("sending to {}", host_));
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::size_t> Client::ReadSome(std::span<char> into) {
  if (tls_) return tls_->Receive(into);
  for (;;) {
    const ssize_t count = ::recv(descriptor_, into.data(), into.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Unavailable(fmt::format("waiting for {}", host_));
    return static_cast<std::size_t>(count);
  }
}

Status Client::ReadMore() {
  std::array<char, 16 * 1024> buffer;
  AISLE_TRY(const std::size_t count, ReadSome(buffer));
  if (count == 0)
    return Fail(ErrorCode::kUnavailable, fmt::format("{} closed the connection", host_));
  input_.append(buffer.data(), count);
  return {};
}

Result<ClientAnswer> Client::Receive(bool head_only) {
  std::size_t head_end = 0;
  while ((head_end = input_.find("\r\n\r\n")) == std::string::npos) AISLE_CHECK(ReadMore());
  AISLE_TRY(ClientAnswer answer, ParseHead(std::string_view(input_).substr(0, head_end)));
  input_.erase(0, head_end + 4);
  if (head_only || answer.status < 200 || answer.status == 204) return answer;
  const std::string_view length = answer.Find("Content-Length");
  if (length.empty()) {
    while (ReadMore()) {
    }
    answer.body = std::move(input_);
    input_.clear();
    return answer;
  }
  std::size_t body_bytes = 0;
  std::from_chars(length.data(), length.data() + length.size(), body_bytes);
  while (input_.size() < body_bytes) AISLE_CHECK(ReadMore());
  answer.body = input_.substr(0, body_bytes);
  input_.erase(0, body_bytes);
  return answer;
}

void Client::FinishSending() {
  if (tls_) tls_->FinishSending();
  ::shutdown(descriptor_, SHUT_WR);
}

bool Client::ClosedByServer() {
  if (!input_.empty()) return false;
  std::array<char, 1> byte{};
  const auto count = ReadSome(byte);
  return count && *count == 0;
}

}  // namespace aisle::web
