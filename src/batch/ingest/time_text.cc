#include "ingest/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <utility>
#include <vector>

#include "ingest/sql_text.h"

namespace aisle::ingest {
namespace {

// The year 0 is none; the database takes it for 1 BC.
constexpr std::string_view kDay =
    "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-[0-9]{2}-[0-9]{2}";
constexpr std::string_view kClock = "(?:[01][0-9]|2[0-3]):[0-5][0-9]";
constexpr std::string_view kOffset = "[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?";

// A day and what the clock shows; digits of a second as many as are said.
std::string Moment(std::string_view digits) {
  return fmt::format("{}[T ]{}(?::[0-5][0-9](?:\\.[0-9]{})?)?", kDay, kClock, digits);
}
std::string Zoned() {
  return fmt::format(" *{} *(?:[Zz]|(?i:UTC|GMT)|{}) *", Moment("{1,9}"), kOffset);
}
// What such a text begins with, as group 1; digits behind the sixth are left out.
std::string Beginning() { return fmt::format("^ *({})", Moment("{1,6}")); }
std::string Unzoned() { return fmt::format(" *(?:{}|{}) *", Moment("{1,9}"), kDay); }

struct Directive {
  std::string_view name;  // After the percent sign.
  // Y year, m month, d day, j day of the year, H hour, I hour of twelve, p half of it, M S f z as they are called.
  char field;
  int digits_max = 0;  // 0: not a number of one digit or more.
  std::string_view pattern{};
};

constexpr Directive kDirectives[] = {
    {"Y", 'Y', 0, "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"},
    {"y", 'Y', 0, "[0-9]{2}"},
    {"m", 'm', 2},
    {"-m", 'm', 2},
    {"b", 'm', 0, "[A-Za-z]{3}"},
    {"B", 'm', 0, "[A-Za-z]+"},
    {"d", 'd', 2},
    {"-d", 'd', 2},
    {"j", 'j', 3},
    {"-j", 'j', 3},
    {"H", 'H', 2},
    {"-H", 'H', 2},
    {"I", 'I', 2},
    {"-I", 'I', 2},
    {"p", 'p', 0, "[AaPp][Mm]"},
    {"M", 'M', 2},
    {"-M", 'M', 2},
    {"S", 'S', 2},
    {"-S", 'S', 2},
    {"g", 'f', 0, "[0-9]{1,3}"},
    {"f", 'f', 0, "[0-9]{1,6}"},
    {"n", 'f', 0, "[0-9]{1,9}"},
    {"z", 'z', 0, "(?:[Zz]|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"},
    {"Z", 'z', 0, "(?:(?i:UTC|GMT)|[A-Z][A-Za-z_]+/[A-Za-z0-9_+/-]+)"},
    {"a", 'a', 0, "[A-Za-z]{3}"},
    {"A", 'a', 0, "[A-Za-z]+"},
    {"%", '%', 0, "%"},
};

// A directive, or one character that stands for itself.
struct Piece {
  const Directive* directive = nullptr;
  char text = 0;
};

std::unexpected<Error> Refused(std::string_view what) {
  return Fail(ErrorCode::kInvalidArgument, std::string(what));
}

Result<std::vector<Piece>> Split(std::string_view format) {
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') {
      pieces.push_back({nullptr, format[at]});
      continue;
    }
    const std::size_t length = format.substr(at + 1, 1) == "-" ? 2 : 1;
    const std::string_view name = format.substr(at + 1, length);
    const auto* const found = std::ranges::find(kDirectives, name, &Directive::name);
    if (found == std::end(kDirectives)) {
      std::string known;
      for (const Directive& one : kDirectives) {
        if (one.name.size() == 1) known += fmt::format("{}%{}", known.empty() ? "" : " ", one.name);
      }
      return Refused(fmt::format("has %{}, which is not passed on; there are {}", name, known));
    }
    pieces.push_back({found});
    at += length;
  }
  return pieces;
}

bool IsDigits(const Piece& piece) {
  return piece.directive != nullptr && (piece.directive->digits_max > 0 ||
                                        std::string_view("Yf").contains(piece.directive->field));
}

