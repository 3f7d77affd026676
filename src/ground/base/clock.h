// Time as the whole project speaks it: UTC, microseconds since 1970, no zones anywhere inside.
//
//   units    Timestamp and Microseconds count microseconds; Date counts days since 1970-01-01.
//   errors   ParseTimestamp and ParseDate: kInvalidArgument with the text in the message.
//   source   ISO 8601 / RFC 3339 profiles; the proleptic Gregorian calendar of <chrono>.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aisle::base {

using Microseconds = std::chrono::microseconds;
using Timestamp = std::chrono::sys_time<Microseconds>;
using Date = std::chrono::sys_days;

inline constexpr Microseconds kDay = std::chrono::days{1};

// Wall clock. The only place that reads it besides Now() is a test's own clock.
Timestamp Now();

// The last UTC midnight at or before `time`.
Timestamp Midnight(Timestamp time);

inline std::int64_t ToMicros(Timestamp time) { return time.time_since_epoch().count(); }
inline Timestamp FromMicros(std::int64_t micros) { return Timestamp{Microseconds{micros}}; }

// "2026-11-24", "2026-11-24 05:03:52", "2026-11-24T05:03:52.123456Z"; a date alone means its
// midnight. No zone but Z is accepted: a local time that is silently taken for UTC is worse than an
// error.
Result<Timestamp> ParseTimestamp(std::string_view text);
Result<Date> ParseDate(std::string_view text);

std::string FormatTimestamp(
    Timestamp time);                    // "2026-11-24 05:03:52" (microseconds only when not 0)
std::string FormatIso(Timestamp time);  // "2026-11-24T05:03:52Z"
std::string FormatDate(Date date);      // "2026-11-24"

// Completed years and completed months between two dates, as people count birthdays: 29 February
// completes its year on 1 March of a common year. Negative when `until` is before `since`.
int CompletedYears(Date since, Date until);
int CompletedMonths(Date since, Date until);

// Whole days from `since` to `until`, rounded down.
std::int64_t WholeDays(Timestamp since, Timestamp until);

}  // namespace aisle::base
