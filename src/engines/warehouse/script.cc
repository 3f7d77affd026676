#include "warehouse/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "warehouse/dialect.h"
#include "warehouse/tokens.h"

namespace aisle::warehouse {
namespace {

struct RenderedToken {
  Token token;
  std::string text;
};

Result<std::vector<RenderedToken>> RenderTokens(base::NamedText sql, const Parameters& parameters) {
  std::map<std::string_view, const Value*> values;
  for (const auto& [name, value] : parameters) {
    if (!values.emplace(name, &value).second) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: parameter ${} is given twice", sql.name, name));
    }
  }
  AISLE_TRY(const std::vector<Token> tokens, Tokenize(sql));
  std::set<std::string_view> used;
  std::vector<RenderedToken> rendered;
  for (const Token& token : tokens) {
    const std::string_view name = token.text.substr(1);
    const auto refuse = [&](std::string_view what) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}:{}: {}", sql.name, token.line, what));
    };
    std::string text(token.text);
    if (token.kind == TokenKind::kMacro) {
      const std::optional<std::string_view> function = Macro(name);
      if (!function) return refuse(fmt::format("there is no macro @{}", name));
      text = *function;
    } else if (token.kind == TokenKind::kParameter) {
      const auto value = values.find(name);
      if (value == values.end()) return refuse(fmt::format("parameter ${} has no value", name));
      used.insert(name);
      Result<std::string> literal = Literal(*value->second);
      if (!literal) return refuse(fmt::format("parameter ${}: {}", name, literal.error().message));
      text = *std::move(literal);
    }
    rendered.push_back({token, std::move(text)});
  }
  for (const auto& [name, value] : values) {
    if (!used.contains(name)) {
      return Fail(
          ErrorCode::kInvalidArgument,
          fmt::format("{}: parameter ${} is given and does not stand in the text", sql.name, name));
    }
  }
  return rendered;
}

}  // namespace

Result<std::vector<Statement>> RenderScript(base::NamedText script, const Parameters& parameters) {
  AISLE_TRY(const std::vector<RenderedToken> tokens, RenderTokens(script, parameters));
  std::vector<Statement> statements;
  bool open = false;
  for (const RenderedToken& part : tokens) {
    if (part.token.kind == TokenKind::kEnd) {
      open = false;
    } else if (open) {
      statements.back().text += part.text;
    } else if (part.token.kind != TokenKind::kBlank) {
      statements.push_back({part.text, part.token.line});
      open = true;
    }
  }
  return statements;
}

Result<std::string> Render(base::NamedText query, const Parameters& parameters) {
  AISLE_TRY(const std::vector<RenderedToken> tokens, RenderTokens(query, parameters));
  std::string text;
  for (const RenderedToken& part : tokens) text += part.text;
  return text;
}

Result<Parameters> OnlyNamed(base::NamedText query, const Parameters& offered) {
  AISLE_TRY(const std::vector<Token> tokens, Tokenize(query));
  Parameters named;
  for (const auto& parameter : offered) {
    const bool stands = std::ranges::any_of(tokens, [&](const Token& token) {
      return token.kind == TokenKind::kParameter && token.text.substr(1) == parameter.first;
    });
    if (stands) named.push_back(parameter);
  }
  return named;
}

}  // namespace aisle::warehouse
