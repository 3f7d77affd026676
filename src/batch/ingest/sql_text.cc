#include "ingest/sql_text.h"

#include <fmt/format.h>

#include "ingest/number_cast.h"
#include "ingest/time_text.h"

namespace aisle::ingest {
namespace {

bool IsText(std::string_view type) { return type == "VARCHAR" || type == "TEXT"; }
bool IsTime(std::string_view type) { return type.starts_with("TIMESTAMP"); }

// Of any TIMESTAMP without a zone, to the microsecond. Nanoseconds are cut: the cast rounds in one version of the
// database and cuts in another.
std::string AsMicros(std::string_view value, std::string_view physical) {
  if (physical == "TIMESTAMP") return std::string(value);
  if (physical == "TIMESTAMP_NS")
    return fmt::format("CASE WHEN isfinite({0}) THEN make_timestamp(epoch_ns({0}) // 1000) END",
                       value);
  return fmt::format("CAST({} AS TIMESTAMP)", value);
}

// `value` is there and is, as `time` in UTC, none of the years 1 to 9999, with which every answer's form of a time ends; an
// infinity is none either, unless it may be the one after all times.
std::string IsNoTime(std::string_view value, std::string_view time, bool may_be_open) {
  return fmt::format(
      "({} IS NOT NULL AND NOT coalesce({} BETWEEN TIMESTAMP '0001-01-01 00:00:00' AND TIMESTAMP "
      "'9999-12-31 23:59:59.999999'{}, false))",
      value, time, may_be_open ? fmt::format(" OR {} = TIMESTAMP 'infinity'", time) : "");
}

// A time in UTC as the DATE that begins with it on the clock of `zone`; refused where none does.
Cast BeginAsDay(std::string_view value, const std::string& utc, std::string_view zone) {
  const std::string day = fmt::format("date_trunc('day', {})", ToLocal(utc, zone));
  // Where a clock skips midnight, the day begins later.
  std::string cast = fmt::format("CASE WHEN isfinite({0}) AND {0} = {1} THEN CAST({2} AS DATE) END",
                                 utc, ToUtc(day, zone), day);
  std::string refused = fmt::format("({} IS NOT NULL AND ({}) IS NULL)", value, cast);
  return {std::move(cast), std::move(refused)};
}

std::string TextAsTime(std::string_view value, const SourceColumn& column, std::string_view zone) {
  const std::string open_end =
      column.may_be_open ? fmt::format("WHEN {} THEN TIMESTAMP 'infinity' ", LooksInfinite(value))
                         : "";
  if (column.format.empty()) {
    return fmt::format("CASE {0}WHEN {1} THEN {2} WHEN {3} THEN {4} END", open_end,
                       LooksUnzoned(value), ToUtc(UnzonedText(value), zone), LooksZoned(value),
                       ZonedText(value));
  }
  const std::string text = FormattedText(value, column.format);
  const bool zoned = ReadTimeFormat(column.format, false)->names_zone;
  return fmt::format("CASE {}ELSE {} END", open_end.empty() ? "WHEN false THEN NULL " : open_end,
                     zoned ? text : ToUtc(text, zone));
}

std::string TextAsDay(std::string_view value, const SourceColumn& column) {
  if (!column.format.empty())
    return fmt::format("CAST({} AS DATE)", FormattedText(value, column.format));
  return fmt::format("CASE WHEN {0} THEN TRY_CAST(trim({1}) AS DATE) END", LooksLikeDay(value),
                     value);
}

std::string TextAs(std::string_view value, const SourceColumn& column, std::string_view zone) {
  const std::string& type = column.type;
  if (type == "TEXT") return std::string(value);
  if (type == "TIMESTAMP") return TextAsTime(value, column, zone);
  if (type == "DATE") return TextAsDay(value, column);
  return fmt::format("TRY_CAST({} AS {})", value, type);
}

}  // namespace

bool IsZoned(std::string_view type) {
  return type.starts_with("TIMESTAMP WITH TIME ZONE") || type.starts_with("TIMESTAMPTZ");
}

std::string InUtc(std::string_view value, std::string_view physical) {
  if (physical == "TIMESTAMP WITH TIME ZONE") return fmt::format("timezone('UTC', {})", value);
  return fmt::format("make_timestamp(epoch_ns({}) // 1000)", value);
}

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
    const bool plain = column.decimal.empty() && column.thousands.empty();
    const std::string text =
        plain ? value : "(" + PlainNumber(value, column.decimal, column.thousands) + ")";
    if (auto number = NumberFromText(text, column.type)) {
      number->refused = fmt::format("({} IS NOT NULL AND ({}) IS NULL)", value, number->value);
      return *std::move(number);
    }
    std::string cast = TextAs(value, column, time_zone);
    if (column.type == "TEXT") return {std::move(cast), ""};
    std::string refused = fmt::format("({} IS NOT NULL AND ({}) IS NULL)", value, cast);
    return {std::move(cast), std::move(refused)};
  }
  if (column.type == "TIMESTAMP" && (IsTime(physical) || physical == "DATE")) {
    const std::string utc = IsZoned(physical) ? InUtc(value, physical)
                            : IsTime(physical)
                                ? ToUtc(AsMicros(value, physical), time_zone)
                                : ToUtc(fmt::format("CAST({} AS TIMESTAMP)", value), time_zone);
    return {utc, IsNoTime(value, utc, column.may_be_open)};
  }
  if (column.type == "DATE" && IsTime(physical)) {
    if (IsZoned(physical)) return BeginAsDay(value, InUtc(value, physical), time_zone);
    return BeginAsDay(value, AsMicros(value, physical), "UTC");
  }
  const std::string_view target = column.type == "TEXT" ? "VARCHAR" : std::string_view(column.type);
  return TargetCast(column.name, physical, target, time_zone);
}

