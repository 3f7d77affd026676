#include "web/handed_socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace aisle::web {
namespace {

constexpr int kFirstDescriptor = 3;
constexpr int kSocketsMax = 1024;

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

long NumberOf(std::string_view text) {
  long number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() ? number : 0;
}

std::vector<std::string> NamesOf(std::string_view text, std::size_t count) {
  std::vector<std::string> names;
  while (names.size() < count) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    names.emplace_back(text.substr(0, colon));
    text.remove_prefix(std::min(colon + 1, text.size()));
  }
  return names;
}

std::unexpected<Error> Refuse(std::string_view what) {
  return Fail(ErrorCode::kInvalidArgument, fmt::format("listen on systemd's socket: {}", what));
}

Result<Address> AddressOf(int descriptor) {
  int kind = 0;
  int accepts = 0;
  socklen_t bytes = sizeof kind;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &kind, &bytes) != 0 || kind != SOCK_STREAM ||
      ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &bytes) != 0 || accepts == 0)
    return Refuse(
        fmt::format("descriptor {} is no socket that listens for connections", descriptor));
  sockaddr_storage name{};
  bytes = sizeof name;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &bytes) != 0)
    return Refuse(std::strerror(errno));
  Address address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (name.ss_family == AF_INET) {
    const auto& at = reinterpret_cast<const sockaddr_in&>(name);
    address.host = ::inet_ntop(AF_INET, &at.sin_addr, text.data(), text.size());
    address.port = ntohs(at.sin_port);
  } else if (name.ss_family == AF_INET6) {
    const auto& at = reinterpret_cast<const sockaddr_in6&>(name);
    address.host = ::inet_ntop(AF_INET6, &at.sin6_addr, text.data(), text.size());
    address.port = ntohs(at.sin6_port);
  } else if (name.ss_family == AF_UNIX) {
    const auto& at = reinterpret_cast<const sockaddr_un&>(name);
    address.path.assign(at.sun_path, ::strnlen(at.sun_path, sizeof at.sun_path));
    // Anybody in this network namespace may ask at a name that is no file.
    if (address.path.empty())
      return Refuse(fmt::format("descriptor {} is a Unix socket without a file", descriptor));
  } else {
    return Refuse(fmt::format("descriptor {} is of a family that is not known here", descriptor));
  }
  return address;
}

}  // namespace

Result<HandedSocket> FindHandedSocket(std::string_view name) {
  const long count = NumberOf(Variable("LISTEN_FDS"));
  if (NumberOf(Variable("LISTEN_PID")) != ::getpid() || count < 1 || count > kSocketsMax)
    return Refuse("none was handed over (LISTEN_PID and LISTEN_FDS do not say so)");
  const std::vector<std::string> names =
      NamesOf(Variable("LISTEN_FDNAMES"), static_cast<std::size_t>(count));
  if (name.empty() && count > 1)
    return Refuse(fmt::format("{} were handed over; name one, `systemd:NAME`: {}", count,
                              fmt::join(names, ", ")));
  for (int i = 0; i < count; ++i) {
    if (!name.empty() && names[static_cast<std::size_t>(i)] != name) continue;
    HandedSocket found;
    found.descriptor = kFirstDescriptor + i;
    AISLE_TRY(found.address, AddressOf(found.descriptor));
    return found;
  }
  return Refuse(fmt::format("none is named '{}'; there are: {}", name, fmt::join(names, ", ")));
}

}  // namespace aisle::web
