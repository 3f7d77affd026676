#include "ingest/number_cast.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace aisle::ingest {
namespace {

constexpr std::string_view kWholeNumber = R"(\s*[+-]?[0-9]+(\.0*)?\s*)";
constexpr std::string_view kNumber = R"(\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*)";

constexpr std::string_view kIntegers[] = {"TINYINT",  "SMALLINT", "INTEGER",  "INT",
                                          "BIGINT",   "HUGEINT",  "UTINYINT", "USMALLINT",
                                          "UINTEGER", "UBIGINT",  "UHUGEINT"};

bool IsInteger(std::string_view type) {
  return std::ranges::find(kIntegers, type) != std::end(kIntegers);
}
bool IsDecimal(std::string_view type) { return type.starts_with("DECIMAL"); }
bool IsFloating(std::string_view type) {
  return type == "DOUBLE" || type == "FLOAT" || type == kHalf;
}

// Of "DECIMAL(12,2)".
int ScaleOf(std::string_view decimal) {
  int scale = 0;
  const std::size_t comma = decimal.find(',');
  if (comma == std::string_view::npos) return 3;  // What the database takes a plain DECIMAL for.
  std::from_chars(decimal.data() + comma + 1, decimal.data() + decimal.size(), scale);
  return scale;
}

// Up to here every whole number has a floating value of its own.
std::string LargestWhole(std::string_view physical) {
  return physical == "DOUBLE" ? "9007199254740991" : physical == "FLOAT" ? "16777215" : "2047";
}

std::string TypeName(std::string_view physical) {
  return physical == kHalf ? "half-precision FLOAT" : std::string(physical);
}

std::string CouldNot(std::string_view value, std::string_view cast) {
  return fmt::format("({} IS NOT NULL AND ({}) IS NULL)", value, cast);
}

// Whether the floating `value` differs from `decimal` by more than sums of such values do.
std::string Differs(std::string_view value, std::string_view decimal, int scale) {
  return fmt::format("abs({0} - CAST({1} AS DOUBLE)) > greatest(1e-{2}, abs({0}) * 1e-14)", value,
                     decimal, scale + 6);
}

std::string MoreDigits(std::string_view target) {
  const std::string_view name = target == "INTEGER" ? std::string_view("INT") : target;
  return fmt::format("' has more digits than {}", name);
}

Cast ToText(const std::string& value, std::string_view physical) {
  const std::string text = fmt::format("CAST({} AS VARCHAR)", value);
  if (IsDecimal(physical)) {
    const int scale = ScaleOf(physical);
    if (scale == 0) return {text, "", "", ""};
    return {fmt::format(
                "CASE WHEN {0} = floor({0}) THEN regexp_replace({1}, '\\.0*$', '') ELSE {1} END",
                value, text),
            "", "", ""};
  }
  if (!IsFloating(physical)) return {text, "", "", ""};
  return {fmt::format(
              "CASE WHEN abs({0}) <= {1} AND {0} = floor({0}) THEN CAST(TRY_CAST({0} AS BIGINT) AS "
              "VARCHAR) ELSE {2} END",
              value, LargestWhole(physical), text),
          fmt::format("({0} IS NOT NULL AND NOT isfinite({0}))", value),
          fmt::format("(isfinite({0}) AND {0} = floor({0}) AND abs({0}) > {1})", value,
                      LargestWhole(physical)),
          fmt::format("' is a whole number that a {} holds without its last digits; write it as an "
                      "integer or a text",
                      TypeName(physical))};
}

Cast ToInteger(const std::string& value, std::string_view physical, std::string_view target) {
  const std::string cast = fmt::format("TRY_CAST({} AS {})", value, target);
  std::string refused = CouldNot(value, cast);
  if (IsInteger(physical) || physical == "BOOLEAN") return {cast, refused, "", ""};
  refused = fmt::format("({} OR {} <> floor({}))", refused, value, value);
  if (IsDecimal(physical)) return {cast, refused, "", ""};
  return {
      cast, refused, fmt::format("(abs({}) > {})", value, LargestWhole(physical)),
      fmt::format("' is beyond what a {} counts to; write it as an integer", TypeName(physical))};
}

Cast ToDecimal(const std::string& value, std::string_view physical, std::string_view target) {
  const int scale = ScaleOf(target);
  if (IsFloating(physical)) {
    // What a FLOAT prints as is what was written into it: 19.99, and not 19.989999771118164.
    const std::string real =
        physical == "DOUBLE" ? value : fmt::format("CAST(CAST({} AS VARCHAR) AS DOUBLE)", value);
    const std::string cast = fmt::format("TRY_CAST({} AS {})", real, target);
    return {cast, CouldNot(value, cast),
            fmt::format("({} IS NOT NULL AND {})", cast, Differs(real, cast, scale)),
            MoreDigits(target)};
  }
  const std::string number =
      physical == "BOOLEAN" ? fmt::format("CAST({} AS INTEGER)", value) : value;
  const std::string cast = fmt::format("TRY_CAST({} AS {})", number, target);
  std::string lossy;
  if (IsDecimal(physical) && ScaleOf(physical) > scale)
    lossy = fmt::format("({0} <> round({0}, {1}))", value, scale);
  return {cast, CouldNot(value, cast), lossy, MoreDigits(target)};
}

Cast ToDouble(const std::string& value, std::string_view physical) {
  if (physical == "DOUBLE")
    return {value, fmt::format("({0} IS NOT NULL AND NOT isfinite({0}))", value), "", ""};
  if (IsFloating(physical)) {
    return {fmt::format("CAST(CAST({} AS VARCHAR) AS DOUBLE)", value),
            fmt::format("({0} IS NOT NULL AND NOT isfinite({0}))", value), "", ""};
  }
  const std::string cast = fmt::format("CAST({} AS DOUBLE)", value);
  if (physical == "BOOLEAN") return {cast, "", "", ""};
  // Back again it is the same, or it was another.
  return {cast, "", fmt::format("(TRY_CAST({} AS {}) IS DISTINCT FROM {})", cast, physical, value),
          MoreDigits("DOUBLE")};
}

}  // namespace

