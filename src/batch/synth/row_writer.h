// Appends one row after another to a batch, column after column.
//
//   order  calls follow the schema's columns; End() asserts that the row is complete.
#pragma once

#include <cstdint>
#include <string_view>

#include "arrow/batch.h"

namespace aisle::synth {

class RowWriter {
 public:
  explicit RowWriter(arrow::BatchBuilder& builder)
      : builder_(builder), columns_(static_cast<int>(builder.Columns().size())) {}

  RowWriter& Null() { return builder_.AppendNull(column_++), *this; }
  RowWriter& Int(std::int64_t value) { return builder_.AppendInt(column_++, value), *this; }
  RowWriter& IntOrNull(std::int64_t value, bool present) { return present ? Int(value) : Null(); }
  RowWriter& Money(std::int64_t cents) { return builder_.AppendMoney(column_++, cents), *this; }
  // Negative cents: NULL.
  RowWriter& MoneyOrNull(std::int64_t cents) { return cents >= 0 ? Money(cents) : Null(); }
  RowWriter& Double(double value) { return builder_.AppendDouble(column_++, value), *this; }
  RowWriter& Bool(bool value) { return builder_.AppendBool(column_++, value), *this; }
  RowWriter& Text(std::string_view value) { return builder_.AppendString(column_++, value), *this; }
  RowWriter& Day(base::Date value) { return builder_.AppendDate(column_++, value), *this; }
  RowWriter& Time(base::Timestamp value) { return builder_.AppendTime(column_++, value), *this; }
  void End() {
    AISLE_ASSERT(column_ == columns_);
    column_ = 0;
  }

 private:
  arrow::BatchBuilder& builder_;
  int columns_;
  int column_ = 0;
};

}  // namespace aisle::synth
