// What a statement gave: rows in binary, read by the names of their columns.
//
//   RowReader reader(rows);
//   const auto id = reader.Int("product_id");
//   const auto name = reader.Text("name");
//   for (;;) {
//     AISLE_CO_TRY(const bool more, reader.Next());
//     if (!more) break;
//     ... reader[id], reader[name] ...
//   }
//
// The order of the query's SELECT list means nothing, and columns nobody asks for are passed over.
//
//   shapes   Int reads int2, int4, int8; Double float4 and float8; Text text, varchar, char, name
//            and json; Bytes bytea; Time timestamptz, and timestamp taken as UTC; Day date. Nothing
//            else: cast it in the query (numeric to int8 cents, uuid, jsonb and enums to text).
//   units    as in values.h.
//   missing  IsNull() first: reading a NULL is an assertion. OrElse() gives another value in its
//            place.
//   threads  a value; copies share the rows.
//   errors   a column that is not there, is there twice, or has another type is kFailedPrecondition
//            (the schema is not the program's) and names column and type; it waits for Next(),
//            which gives the first such error and hands out no row. A field of a wrong length:
//            kInternal, from Next().
//   cost     nothing is copied; a read is a load and a swap of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace aisle::postgres {

class Rows {
 public:
  Rows() = default;  // None.

  std::size_t Count() const;
  // How many rows the command touched (INSERT, UPDATE, DELETE, SELECT, COPY); 0 where it says none.
  std::int64_t Affected() const;
  // The command as the server names it when it has ended: "COMMIT", "UPDATE 3". Valid as long as
  // the rows.
  std::string_view Tag() const;

 private:
  friend class RowReader;
  friend class RowsMaker;
  std::shared_ptr<const void> result_;
};

// Where one reader's query has a column; of no use to another reader.
enum class ColumnKind : std::uint8_t { kBool, kInt, kDouble, kText, kBytes, kTime, kDay };
template <ColumnKind kKind>
struct Column {
  int position = -1;
};
using BoolColumn = Column<ColumnKind::kBool>;
using IntColumn = Column<ColumnKind::kInt>;
using DoubleColumn = Column<ColumnKind::kDouble>;
using TextColumn = Column<ColumnKind::kText>;
using BytesColumn = Column<ColumnKind::kBytes>;
using TimeColumn = Column<ColumnKind::kTime>;
using DayColumn = Column<ColumnKind::kDay>;

class RowReader {
 public:
  explicit RowReader(Rows rows) : rows_(std::move(rows)) {}

  BoolColumn Bool(std::string_view name) { return {Bind(name, ColumnKind::kBool)}; }
  IntColumn Int(std::string_view name) { return {Bind(name, ColumnKind::kInt)}; }
  DoubleColumn Double(std::string_view name) { return {Bind(name, ColumnKind::kDouble)}; }
  TextColumn Text(std::string_view name) { return {Bind(name, ColumnKind::kText)}; }
  BytesColumn Bytes(std::string_view name) { return {Bind(name, ColumnKind::kBytes)}; }
  TimeColumn Time(std::string_view name) { return {Bind(name, ColumnKind::kTime)}; }
  DayColumn Day(std::string_view name) { return {Bind(name, ColumnKind::kDay)}; }

  // Moves to the next row; false at the end, where nothing may be read.
  Result<bool> Next();

  template <typename AnyColumn>
  bool IsNull(AnyColumn column) const {
    return IsNullAt(column.position);
  }
  bool operator[](BoolColumn column) const;
  std::int64_t operator[](IntColumn column) const;
  double operator[](DoubleColumn column) const;
  // Valid as long as the reader.
  std::string_view operator[](TextColumn column) const { return BytesAt(column.position); }
  std::string_view operator[](BytesColumn column) const { return BytesAt(column.position); }
  base::Timestamp operator[](TimeColumn column) const;
  base::Date operator[](DayColumn column) const;

  template <typename AnyColumn, typename Value>
  Value OrElse(AnyColumn column, Value otherwise) const {
    return IsNull(column) ? otherwise : Value((*this)[column]);
  }

 private:
  struct Bound {
    int position;
    ColumnKind kind;
  };
  int Bind(std::string_view name, ColumnKind kind);
  bool IsNullAt(int position) const;
  std::string_view BytesAt(int position) const;

  Rows rows_;
  std::vector<Bound> bound_;
  std::optional<Error> not_bound_;
  int row_ = -1;
};

}  // namespace aisle::postgres