bool IsNumberType(std::string_view physical) {
  return physical == "BOOLEAN" || IsInteger(physical) || IsFloating(physical) ||
         IsDecimal(physical);
}

std::optional<Cast> NumberCast(const std::string& value, std::string_view physical,
                               std::string_view target) {
  if (!IsNumberType(physical) || physical == target) {
    // What is there already; but a DOUBLE must be finite.
    return physical == "DOUBLE" && target == "DOUBLE" ? std::optional(ToDouble(value, physical))
                                                      : std::nullopt;
  }
  if (target == "VARCHAR" || target == "TEXT") return ToText(value, physical);
  if (target == "INT" || target == "INTEGER" || target == "BIGINT")
    return ToInteger(value, physical, target);
  if (IsDecimal(target)) return ToDecimal(value, physical, target);
  if (target == "DOUBLE") return ToDouble(value, physical);
  if (target == "BOOLEAN") {
    return Cast{fmt::format("({} = 1)", value), fmt::format("({0} <> 0 AND {0} <> 1)", value), "",
                ""};
  }
  return std::nullopt;
}

std::optional<Cast> RoundedCast(const std::string& value, std::string_view physical,
                                std::string_view target, int digits) {
  const bool floating = IsFloating(physical);
  if (!IsDecimal(target) || (!floating && !IsDecimal(physical))) return std::nullopt;
  // A half cent of a DOUBLE is the half of the digits that it is written with: 1.005 is a little less as a binary number.
  const std::string finite =
      floating ? fmt::format(
                     "CASE WHEN isfinite({0}) THEN round(TRY_CAST(CAST({0} AS VARCHAR) AS "
                     "DECIMAL(38,10)), {1}) END",
                     value, digits)
               : fmt::format("round({}, {})", value, digits);
  const std::string cast = fmt::format("TRY_CAST({} AS {})", finite, target);
  return Cast{cast, CouldNot(value, cast), "", ""};
}

std::string PlainNumber(const std::string& value, std::string_view decimal,
                        std::string_view thousands) {
  const std::string point = decimal == "," ? "," : R"(\.)";
  // Blanks between digits are often such that do not break a line.
  const std::string between = thousands == " "   ? R"([ \x{A0}\x{202F}])"
                              : thousands == "'" ? "['’]"
                                                 : fmt::format("[{}]", thousands);
  const std::string whole =
      thousands.empty() ? "[0-9]*" : fmt::format("([0-9]*|[0-9]{{1,3}}({}[0-9]{{3}})+)", between);
  const std::string pattern = fmt::format(R"(\s*[+-]?{}({}[0-9]*)?\s*)", whole, point);
  std::string plain = value;
  if (!thousands.empty())
    plain = fmt::format("regexp_replace({}, {}, '', 'g')", plain, Literal(between));
  if (decimal == ",") plain = fmt::format("replace({}, ',', '.')", plain);
  return fmt::format("CASE WHEN regexp_full_match({}, {}) THEN {} END", value, Literal(pattern),
                     thousands == " " ? fmt::format("trim({})", plain) : plain);
}

std::optional<Cast> NumberFromText(const std::string& value, std::string_view target) {
  const auto cast_if = [&](std::string_view pattern, const std::string& text) {
    return fmt::format("CASE WHEN regexp_full_match({}, {}) THEN TRY_CAST({} AS {}) END", value,
                       Literal(pattern), text, target);
  };
  if (target == "INT" || target == "INTEGER" || target == "BIGINT") {
    const std::string cast =
        cast_if(kWholeNumber, fmt::format("regexp_extract({}, '[+-]?[0-9]+')", value));
    return Cast{cast, CouldNot(value, cast), "", ""};
  }
  const std::string trimmed = fmt::format("trim({})", value);
  const std::string cast = cast_if(kNumber, trimmed);
  if (target == "DOUBLE") return Cast{cast, CouldNot(value, cast), "", ""};
  if (!IsDecimal(target)) return std::nullopt;
  const int scale = ScaleOf(target);
  const std::string exact = fmt::format(R"(\s*[+-]?[0-9]*(\.[0-9]{{0,{}}}0*)?\s*)", scale);
  const std::string real = fmt::format("TRY_CAST({} AS DOUBLE)", trimmed);
  return Cast{cast, CouldNot(value, cast),
              fmt::format("(({}) IS NOT NULL AND NOT regexp_full_match({}, {}) AND {})", cast,
                          value, Literal(exact), Differs(real, "(" + cast + ")", scale)),
              MoreDigits(target)};
}

}  // namespace aisle::ingest
