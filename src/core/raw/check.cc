#include "raw/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "raw/plain_text.h"
#include "raw/reasons.h"

namespace aisle::raw {
namespace {

constexpr std::int64_t kDecimalMax = 999'999'999'999;  // Hundredths: DECIMAL(12,2).
constexpr base::Date kFirstDate = std::chrono::year{1} / 1 / 1;
constexpr base::Date kLastDate = std::chrono::year{9999} / 12 / 31;
constexpr std::size_t kShownBytesMax = 200;  // Of a text in a message.

bool IsNull(const Value* value) {
  return value == nullptr || std::holds_alternative<std::monostate>(*value);
}

bool InCalendar(base::Timestamp time) {
  return time >= kFirstDate && time < kLastDate + std::chrono::days{1};
}

// As the database writes it as text.
struct Shown {
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const {
    if (std::isnan(value)) return "nan";
    std::string text = fmt::format("{}", value);
    if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
    return text;
  }
  std::string operator()(domain::Cents value) const {
    const auto size = value.value < 0 ? 0 - static_cast<std::uint64_t>(value.value)
                                      : static_cast<std::uint64_t>(value.value);
    return fmt::format("{}{}.{:02}", value.value < 0 ? "-" : "", size / 100, size % 100);
  }
  std::string operator()(const std::string& value) const {
    if (!IsPlainText(value)) return "(bytes)";
    if (value.size() <= kShownBytesMax) return value;
    std::size_t end = kShownBytesMax;
    while ((static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80U) --end;  // Whole characters.
    return value.substr(0, end) + "…";
  }
  std::string operator()(base::Date value) const {
    if (value >= kFirstDate && value <= kLastDate) return base::FormatDate(value);
    return fmt::format("day {}", value.time_since_epoch().count());
  }
  std::string operator()(base::Timestamp value) const {
    if (InCalendar(value)) return base::FormatTimestamp(value);
    return fmt::format("microsecond {}", base::ToMicros(value));
  }
};

struct HasType {
  Type type;
  bool operator()(std::monostate) const { return true; }
  bool operator()(bool) const { return type == Type::kBoolean; }
  bool operator()(std::int64_t value) const {
    if (type == Type::kInteger) return std::in_range<std::int32_t>(value);
    if (type == Type::kDecimal) return std::abs(value / 100) <= kDecimalMax / 10'000;
    return type == Type::kBigint || type == Type::kDouble;
  }
  bool operator()(double value) const { return type == Type::kDouble && std::isfinite(value); }
  bool operator()(domain::Cents value) const {
    return type == Type::kDecimal && value.value >= -kDecimalMax && value.value <= kDecimalMax;
  }
  bool operator()(const std::string& value) const {
    return type == Type::kVarchar && IsPlainText(value);
  }
  bool operator()(base::Date value) const {
    return type == Type::kDate && value >= kFirstDate && value <= kLastDate;
  }
  bool operator()(base::Timestamp value) const {
    return type == Type::kTimestamp && InCalendar(value);
  }
};

struct IsLess {
  std::int64_t least;
  bool operator()(std::int64_t value) const { return value < least; }
  bool operator()(double value) const { return value < static_cast<double>(least); }
  bool operator()(domain::Cents value) const { return value.value < least * 100; }
  template <typename Other>
  bool operator()(const Other&) const {
    return false;
  }
};

std::unexpected<Error> Refuse(std::string_view column, std::string reason) {
  return FailField(ErrorCode::kInvalidArgument, std::string(column), std::move(reason));
}

bool IsAllowed(const Column& column, const std::string& text, const domain::RetailerShape& shape) {
  if (column.names == Part::kRegion) return shape.FindRegion(text).has_value();
  if (column.names == Part::kTier) return shape.FindTier(text).has_value();
  return column.allowed.empty() || std::ranges::find(column.allowed, text) != column.allowed.end();
}

Status CheckValue(const Table& table, const Column& column, const Value& value,
                  const domain::RetailerShape& shape) {
  const auto refuse = [&](const std::string& after) {
    return Refuse(column.name, BeforeValue(column.name) + std::visit(Shown{}, value) + after);
  };
  if (column.set_on_load)
    return Refuse(column.name, fmt::format("{}: set when it is loaded", column.name));
  if (IsNull(&value)) {
    if (IsRequired(table, column)) return Refuse(column.name, Missing(column.name));
    return {};
  }
  if (!std::visit(HasType{column.type}, value)) return refuse(IsNot(column.type));
  if (const auto* text = std::get_if<std::string>(&value); text != nullptr) {
    if (!IsAllowed(column, *text, shape)) return refuse(IsNoneOf(AllowedTexts(column, shape)));
    if (text->size() > kTextBytesMax)
      return refuse(fmt::format("' is longer than {} bytes", kTextBytesMax));
  }
  if (column.at_least && std::visit(IsLess{*column.at_least}, value))
    return refuse(IsBelow(*column.at_least));
  if (const auto* cents = std::get_if<domain::Cents>(&value);
      cents != nullptr && cents->value % SmallestAmount(shape.Money()).value != 0)
    return refuse(IsTooFine(shape.Money()));
  return {};
}

Status CheckBetween(const Table& table, const Row& row) {
  for (const NeededWhen& needed : table.needed_when) {
    const Value* when = Find(row, needed.when);
    const auto* text = when == nullptr ? nullptr : std::get_if<std::string>(when);
    if (text != nullptr && std::ranges::find(needed.texts, *text) != needed.texts.end() &&
        IsNull(Find(row, needed.column)))
      return Refuse(needed.column, MissingWhen(needed));
  }
  for (const Follows& follows : table.follows) {
    const Value* later = Find(row, follows.later);
    const Value* earlier = Find(row, follows.earlier);
    if (!IsNull(later) && !IsNull(earlier) && *later <= *earlier)
      return Refuse(follows.later, DoesNotFollow(follows));
  }
  return {};
}

}  // namespace

const Value* Find(const Row& row, std::string_view column) {
  const auto found = std::ranges::find(row, column, &Field::column);
  return found == row.end() ? nullptr : &found->value;
}

Status Check(const Table& table, const Row& row, const domain::RetailerShape& shape, Given given) {
  for (const Field& field : row) {
    const Column* column = FindColumn(table, field.column);
    if (column == nullptr) {
      std::vector<std::string_view> known;
      for (const Column& one : table.columns) known.push_back(one.name);
      return Refuse(field.column,
                    fmt::format("{}: no column of {}; it has {}", Shown{}(field.column), table.name,
                                fmt::join(known, ", ")));
    }
    if (Find(row, field.column) != &field.value)
      return Refuse(column->name, fmt::format("{}: given twice", column->name));
    AISLE_CHECK(CheckValue(table, *column, field.value, shape));
  }
  for (const Column& column : table.columns) {
    const bool needed = given == Given::kWhole
                            ? IsRequired(table, column)
                            : std::ranges::find(table.key, column.name) != table.key.end();
    if (needed && Find(row, column.name) == nullptr)
      return Refuse(column.name, Missing(column.name));
  }
  return CheckBetween(table, row);
}

}  // namespace aisle::raw
