// What is known about the columns of a stream before its first row; shared by all its batches.
//
// Private to this module: the bridge between nanoarrow's schemas and our getters.
//
//   errors   ReadLayout: kInvalidArgument for a column type that no getter reads, kInternal for a
//            schema that is not a struct.
//   threads  immutable once made.
#pragma once

#include <cstdint>
#include <memory>
#include <nanoarrow/nanoarrow.hpp>
#include <string>
#include <vector>

#include "arrow/batch.h"
#include "base/result.h"

namespace aisle::arrow {

// For calls into nanoarrow's builders that fail only when memory is gone.
inline void Must(ArrowErrorCode code) { AISLE_ASSERT(code == NANOARROW_OK); }

// What a getter does with a column; widths within a kind are nanoarrow's business.
enum class Kind : std::uint8_t {
  kNothing,  // Every value is NULL.
  kBool,
  kInteger,
  kFloating,
  kDecimal,
  kString,
  kEnum,  // A dictionary of strings.
  kDate,
  kTimestamp
};

struct Column {
  std::string name;
  Kind kind = Kind::kNothing;
  ArrowType storage = NANOARROW_TYPE_NA;
  int scale = 0;                              // kDecimal: digits after the point.
  std::int64_t units_per_second = 1'000'000;  // kTimestamp.
  friend bool operator==(const Column&, const Column&) = default;
};

struct Layout {
  nanoarrow::UniqueSchema schema;  // A struct of the columns.
  std::vector<Column> columns;
};

// Takes the schema over.
Result<std::shared_ptr<const Layout>> ReadLayout(ArrowSchema* schema);
std::shared_ptr<const Layout> MakeLayout(const Schema& schema);

struct Batch::Impl {
  std::shared_ptr<const Layout> layout;
  nanoarrow::UniqueArray array;
  nanoarrow::UniqueArrayView view;

  struct Place {
    const ArrowArrayView* view;
    std::int64_t index;
    const Column& column;

    bool IsNull() const { return ArrowArrayViewIsNull(view, index) != 0; }
    std::int64_t Int() const { return ArrowArrayViewGetIntUnsafe(view, index); }
  };
  // Asserts that column and row exist.
  Place At(int column, std::int64_t row) const {
    AISLE_ASSERT(column >= 0 && column < static_cast<int>(layout->columns.size()));
    AISLE_ASSERT(row >= 0 && row < array->length);
    return {view->children[column], row + array->offset,
            layout->columns[static_cast<std::size_t>(column)]};
  }
  // Asserts besides that a value is there.
  Place Value(int column, std::int64_t row) const {
    const Place place = At(column, row);
    AISLE_ASSERT(!place.IsNull());
    return place;
  }
};

// Takes the array over; kInternal if it does not fit the layout.
Result<Batch> ReadBatch(std::shared_ptr<const Layout> layout, ArrowArray* array);

}  // namespace aisle::arrow