std::string PatternOf(const std::vector<Piece>& pieces, char group) {
  std::string pattern = "\\s*";
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Piece& piece = pieces[i];
    if (piece.directive == nullptr) {
      const bool blank = piece.text == ' ' || piece.text == '\t';
      const bool plain =
          (piece.text & 0x80) != 0 || std::isalnum(static_cast<unsigned char>(piece.text)) != 0;
      pattern += blank ? "\\s+" : (plain ? "" : "\\") + std::string(1, piece.text);
      continue;
    }
    std::string one(piece.directive->pattern);
    if (piece.directive->digits_max > 0) {
      // Beside other digits only a full number says where it ends.
      const bool full =
          (i > 0 && IsDigits(pieces[i - 1])) || (i + 1 < pieces.size() && IsDigits(pieces[i + 1]));
      one = fmt::format("[0-9]{{{},{}}}", full ? piece.directive->digits_max : 1,
                        piece.directive->digits_max);
    }
    pattern += piece.directive->field == group ? "(" + one + ")" : one;
  }
  return pattern + "\\s*";
}

// A zone that stands in the format as letters, which would be read over: "Z", "UTC", "+00:00"; empty: none does.
std::string ZoneInLetters(const std::vector<Piece>& pieces) {
  std::string letters;
  bool after_clock = false;
  for (const Piece& piece : pieces) {
    if (piece.directive != nullptr) {
      letters.clear();
      after_clock = std::string_view("HIpMSf").contains(piece.directive->field);
    } else if (after_clock && piece.text != ' ') {
      letters += piece.text;
    }
  }
  static const std::regex kZone("[Zz]|UTC|GMT|utc|gmt|[+-][0-9]{2}(:?[0-9]{2})?");
  return std::regex_match(letters, kZone) ? letters : "";
}

// What the fields must and must not be together; empty: all is well.
std::string WrongTogether(const std::vector<Piece>& pieces, bool of_days) {
  const auto count = [&](char field) {
    return std::ranges::count_if(pieces, [&](const Piece& piece) {
      return piece.directive != nullptr && piece.directive->field == field;
    });
  };
  for (const char field : std::string_view("YmdjHIpMSfz")) {
    if (count(field) > 1) return "says one part of the time twice";
  }
  if (count('Y') == 0) return "says no year (%Y, or %y for two digits)";
  const bool by_month = count('m') == 1 && count('d') == 1 && count('j') == 0;
  const bool by_day = count('j') == 1 && count('m') == 0 && count('d') == 0;
  if (!by_month && !by_day) return "says no day: it needs %m (or %b, %B) and %d, or %j alone";
  if (count('I') != count('p'))
    return "needs %I and %p together: without %p nobody knows which half of the day";
  if (count('I') == 1 && count('H') == 1) return "says the hour twice";
  if (count('M') > count('H') + count('I')) return "has minutes without an hour";
  if (count('S') > count('M')) return "has seconds without minutes";
  if (count('f') > count('S')) return "has parts of seconds without seconds";
  if (const std::string zone = ZoneInLetters(pieces); !zone.empty()) {
    return fmt::format("has the zone '{}' as letters, which would be read over: write {}", zone,
                       std::isalpha(static_cast<unsigned char>(zone[0])) != 0 && zone.size() > 1
                           ? "%Z"
                           : "%z, which reads Z and offsets");
  }
  if (count('z') == 1 && of_days)
    return "has a zone, which a day has none of; declare it as TIMESTAMP";
  if (count('z') == 1 && count('H') + count('I') == 0) return "has a zone without an hour";
  return "";
}

// Day and month in each other's place; empty where the year comes first, or one of them is no number.
std::string Swapped(const std::vector<Piece>& pieces) {
  std::string text;
  bool day = false;
  bool month = false;
  for (const Piece& piece : pieces) {
    if (piece.directive == nullptr) {
      text += piece.text;
      continue;
    }
    std::string name(piece.directive->name);
    const char field = piece.directive->field;
    if (field == 'Y' && !(day && month)) return "";
    if (field == 'd' || field == 'm') {
      if (piece.directive->digits_max == 0) return "";
      (field == 'd' ? day : month) = true;
      name.back() = field == 'd' ? 'm' : 'd';
    }
    text += "%" + name;
  }
  return day && month ? text : "";
}

std::string FullMatch(std::string_view value, std::string_view pattern) {
  return fmt::format("regexp_full_match({}, {})", value, Literal(pattern));
}

// Group 1 of the pattern.
std::string Extract(std::string_view value, std::string_view pattern) {
  return fmt::format("regexp_extract({}, {}, 1)", value, Literal(pattern));
}

