#include "warehouse/dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <type_traits>

namespace aisle::warehouse {
namespace {

Result<std::string> TextLiteral(std::string_view text) {
  std::string literal = "'";
  bool joined = false;
  for (const char c : text) {
    switch (c) {
      case '\0':
        return Fail(ErrorCode::kInvalidArgument, "text with a NUL byte");
      case '\'':
        literal += "''";
        break;
      case '\n':
      case '\r':
        // A line feed inside a literal would shift the lines that errors name.
        literal += fmt::format("' || chr({}) || '", static_cast<int>(c));
        joined = true;
        break;
      default:
        literal += c;
    }
  }
  literal += '\'';
  return joined ? "(" + literal + ")" : literal;
}

Result<std::string> TableLiteral(std::string_view name) {
  std::string quoted;
  for (std::string_view rest = name;;) {
    const std::size_t dot = rest.find('.');
    const std::string_view part = rest.substr(0, dot);
    const bool is_name = !part.empty() && std::ranges::all_of(part, [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '_';
    });
    if (!is_name) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' is not a table's name (like raw.event_stream)", name));
    }
    quoted += QuotedName(part);
    if (dot == std::string_view::npos) return quoted;
    quoted += '.';
    rest.remove_prefix(dot + 1);
  }
}

Result<std::string> ListLiteral(const std::vector<std::string>& values) {
  if (values.empty()) return Fail(ErrorCode::kInvalidArgument, "an empty list");
  std::string list;
  for (const std::string& value : values) {
    AISLE_TRY(const std::string text, TextLiteral(value));
    list += (list.empty() ? "(" : ", ") + text;
  }
  return list + ")";
}

Status CheckYear(base::Date day) {
  constexpr base::Date kFirst{std::chrono::year{1} / 1 / 1};
  constexpr base::Date kLast{std::chrono::year{9999} / 12 / 31};
  if (day < kFirst || day > kLast) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("a time {} days from 1970, outside of the years 1 to 9999",
                            day.time_since_epoch().count()));
  }
  return {};
}

}  // namespace

Result<std::string> Literal(const Value& value) {
  return std::visit(
      [](const auto& v) -> Result<std::string> {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, Null>) return "NULL";
        if constexpr (std::is_same_v<T, bool>) return v ? "TRUE" : "FALSE";
        if constexpr (std::is_same_v<T, std::int64_t>)
          return fmt::format("CAST('{}' AS BIGINT)", v);
        if constexpr (std::is_same_v<T, double>) {
          if (!std::isfinite(v))
            return Fail(ErrorCode::kInvalidArgument, fmt::format("{} is not a finite number", v));
          return fmt::format("CAST('{}' AS DOUBLE)", v);
        }
        if constexpr (std::is_same_v<T, std::string>) return TextLiteral(v);
        if constexpr (std::is_same_v<T, Table>) return TableLiteral(v.name);
        if constexpr (std::is_same_v<T, Texts>) return ListLiteral(v.values);
        if constexpr (std::is_same_v<T, base::Timestamp>) {
          AISLE_CHECK(CheckYear(std::chrono::floor<std::chrono::days>(v)));
          return fmt::format("TIMESTAMP '{}'", base::FormatTimestamp(v));
        }
        if constexpr (std::is_same_v<T, base::Date>) {
          AISLE_CHECK(CheckYear(v));
          return fmt::format("DATE '{}'", base::FormatDate(v));
        }
      },
      value);
}

std::optional<std::string_view> Macro(std::string_view name) {
  if (name == "epoch_us") return "epoch_us";
  if (name == "row_hash") return "hash";
  return std::nullopt;
}

std::string_view Confinement() {
  return "SET enable_external_access = false;\nSET lock_configuration = true;";
}

std::string QuotedName(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace aisle::warehouse
