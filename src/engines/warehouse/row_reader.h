// The rows of a query one after another, with columns that were asked for by name.
//
// Open, bind each column once (Int("customer_id") gives a handle of its type), then Next() and read with
// the handles: rows[customer]. The order of the query's SELECT list means nothing, and columns nobody
// asks for are passed over.
//
//   missing  IsNull() first: reading a NULL is an assertion. OrElse() gives another value in its place.
//   threads  as the connection, which must outlive the reader.
//   errors   Open: the warehouse's. A column that the query does not have, has twice, or has with a type
//            that the handle does not read is kInternal, naming query and column; it waits for Next(), which
//            returns the first such error and hands out no row. Next: the warehouse's.
//   cost     names are looked up when they are bound; a read is the batch's getter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "arrow/batch.h"
#include "base/clock.h"
#include "base/named_text.h"
#include "base/result.h"
#include "warehouse/warehouse.h"

namespace aisle::warehouse {

// Where one reader's query has a column; of no use to another reader.
template <arrow::Type kType>
struct Column {
  int position = -1;
};
using BoolColumn = Column<arrow::Type::kBool>;
using IntColumn = Column<arrow::Type::kInt64>;  // Integers of any width, HUGEINT included.
using DoubleColumn = Column<arrow::Type::kDouble>;
using MoneyColumn = Column<arrow::Type::kMoney>;  // DECIMAL, read as cents.
using TextColumn = Column<arrow::Type::kString>;
using TimeColumn = Column<arrow::Type::kTimestamp>;
using DayColumn = Column<arrow::Type::kDate>;
// Whatever it is, as the text that a SQL shell prints; "NULL" for NULL.
struct PrintedColumn {
  int position = -1;
};

class RowReader {
 public:
  static Result<RowReader> Open(Connection& connection, base::NamedText query,
                                const Parameters& parameters = {});

  BoolColumn Bool(std::string_view name) { return {Bind(name, arrow::Type::kBool)}; }
  IntColumn Int(std::string_view name) { return {Bind(name, arrow::Type::kInt64)}; }
  DoubleColumn Double(std::string_view name) { return {Bind(name, arrow::Type::kDouble)}; }
  MoneyColumn Money(std::string_view name) { return {Bind(name, arrow::Type::kMoney)}; }
  TextColumn Text(std::string_view name) { return {Bind(name, arrow::Type::kString)}; }
  TimeColumn Time(std::string_view name) { return {Bind(name, arrow::Type::kTimestamp)}; }
  DayColumn Day(std::string_view name) { return {Bind(name, arrow::Type::kDate)}; }
  PrintedColumn Printed(std::string_view name) { return {Bind(name, std::nullopt)}; }

  // Moves to the next row; false at the end, where nothing may be read.
  Result<bool> Next();

  template <typename AnyColumn>
  bool IsNull(AnyColumn column) const {
    return batch_->IsNull(column.position, row_);
  }
  bool operator[](BoolColumn column) const { return batch_->Bool(column.position, row_); }
  std::int64_t operator[](IntColumn column) const { return batch_->Int(column.position, row_); }
  double operator[](DoubleColumn column) const { return batch_->Double(column.position, row_); }
  // Cents.
  std::int64_t operator[](MoneyColumn column) const {
    return batch_->MoneyCents(column.position, row_);
  }
  // Valid until the next row.
  std::string_view operator[](TextColumn column) const {
    return batch_->String(column.position, row_);
  }
  base::Timestamp operator[](TimeColumn column) const {
    return batch_->Time(column.position, row_);
  }
  base::Date operator[](DayColumn column) const { return batch_->Day(column.position, row_); }
  std::string operator[](PrintedColumn column) const { return batch_->Text(column.position, row_); }

  template <typename AnyColumn, typename Value>
  Value OrElse(AnyColumn column, Value otherwise) const {
    return IsNull(column) ? otherwise : Value((*this)[column]);
  }

 private:
  RowReader(arrow::Stream stream, std::string_view query)
      : stream_(std::move(stream)), query_(query) {}
  // Without a type, any will do.
  int Bind(std::string_view name, std::optional<arrow::Type> type);

  arrow::Stream stream_;
  std::string query_;
  std::optional<Error> not_bound_;
  std::optional<arrow::Batch> batch_;
  std::int64_t row_ = -1;
};

}  // namespace aisle::warehouse
