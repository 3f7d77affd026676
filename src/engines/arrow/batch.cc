#include "arrow/batch.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstring>
#include <limits>

#include "arrow/layout.h"

namespace aisle::arrow {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kIntMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kIntMin = std::numeric_limits<std::int64_t>::min();

Wide ReadDecimal(const Batch::Impl::Place& place) {
  const std::int64_t index = place.index + place.view->offset;
  const ArrowType storage = place.column.storage;
  const ArrowBufferView& values = place.view->buffer_views[1];
  if (storage == NANOARROW_TYPE_DECIMAL32) return values.data.as_int32[index];
  if (storage == NANOARROW_TYPE_DECIMAL64) return values.data.as_int64[index];
  Wide value;
  std::memcpy(&value, values.data.as_uint8 + index * 16, sizeof value);
  return value;
}

std::string DecimalText(Wide value, int scale) {
  const bool negative = value < 0;
  __extension__ unsigned __int128 rest = static_cast<unsigned __int128>(value);
  if (negative) rest = ~rest + 1;
  std::string digits;
  while (rest != 0 || static_cast<int>(digits.size()) <= scale) {
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
    if (static_cast<int>(digits.size()) == scale) digits.push_back('.');
  }
  if (digits.back() == '.') digits.push_back('0');
  if (negative) digits.push_back('-');
  return {digits.rbegin(), digits.rend()};
}

double DecimalDouble(Wide value, int scale) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  constexpr double kPowers[] = {1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  // Both sides are exact, so the quotient is rounded once.
  if (value >= -kExact && value <= kExact && scale < static_cast<int>(std::size(kPowers)))
    return static_cast<double>(static_cast<std::int64_t>(value)) / kPowers[scale];
  const std::string text = DecimalText(value, scale);
  double result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

// Microseconds of a count of other units.
std::int64_t Micros(std::int64_t value, std::int64_t units_per_second) {
  if (units_per_second >= 1'000'000) {
    const std::int64_t factor = units_per_second / 1'000'000;
    const std::int64_t quotient = value / factor;
    return value % factor < 0 ? quotient - 1 : quotient;
  }
  std::int64_t result = 0;
  if (__builtin_mul_overflow(value, 1'000'000 / units_per_second, &result))
    return value < 0 ? kIntMin : kIntMax;
  return result;
}

// Any day that fits 64 bits, unlike <chrono>'s years; years before 1 as DuckDB prints them.
struct DayText {
  std::string date, era;
};
DayText FormatDay(std::int64_t days) {
  constexpr std::int64_t kDaysOf400Years = 146'097;
  std::int64_t periods = days / kDaysOf400Years;
  if (days % kDaysOf400Years < 0) --periods;
  const std::chrono::year_month_day ymd{
      base::Date{std::chrono::days{static_cast<int>(days - periods * kDaysOf400Years)}}};
  const std::int64_t year = static_cast<int>(ymd.year()) + periods * 400;
  return {fmt::format("{:04}-{:02}-{:02}", year > 0 ? year : 1 - year,
                      static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day())),
          year > 0 ? "" : " (BC)"};
}

// DuckDB's infinities are the ends of the range, without the very lowest value.
template <typename Integer>
const char* InfinityText(std::int64_t value) {
  constexpr std::int64_t kMax = std::numeric_limits<Integer>::max();
  return value == kMax ? "infinity" : value == -kMax ? "-infinity" : nullptr;
}

std::string DateText(std::int64_t days) {
  if (const char* text = InfinityText<std::int32_t>(days)) return text;
  const DayText day = FormatDay(days);
  return day.date + day.era;
}

std::string TimeText(std::int64_t micros) {
  if (const char* text = InfinityText<std::int64_t>(micros)) return text;
  constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
  std::int64_t days = micros / kMicrosPerDay;
  std::int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) {
    rest += kMicrosPerDay;
    --days;
  }
  const DayText day = FormatDay(days);
  std::string text = fmt::format("{}{} {:02}:{:02}:{:02}", day.date, day.era, rest / 3'600'000'000,
                                 rest / 60'000'000 % 60, rest / 1'000'000 % 60);
  if (rest % 1'000'000 != 0) text += fmt::format(".{:06}", rest % 1'000'000);
  return text;
}