TimeFormat Trusted(std::string_view format) {
  auto read = ReadTimeFormat(format, false);
  AISLE_ASSERT(read.has_value());
  return *std::move(read);
}

// try_strptime as TIMESTAMP: in UTC where the format names a zone. A trailing Z is no %z to the database.
std::string Strptime(std::string_view value, std::string_view format, const TimeFormat& read) {
  if (!read.names_zone) {
    const std::string time = fmt::format("try_strptime({}, {})", value, Literal(format));
    // The cast rounds in one version of the database and cuts in another.
    return read.has_nanoseconds ? fmt::format("make_timestamp(epoch_ns({}) // 1000)", time) : time;
  }
  std::string text(value);
  if (format.contains("%z")) text = fmt::format("regexp_replace({}, '[Zz]\\s*$', '+00')", value);
  return fmt::format("timezone('UTC', CAST(try_strptime({}, {}) AS TIMESTAMPTZ))", text,
                     Literal(format));
}

}  // namespace

Result<TimeFormat> ReadTimeFormat(std::string_view format, bool of_days) {
  AISLE_TRY(const std::vector<Piece> pieces, Split(format));
  if (const std::string wrong = WrongTogether(pieces, of_days); !wrong.empty())
    return Refused(wrong);
  TimeFormat read;
  read.pattern = PatternOf(pieces, 0);
  for (const Piece& piece : pieces) {
    if (piece.directive == nullptr) continue;
    read.names_zone = read.names_zone || piece.directive->field == 'z';
    read.has_nanoseconds = read.has_nanoseconds || piece.directive->name == "n";
    if (piece.directive->field == 'j') read.year_day_pattern = PatternOf(pieces, 'j');
  }
  if (read.names_zone && read.has_nanoseconds)
    return Refused("has %n and a zone; the database reads nanoseconds only without one: write %f");
  read.swapped = Swapped(pieces);
  return read;
}

std::string LooksZoned(std::string_view value) { return FullMatch(value, Zoned()); }
std::string LooksUnzoned(std::string_view value) { return FullMatch(value, Unzoned()); }
std::string LooksInfinite(std::string_view value) { return FullMatch(value, " *(?i:infinity) *"); }
std::string LooksLikeDay(std::string_view value) {
  return FullMatch(value, fmt::format(" *{} *", kDay));
}

std::string Fits(std::string_view value, std::string_view format) {
  return fmt::format("({} AND {} IS NOT NULL)", FullMatch(value, Trusted(format).pattern),
                     FormattedText(value, format));
}

std::string ZonedText(std::string_view value) {
  const std::string moment = Extract(value, Beginning());
  // The cast wants seconds before an offset, no blank, and no name.
  return fmt::format(
      "timezone('UTC', TRY_CAST({0} || CASE WHEN {0} LIKE '%:%:%' THEN '' ELSE ':00' END || "
      "coalesce(nullif(trim(regexp_extract({1}, {2})), ''), '+00') AS TIMESTAMPTZ))",
      moment, value, Literal(fmt::format("{} *$", kOffset)));
}

std::string UnzonedText(std::string_view value) {
  // Digits behind the sixth are cut by the cast of a text, in every version that there is.
  return fmt::format("TRY_CAST(trim({}) AS TIMESTAMP)", value);
}

std::string FormattedText(std::string_view value, std::string_view format) {
  const TimeFormat read = Trusted(format);
  const std::string time = Strptime(value, format, read);
  std::string when = FullMatch(value, read.pattern);
  // Day 366 of a common year is not the first of the next.
  if (!read.year_day_pattern.empty()) {
    when += fmt::format(" AND TRY_CAST({} AS INT) = extract(DOY FROM {})",
                        Extract(value, "^" + read.year_day_pattern + "$"), time);
  }
  return fmt::format("CASE WHEN {} THEN {} END", when, time);
}

std::string ToUtc(std::string_view local, std::string_view zone) {
  if (zone == "UTC") return std::string(local);
  return fmt::format("timezone('UTC', timezone({}, {}))", Literal(zone), local);
}

std::string ToLocal(std::string_view utc, std::string_view zone) {
  if (zone == "UTC") return std::string(utc);
  return fmt::format("timezone({}, timezone('UTC', {}))", Literal(zone), utc);
}

}  // namespace aisle::ingest
