// What the fuzzer and its committed corpus both do with bytes that claim to be a token, the head fields of who asks, a
// file of tokens, a line of the audit log. Private to the tests.
//
//   errors   none: a disagreement or a crash is an assertion.
#pragma once

#include <string>
#include <string_view>

#include "access/credentials.h"
#include "access/record.h"
#include "access/token.h"
#include "access/token_book.h"
#include "base/result.h"

namespace aisle::access {

// A token whose text stands in the corpus, so that the fuzzer begins with one that is good.
inline Token KnownToken() { return {"0123456789AB", std::string(42, 'x') + "Z"}; }

inline TokenBook KnownBook() {
  TokenRecord record;
  record.id = KnownToken().id;
  record.hash = HashOf(KnownToken().secret);
  record.expires = base::FromMicros(1'000'000);
  return {{record}, TokenBook()};
}

inline void ExerciseToken(std::string_view text) {
  const auto token = ParseToken(text);
  if (token) {
    AISLE_ASSERT(token->Text() == text && text.size() == kTokenBytes && IsTokenId(token->id));
    static const TokenBook book = KnownBook();
    const TokenBook::Entry* entry = nullptr;
    const bool is_good = book.Find(*token, base::FromMicros(0), entry) == TokenBook::Finding::kGood;
    AISLE_ASSERT(is_good == (text == KnownToken().Text()));
    return;
  }
  // What is refused is not repeated: it may be nearly a secret.
  if (text.size() >= 48) AISLE_ASSERT(token.error().message.find(text) == std::string::npos);
}

inline void ExerciseCredentials(std::string_view bytes) {
  // Lines as "Name: value"; they hold no line ends, as those that the request reader gives.
  web::Request request;
  std::string_view rest = bytes;
  while (!rest.empty() && request.fields.size() < 100) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    const std::size_t colon = std::min(line.find(':'), line.size());
    std::string_view value = line.substr(std::min(colon + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    request.fields.push_back({line.substr(0, colon), value});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const auto shown = CredentialsOf(request);
  const bool has_authorization = !request.Find("Authorization").empty();
  if (shown && !shown->token.empty()) {
    AISLE_ASSERT(shown->token.find_first_of("\n;") == std::string_view::npos || !shown->by_cookie);
    AISLE_ASSERT(!shown->by_cookie || !has_authorization);
    ExerciseToken(shown->token);
  }
  if (IsOfOwnPage(request)) AISLE_ASSERT(!request.Find("Origin").empty());
}

inline void Exercise(std::string_view bytes) {
  ExerciseToken(bytes);
  ExerciseCredentials(bytes);
  if (const auto records = ReadRecords(bytes)) {
    const std::string text = TextOf(*records);
    const auto again = ReadRecords(text);
    AISLE_ASSERT(again && TextOf(*again) == text);
  }
  if (const auto entry = ReadLine(bytes)) {
    const auto again = ReadLine(LineOf(*entry));
    AISLE_ASSERT(again && LineOf(*again) == LineOf(*entry));
  }
}

}  // namespace aisle::access