template <typename Floating>
std::string FloatText(Floating value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

Batch::Batch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;
Batch::~Batch() = default;

std::int64_t Batch::RowCount() const { return impl_->array->length; }
int Batch::ColumnCount() const { return static_cast<int>(impl_->layout->columns.size()); }

int Batch::ColumnIndex(std::string_view name) const {
  for (int i = 0; i < ColumnCount(); ++i)
    if (ColumnName(i) == name) return i;
  return -1;
}

std::string_view Batch::ColumnName(int column) const {
  AISLE_ASSERT(column >= 0 && column < ColumnCount());
  return impl_->layout->columns[static_cast<std::size_t>(column)].name;
}

bool Batch::IsNull(int column, std::int64_t row) const { return impl_->At(column, row).IsNull(); }

std::int64_t Batch::Int(int column, std::int64_t row) const {
  const std::optional<std::int64_t> value = FindInt(column, row);
  AISLE_ASSERT(value.has_value());
  return *value;
}

std::optional<std::int64_t> Batch::FindInt(int column, std::int64_t row) const {
  const Impl::Place value = impl_->Value(column, row);
  if (value.column.kind == Kind::kDecimal && value.column.scale == 0) {
    const Wide wide = ReadDecimal(value);
    if (wide < kIntMin || wide > kIntMax) return std::nullopt;
    return static_cast<std::int64_t>(wide);
  }
  if (value.column.kind != Kind::kInteger && value.column.kind != Kind::kBool) return std::nullopt;
  const std::int64_t number = value.Int();
  if (value.column.storage == NANOARROW_TYPE_UINT64 && number < 0) return std::nullopt;
  return number;
}

double Batch::Double(int column, std::int64_t row) const {
  const Impl::Place value = impl_->Value(column, row);
  if (value.column.kind == Kind::kDecimal)
    return DecimalDouble(ReadDecimal(value), value.column.scale);
  AISLE_ASSERT(value.column.kind == Kind::kFloating || value.column.kind == Kind::kInteger ||
               value.column.kind == Kind::kBool);
  return ArrowArrayViewGetDoubleUnsafe(value.view, value.index);
}

bool Batch::Bool(int column, std::int64_t row) const {
  const Impl::Place value = impl_->Value(column, row);
  AISLE_ASSERT(value.column.kind == Kind::kBool);
  return value.Int() != 0;
}

std::string_view Batch::String(int column, std::int64_t row) const {
  const Impl::Place value = impl_->Value(column, row);
  AISLE_ASSERT(value.column.kind == Kind::kString || value.column.kind == Kind::kEnum);
  const ArrowStringView text =
      value.column.kind == Kind::kString
          ? ArrowArrayViewGetStringUnsafe(value.view, value.index)
          : ArrowArrayViewGetStringUnsafe(value.view->dictionary, value.Int());
  return {text.data, static_cast<std::size_t>(text.size_bytes)};
}

base::Timestamp Batch::Time(int column, std::int64_t row) const {
  const Impl::Place value = impl_->Value(column, row);
  AISLE_ASSERT(value.column.kind == Kind::kTimestamp);
  return base::FromMicros(Micros(value.Int(), value.column.units_per_second));
}

base::Date Batch::Day(int column, std::int64_t row) const {
  const Impl::Place value = impl_->Value(column, row);
  AISLE_ASSERT(value.column.kind == Kind::kDate);
  if (value.column.storage == NANOARROW_TYPE_DATE32)
    return base::Date{std::chrono::days{static_cast<int>(value.Int())}};
  return std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{value.Int()}});
}

std::int64_t Batch::MoneyCents(int column, std::int64_t row) const {
  const Impl::Place value = impl_->Value(column, row);
  AISLE_ASSERT(value.column.kind == Kind::kDecimal);
  Wide cents = ReadDecimal(value);
  for (int scale = value.column.scale; scale < 2; ++scale) {
    AISLE_ASSERT(cents >= kIntMin && cents <= kIntMax);
    cents *= 10;
  }
  if (value.column.scale > 2) {
    Wide divisor = 1;
    for (int scale = value.column.scale; scale > 2; --scale) divisor *= 10;
    const Wide rest = cents % divisor;
    cents /= divisor;
    if (rest >= divisor - rest) ++cents;
    if (-rest >= divisor + rest) --cents;
  }
  AISLE_ASSERT(cents >= kIntMin && cents <= kIntMax);
  return static_cast<std::int64_t>(cents);
}

std::string Batch::Text(int column, std::int64_t row) const {
  if (IsNull(column, row)) return "NULL";
  const Impl::Place value = impl_->Value(column, row);
  switch (value.column.kind) {
    case Kind::kNothing:
      break;
    case Kind::kBool:
      return Bool(column, row) ? "true" : "false";
    case Kind::kInteger:
      return value.column.storage == NANOARROW_TYPE_UINT64
                 ? fmt::format("{}", ArrowArrayViewGetUIntUnsafe(value.view, value.index))
                 : fmt::format("{}", value.Int());
    case Kind::kFloating:
      return value.column.storage == NANOARROW_TYPE_FLOAT
                 ? FloatText(static_cast<float>(Double(column, row)))
                 : FloatText(Double(column, row));
    case Kind::kDecimal:
      return DecimalText(ReadDecimal(value), value.column.scale);
    case Kind::kString:
    case Kind::kEnum:
      return std::string(String(column, row));
    case Kind::kDate:
      return DateText(Day(column, row).time_since_epoch().count());
    case Kind::kTimestamp:
      return TimeText(base::ToMicros(Time(column, row)));
  }
  return "NULL";
}

}  // namespace aisle::arrow
