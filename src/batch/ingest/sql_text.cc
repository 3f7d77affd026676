#include "ingest/sql_text.h"

#include <fmt/format.h>

namespace aisle::ingest {
namespace {

constexpr std::string_view kWholeNumber = R"(\s*[+-]?[0-9]+\s*)";
constexpr std::string_view kNumber = R"(\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*)";
constexpr std::string_view kIsoDate = R"(\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\s*)";
constexpr std::string_view kNamesZone =
    R"(:[0-9]{2}(\.[0-9]+)?\s*([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)\s*$)";

bool IsText(std::string_view type) { return type == "VARCHAR" || type == "TEXT"; }
bool IsInteger(std::string_view type) {
  return type == "INT" || type == "INTEGER" || type == "BIGINT";
}
bool IsDecimal(std::string_view type) { return type.starts_with("DECIMAL"); }
bool IsReal(std::string_view type) {
  return type == "DOUBLE" || type == "FLOAT" || IsDecimal(type);
}

std::string ToUtc(std::string_view local, std::string_view zone) {
  if (zone == "UTC") return std::string(local);
  return fmt::format("timezone('UTC', timezone({}, {}))", Literal(zone), local);
}

// A value that must look like `pattern` before it is cast.
std::string CastIf(std::string_view value, std::string_view pattern, std::string_view type) {
  return fmt::format("CASE WHEN regexp_full_match({0}, {1}) THEN TRY_CAST(trim({0}) AS {2}) END",
                     value, Literal(pattern), type);
}

std::string TextAsTime(std::string_view value, const SourceColumn& column, std::string_view zone) {
  const bool zoned_format = column.format.find("%z") != std::string::npos;
  if (zoned_format) {
    return fmt::format("timezone('UTC', CAST(try_strptime({}, {}) AS TIMESTAMPTZ))", value,
                       Literal(column.format));
  }
  if (!column.format.empty())
    return ToUtc(fmt::format("try_strptime({}, {})", value, Literal(column.format)), zone);
  return fmt::format(
      "CASE WHEN regexp_matches({0}, {1}) THEN timezone('UTC', TRY_CAST({0} AS TIMESTAMPTZ)) ELSE "
      "{2} "
      "END",
      value, Literal(kNamesZone), ToUtc(fmt::format("TRY_CAST({} AS TIMESTAMP)", value), zone));
}

std::string TextAs(std::string_view value, const SourceColumn& column, std::string_view zone) {
  const std::string& type = column.type;
  if (type == "TEXT") return std::string(value);
  if (IsInteger(type)) return CastIf(value, kWholeNumber, type);
  if (type == "DOUBLE" || IsDecimal(type)) return CastIf(value, kNumber, type);
  if (type == "TIMESTAMP") return TextAsTime(value, column, zone);
  if (type == "DATE" && !column.format.empty())
    return fmt::format("CAST(try_strptime({}, {}) AS DATE)", value, Literal(column.format));
  if (type == "DATE") return CastIf(value, kIsoDate, type);
  return fmt::format("TRY_CAST({} AS {})", value, type);
}

}  // namespace

std::string Quoted(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string Literal(std::string_view text) {
  std::string literal = "'";
  for (const char c : text) {
    if (c == '\'') literal += '\'';
    literal += c;
  }
  return literal + "'";
}

Cast SourceCast(const SourceColumn& column, std::string_view physical, std::string_view time_zone) {
  const std::string value = Quoted(column.name);
  if (IsText(physical)) {
    std::string cast = TextAs(value, column, time_zone);
    if (column.type == "TEXT") return {std::move(cast), ""};
    std::string refused = fmt::format("({} IS NOT NULL AND ({}) IS NULL)", value, cast);
    return {std::move(cast), std::move(refused)};
  }
  if (column.type == "TIMESTAMP" && physical == "TIMESTAMP WITH TIME ZONE")
    return {fmt::format("timezone('UTC', {})", value), ""};
  if (column.type == "TIMESTAMP" && physical.starts_with("TIMESTAMP"))
    return {ToUtc(fmt::format("CAST({} AS TIMESTAMP)", value), time_zone), ""};
  const std::string_view target = column.type == "TEXT" ? "VARCHAR" : std::string_view(column.type);
  return TargetCast(column.name, physical, target);
}

Cast TargetCast(std::string_view column, std::string_view physical, std::string_view target) {
  const std::string value = Quoted(column);
  if (physical == target) {
    if (target == "DOUBLE")
      return {value, fmt::format("({0} IS NOT NULL AND NOT isfinite({0}))", value)};
    return {value, ""};
  }
  if (target == "TIMESTAMP" && physical == "TIMESTAMP WITH TIME ZONE")
    return {fmt::format("timezone('UTC', {})", value), ""};
  if (target == "VARCHAR") return {fmt::format("CAST({} AS VARCHAR)", value), ""};
  if (IsText(physical)) {
    SourceColumn text;
    text.name = column;
    text.type = target == "INTEGER" ? "INT" : std::string(target);
    std::string cast = TextAs(value, text, "UTC");
    std::string refused = fmt::format("({} IS NOT NULL AND ({}) IS NULL)", value, cast);
    return {std::move(cast), std::move(refused)};
  }
  std::string cast = fmt::format("TRY_CAST({} AS {})", value, target);
  std::string refused = fmt::format("({0} IS NOT NULL AND {1} IS NULL)", value, cast);
  if (IsInteger(target) && IsReal(physical))
    refused = fmt::format("({0} OR ({1} IS NOT NULL AND {1} <> floor({1})))", refused, value);
  return {std::move(cast), std::move(refused)};
}

}  // namespace aisle::ingest