std::string LocalTime(const SourceColumn& column, std::string_view physical) {
  if (column.type != "TIMESTAMP") return "";
  const std::string value = Quoted(column.name);
  if (IsText(physical)) {
    if (column.format.empty()) {
      return fmt::format("CASE WHEN {} THEN {} END", LooksUnzoned(value), UnzonedText(value));
    }
    const bool zoned = ReadTimeFormat(column.format, false)->names_zone;
    return zoned ? "" : FormattedText(value, column.format);
  }
  if (IsZoned(physical)) return "";
  if (IsTime(physical))
    return fmt::format("CASE WHEN isfinite({0}) THEN {0} END", AsMicros(value, physical));
  if (physical == "DATE")
    return fmt::format("CASE WHEN isfinite({0}) THEN CAST({0} AS TIMESTAMP) END", value);
  return "";
}

Cast TargetCast(std::string_view column, std::string_view physical, std::string_view target,
                std::string_view time_zone) {
  const std::string value = Quoted(column);
  if (target == "TIMESTAMP" && (IsTime(physical) || physical == "DATE")) {
    const bool open = column == "valid_to";
    const std::string utc = IsZoned(physical) ? InUtc(value, physical)
                            : IsTime(physical)
                                ? AsMicros(value, physical)
                                : ToUtc(fmt::format("CAST({} AS TIMESTAMP)", value), time_zone);
    return {open ? fmt::format("CASE WHEN isfinite({0}) THEN {0} END", utc) : utc,
            IsNoTime(value, utc, open)};
  }
  if (target == "DATE" && IsTime(physical)) {
    const std::string utc = IsZoned(physical) ? InUtc(value, physical) : AsMicros(value, physical);
    return {fmt::format("CASE WHEN isfinite({}) THEN CAST({} AS DATE) END", utc,
                        ToLocal(utc, time_zone)),
            IsNoTime(value, utc, false)};
  }
  if (auto number = NumberCast(value, physical, target)) return *std::move(number);
  if (physical == target)
    return {value, target == "DATE" ? IsNoTime(value, value, false) : std::string()};
  if (target == "VARCHAR") return {fmt::format("CAST({} AS VARCHAR)", value), ""};
  if (IsText(physical)) {
    if (auto number = NumberFromText(value, target)) return *std::move(number);
    SourceColumn text;
    text.name = column;
    text.type = target;
    std::string cast = TextAs(value, text, time_zone);
    std::string refused = fmt::format("({} IS NOT NULL AND ({}) IS NULL)", value, cast);
    return {std::move(cast), std::move(refused)};
  }
  std::string cast = fmt::format("TRY_CAST({} AS {})", value, target);
  std::string refused = fmt::format("({0} IS NOT NULL AND {1} IS NULL)", value, cast);
  return {std::move(cast), std::move(refused)};
}

}  // namespace aisle::ingest
