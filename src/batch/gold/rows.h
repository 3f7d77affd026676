// The rows of a query one after another, across batches. Private to this module.
//
//   order    columns by position, as the query's SELECT lists them.
//   missing  IsNull() first, or the *Or forms.
//   errors   Next: the warehouse's.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "arrow/batch.h"
#include "base/clock.h"
#include "base/result.h"
#include "features/records.h"
#include "warehouse/warehouse.h"

namespace aisle::gold {

class Rows {
 public:
  static Result<Rows> Open(warehouse::Connection& connection, base::NamedText query,
                           const warehouse::Parameters& parameters) {
    AISLE_TRY(arrow::Stream stream, connection.Query(query, parameters));
    return Rows(std::move(stream));
  }

  // Moves to the next row; false at the end.
  Result<bool> Next() {
    ++row_;
    while (!batch_ || row_ >= batch_->RowCount()) {
      AISLE_TRY(batch_, stream_.Next());
      row_ = 0;
      if (!batch_) return false;
    }
    return true;
  }

  bool IsNull(int column) const { return batch_->IsNull(column, row_); }
  std::int64_t Int(int column) const { return batch_->Int(column, row_); }
  // Counts that do not fit stay at the largest; they are counts of events, not money.
  std::int32_t Int32(int column) const {
    constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::int32_t>(std::min(Int(column), kMax));
  }
  std::int64_t Cents(int column) const { return batch_->MoneyCents(column, row_); }
  bool Bool(int column) const { return batch_->Bool(column, row_); }
  std::string_view Text(int column) const { return batch_->String(column, row_); }
  base::Date Day(int column) const { return batch_->Day(column, row_); }
  base::Timestamp TimeOrNever(int column) const {
    return IsNull(column) ? features::kNever : batch_->Time(column, row_);
  }

 private:
  explicit Rows(arrow::Stream stream) : stream_(std::move(stream)) {}
  arrow::Stream stream_;
  std::optional<arrow::Batch> batch_;
  std::int64_t row_ = -1;
};

}  // namespace aisle::gold
