#include "access/credentials.h"

#include <fmt/format.h>

#include <algorithm>

namespace aisle::access {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::expected<std::string_view, std::string> TokenOf(std::string_view authorization) {
  const std::size_t space = std::min(authorization.find(' '), authorization.size());
  const std::string_view scheme = authorization.substr(0, space);
  std::string_view rest = Trim(authorization.substr(space));
  if (web::EqualFold(scheme, "Bearer")) {
    if (rest.empty() || rest.find_first_of(" \t,") != std::string_view::npos)
      return std::unexpected("behind Bearer stands one token and nothing else");
    return rest;
  }
  if (web::EqualFold(scheme, "Snowflake")) {
    constexpr std::string_view kName = "Token=";
    const bool named = rest.size() > kName.size() + 2 &&
                       web::EqualFold(rest.substr(0, kName.size()), kName) &&
                       rest[kName.size()] == '"' && rest.back() == '"';
    if (named) rest = rest.substr(kName.size() + 1, rest.size() - kName.size() - 2);
    if (!named || rest.find_first_of("\"\\ \t,") != std::string_view::npos)
      return std::unexpected("behind Snowflake stands Token=\"...\" and nothing else");
    return rest;
  }
  return std::unexpected("Authorization is of another scheme than Bearer and Snowflake");
}

// The value of the first cookie of that name in one field.
std::string_view CookieIn(std::string_view field, std::string_view name) {
  while (!field.empty()) {
    const std::size_t end = std::min(field.find(';'), field.size());
    const std::string_view pair = Trim(field.substr(0, end));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
    field.remove_prefix(std::min(end + 1, field.size()));
  }
  return {};
}

std::string Cookie(std::string_view token, std::int64_t seconds, bool encrypted) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}",
                     encrypted ? kTlsCookie : kCookie, token, seconds, encrypted ? "; Secure" : "");
}

}  // namespace

std::expected<Credentials, std::string> CredentialsOf(const web::Request& request) {
  const web::Field* authorization = nullptr;
  for (const web::Field& field : request.fields) {
    if (!web::EqualFold(field.name, "Authorization")) continue;
    if (authorization != nullptr) return std::unexpected("Authorization is there twice");
    authorization = &field;
  }
  if (authorization != nullptr) {
    const auto token = TokenOf(authorization->value);
    if (!token) return std::unexpected(token.error());
    return Credentials{.token = *token, .by_cookie = false};
  }
  for (const std::string_view name : {kTlsCookie, kCookie}) {
    for (const web::Field& field : request.fields) {
      if (!web::EqualFold(field.name, "Cookie")) continue;
      const std::string_view token = CookieIn(field.value, name);
      if (!token.empty()) return Credentials{.token = token, .by_cookie = true};
    }
  }
  return Credentials{};
}

bool IsOfOwnPage(const web::Request& request) {
  std::string_view origin = request.Find("Origin");
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!origin.starts_with(scheme)) continue;
    origin.remove_prefix(scheme.size());
    return !origin.empty() && web::EqualFold(origin, request.Find("Host"));
  }
  return false;
}

std::string SessionCookie(std::string_view token, std::int64_t seconds, bool encrypted) {
  return Cookie(token, seconds, encrypted);
}

std::string EndedCookie(bool encrypted) { return Cookie("", 0, encrypted); }

}  // namespace aisle::access
