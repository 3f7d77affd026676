#include "web/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "web/handed_socket.h"
#include "web/message.h"

namespace aisle::web {
namespace {

bool IsIpv4(const std::string& host) {
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool IsIpv6(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kSystemd = "systemd";
constexpr std::string_view kTls = "https://";

bool IsDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool Address::IsLoopback() const {
  return !IsUnix() && !handed && (host == "::1" || host.starts_with("127."));
}

std::string Address::Text() const {
  if (handed)
    return handed->empty() ? std::string(kSystemd) : fmt::format("{}:{}", kSystemd, *handed);
  if (IsUnix()) return std::string(kUnix) + path;
  const std::string_view scheme = tls ? kTls : std::string_view();
  return host.find(':') == std::string::npos ? fmt::format("{}{}:{}", scheme, host, port)
                                             : fmt::format("{}[{}]:{}", scheme, host, port);
}

std::string UrlOf(std::string_view address_text) {
  return address_text.starts_with(kUnix) || address_text.starts_with(kTls)
             ? std::string(address_text)
             : fmt::format("http://{}", address_text);
}

Result<Address> ParseAddress(std::string_view text) {
  if (text.starts_with(kUnix)) {
    Address address;
    address.path = text.substr(kUnix.size());
    if (address.path.size() < 2 || address.path.size() > kSocketPathBytesMax ||
        address.path.front() != '/' || address.path.back() == '/' ||
        address.path.find('\0') != std::string::npos) {
      return Fail(
          ErrorCode::kInvalidArgument,
          fmt::format("'{}' is not unix:/PATH with the absolute path of a file, at most {} bytes",
                      text, kSocketPathBytesMax));
    }
    return address;
  }
  if (text == kSystemd || (text.starts_with(kSystemd) && text[kSystemd.size()] == ':')) {
    Address address;
    address.handed = text.substr(std::min(kSystemd.size() + 1, text.size()));
    if (text.size() == kSystemd.size() + 1)
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' does not name the socket; `systemd` is the only one", text));
    return address;
  }
  const auto refuse = [&] {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is not HOST:PORT, such as 127.0.0.1:8000, nor unix:/PATH", text));
  };
  Address address;
  std::string_view rest = text;
  if (rest.starts_with(kTls)) {
    address.tls = true;
    rest.remove_prefix(kTls.size());
  }
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return refuse();
  std::string_view host = rest.substr(0, colon);
  const std::string_view port = rest.substr(colon + 1);
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size())
    return refuse();
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    address.host = host.substr(1, host.size() - 2);
    if (!IsIpv6(address.host)) return refuse();
    return address;
  }
  address.host = host == "localhost" ? "127.0.0.1" : std::string(host);
  if (!IsIpv4(address.host)) return refuse();
  return address;
}

Result<Address> WhereItListens(const Address& address) {
  if (!address.handed) return address;
  AISLE_TRY(const HandedSocket socket, FindHandedSocket(*address.handed));
  return socket.address;
}

bool IsLoopbackAuthority(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !IsDigits(port)) return false;
    authority = authority.substr(0, colon);
  }
  if (EqualFold(authority, "localhost") || authority == "[::1]") return true;
  return authority.starts_with("127.") && authority.size() <= 15 && IsIpv4(std::string(authority));
}

}  // namespace aisle::web
