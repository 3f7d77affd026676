#include "base/clock.h"

#include <fmt/format.h>

#include <optional>

namespace aisle::base {
namespace {

using std::chrono::year_month_day;

// Reads exactly `width` digits at the front of `text` and drops them.
std::optional<int> TakeDigits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool Take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Date> TakeDate(std::string_view& text) {
  const auto year = TakeDigits(text, 4);
  if (!year || !Take(text, '-')) return std::nullopt;
  const auto month = TakeDigits(text, 2);
  if (!month || !Take(text, '-')) return std::nullopt;
  const auto day = TakeDigits(text, 2);
  if (!day) return std::nullopt;
  const year_month_day date{std::chrono::year{*year},
                            std::chrono::month{static_cast<unsigned>(*month)},
                            std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return Date{date};
}

std::optional<Microseconds> TakeTimeOfDay(std::string_view& text) {
  const auto hour = TakeDigits(text, 2);
  if (!hour || *hour > 23 || !Take(text, ':')) return std::nullopt;
  const auto minute = TakeDigits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  Microseconds time = std::chrono::hours{*hour} + std::chrono::minutes{*minute};
  if (!Take(text, ':')) return time;
  const auto second = TakeDigits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  time += std::chrono::seconds{*second};
  if (Take(text, '.')) {
    int digits = 0;
    std::int64_t fraction = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9' && digits < 6) {
      fraction = fraction * 10 + (text.front() - '0');
      text.remove_prefix(1);
      ++digits;
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 6; ++digits) fraction *= 10;
    time += Microseconds{fraction};
  }
  return time;
}

}  // namespace

Timestamp Now() { return std::chrono::floor<Microseconds>(std::chrono::system_clock::now()); }

Timestamp Midnight(Timestamp time) { return std::chrono::floor<std::chrono::days>(time); }

Result<Timestamp> ParseTimestamp(std::string_view text) {
  std::string_view rest = text;
  const auto date = TakeDate(rest);
  if (date && rest.empty()) return Timestamp{*date};
  if (date && (Take(rest, 'T') || Take(rest, ' '))) {
    const auto time = TakeTimeOfDay(rest);
    if (time) Take(rest, 'Z');
    if (time && rest.empty()) return Timestamp{*date} + *time;
  }
  return Fail(
      ErrorCode::kInvalidArgument,
      fmt::format("'{}' is not a UTC time (like 2026-11-24 or 2026-11-24T05:03:52Z)", text));
}

Result<Date> ParseDate(std::string_view text) {
  std::string_view rest = text;
  const auto date = TakeDate(rest);
  if (date && rest.empty()) return *date;
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is not a date (like 2026-11-24)", text));
}

std::string FormatDate(Date date) {
  const year_month_day ymd{date};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()));
}

std::string FormatTimestamp(Timestamp time) {
  const Date date = std::chrono::floor<std::chrono::days>(time);
  const std::int64_t micros = (time - date).count();
  std::string text = fmt::format("{} {:02}:{:02}:{:02}", FormatDate(date), micros / 3'600'000'000,
                                 micros / 60'000'000 % 60, micros / 1'000'000 % 60);
  if (micros % 1'000'000 != 0) text += fmt::format(".{:06}", micros % 1'000'000);
  return text;
}

std::string FormatIso(Timestamp time) {
  std::string text = FormatTimestamp(time);
  text[10] = 'T';
  return text + "Z";
}

int CompletedMonths(Date since, Date until) {
  const year_month_day a{since};
  const year_month_day b{until};
  int months = (static_cast<int>(b.year()) - static_cast<int>(a.year())) * 12 +
               static_cast<int>(static_cast<unsigned>(b.month())) -
               static_cast<int>(static_cast<unsigned>(a.month()));
  if (static_cast<unsigned>(b.day()) < static_cast<unsigned>(a.day())) --months;
  return months;
}

int CompletedYears(Date since, Date until) {
  const int months = CompletedMonths(since, until);
  return months >= 0 ? months / 12 : -((-months + 11) / 12);
}

std::int64_t WholeDays(Timestamp since, Timestamp until) {
  return std::chrono::floor<std::chrono::days>(until - since).count();
}

}  // namespace aisle::base
