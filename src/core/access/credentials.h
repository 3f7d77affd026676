// What a request shows of who asks: the token's text in its head, wherever it stands.
//
//   Authorization: Bearer aisle_...                 the usual form (RFC 6750)
//   Authorization: Snowflake Token="aisle_..."      as the quickstart's clients send theirs
//   Cookie: aisle_session=aisle_...                 of a browser that signed in; over TLS __Host-aisle_session
//
//   order    Authorization before a cookie. Of the two cookies, the one that only TLS may set.
//   missing  neither: an empty text. A cookie of another name is somebody else's.
//   errors   in words for who sent it: two Authorization fields, another scheme, something behind the token.
//   source   RFC 9110 (schemes are told without regard to case), RFC 6265.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "web/message.h"

namespace aisle::access {

inline constexpr std::string_view kCookie = "aisle_session";
inline constexpr std::string_view kTlsCookie = "__Host-aisle_session";

struct Credentials {
  std::string_view token;  // Of the request's memory.
  bool by_cookie = false;
};

std::expected<Credentials, std::string> CredentialsOf(const web::Request& request);

// Whether the page that sent the request came from the server itself: its Origin names the Host that was asked.
// Without an Origin nobody knows: false.
bool IsOfOwnPage(const web::Request& request);

// The values of Set-Cookie that begin a session and end it.
std::string SessionCookie(std::string_view token, std::int64_t seconds, bool encrypted);
std::string EndedCookie(bool encrypted);

}  // namespace aisle::access
