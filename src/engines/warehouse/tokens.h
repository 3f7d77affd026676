// SQL text cut into the few kinds of token that templates need to know: where a $name is a
// parameter and a ';' ends a statement, and where they are only letters in a string or comment.
//
// Private to this module. Not a parser: whatever it does not know is kOther and goes through as it
// is.
//
//   order   tokens follow each other without gaps; joined, their texts are the input.
//   units   lines count from 1, at line feeds.
//   errors  kInvalidArgument with "name:line": a string, quoted name or comment without an end, a
//           NUL byte, $1 (parameters have names here), $$ (strings in dollars are not portable).
//   source  the lexical rules of PostgreSQL, which DuckDB follows: '' in strings, "" in names, E''
//           with backslashes, nested comments, '$' inside identifiers.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/named_text.h"
#include "base/result.h"

namespace aisle::warehouse {

enum class TokenKind : std::uint8_t {
  kBlank,      // White space or a comment.
  kParameter,  // $name
  kMacro,      // @name, only when '(' follows.
  kEnd,        // ;
  kOther
};

struct Token {
  TokenKind kind = TokenKind::kOther;
  std::string_view text;  // Of the input.
  int line = 1;           // Where it begins.
};

Result<std::vector<Token>> Tokenize(base::NamedText sql);

}  // namespace aisle::warehouse
