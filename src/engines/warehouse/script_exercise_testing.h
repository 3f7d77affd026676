// What the fuzzer and its committed corpus both do with bytes that claim to be a query and the value
// of its parameter: render them, and see that no value leaves its literal. Private to the tests.
//
//   shapes   the query up to the first 0x1f byte, the value after it.
//   errors   none: a broken promise or a crash is an assertion.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "warehouse/dialect.h"
#include "warehouse/script.h"
#include "warehouse/tokens.h"

namespace aisle::warehouse {

// True when the query was rendered.
inline bool ExerciseScript(std::string_view bytes) {
  const std::size_t cut = std::min(bytes.find('\x1f'), bytes.size());
  const base::NamedText query{"fuzz.sql", bytes.substr(0, cut)};
  const std::string value(bytes.substr(std::min(cut + 1, bytes.size())));

  // Whatever the value, its literal is one expression on one line.
  if (const auto literal = Literal(value)) {
    AISLE_ASSERT(!literal->contains('\n') && !literal->contains('\r'));
    const auto tokens = Tokenize({"literal", *literal});
    AISLE_ASSERT(tokens.has_value());
    for (const Token& token : *tokens)
      AISLE_ASSERT(token.kind == TokenKind::kOther || token.text == " ");
  } else {
    AISLE_ASSERT(value.contains('\0'));
  }

  const auto tokens = Tokenize(query);
  if (!tokens) {
    AISLE_ASSERT(!RenderScript(query, {}).has_value());
    return false;
  }
  std::string joined;
  Parameters parameters;
  for (const Token& token : *tokens) {
    joined += token.text;
    const std::string name(token.text.substr(1));
    const auto same = [&](const auto& parameter) { return parameter.first == name; };
    if (token.kind == TokenKind::kParameter && std::ranges::none_of(parameters, same))
      parameters.emplace_back(name, value);
  }
  AISLE_ASSERT(joined == query.text);
  const auto text = Render(query, parameters);
  const auto statements = RenderScript(query, parameters);
  AISLE_ASSERT(text.has_value() == statements.has_value());
  if (!text) return false;
  AISLE_ASSERT(std::ranges::count(*text, '\n') == std::ranges::count(query.text, '\n'));
  // No value adds a statement: with numbers in their place there are as many.
  for (auto& [name, number] : parameters) number = std::int64_t{1};
  AISLE_ASSERT(RenderScript(query, parameters)->size() == statements->size());
  return true;
}

}  // namespace aisle::warehouse
