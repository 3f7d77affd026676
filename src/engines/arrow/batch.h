// Tables in memory and in motion, by the Arrow C data interface: what crosses the border to a
// warehouse.
//
// A Batch is some rows of some typed columns. BatchBuilder makes one column by column; Stream
// carries batches one after another, either from a warehouse (warehouse::Connection::Query) or from
// a generator of ours (MakeStream), without ever holding all of them.
//
//   shapes   every column of a batch has RowCount() values; columns are addressed by position,
//            0-based.
//   units    kTimestamp: microseconds UTC; kDate: days since 1970; kMoney: integer cents,
//            DECIMAL(12,2) outside.
//   missing  every column may hold NULL; IsNull() first, a getter of a NULL value is an assertion.
//   threads  a Batch is immutable; a BatchBuilder and a Stream belong to one thread.
//   errors   Stream::Next: whatever the producer failed with, and the same again when asked again.
//            Stream::Import: kInvalidArgument with the column's name for a type that no getter reads
//            (lists, structs, blobs, intervals, times of day: cast it in the query); kInternal for a
//            stream that breaks the interface. Getters assert column, row and type.
//   cost     appends go straight into the buffers that are handed out: a few nanoseconds each.
//   source   Apache Arrow C data and C stream interface; the wall is nanoarrow.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

struct ArrowArray;
struct ArrowArrayStream;
struct ArrowSchema;

namespace aisle::arrow {

enum class Type : std::uint8_t {
  kBool,
  kInt32,
  kInt64,
  kFloat,
  kDouble,
  kString,
  kDate,
  kTimestamp,
  kMoney
};

struct Field {
  std::string name;
  Type type = Type::kInt64;
};
using Schema = std::vector<Field>;

class Batch {
 public:
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;
  ~Batch();

  std::int64_t RowCount() const;
  int ColumnCount() const;
  // Position of the column, or -1.
  int ColumnIndex(std::string_view name) const;
  std::string_view ColumnName(int column) const;  // Valid as long as the batch.

  bool IsNull(int column, std::int64_t row) const;
  // Integers of any width, booleans (0, 1) and HUGEINT that fits; asserts otherwise.
  std::int64_t Int(int column, std::int64_t row) const;
  // The same for values that nobody has promised to be one: nothing for another type, a decimal
  // with digits after the point, or a value that does not fit.
  std::optional<std::int64_t> FindInt(int column, std::int64_t row) const;
  // Integers, booleans (0, 1), floats and decimals as the nearest double.
  double Double(int column, std::int64_t row) const;
  bool Bool(int column, std::int64_t row) const;
  // Text, and the names of an enum. Valid as long as the batch.
  std::string_view String(int column, std::int64_t row) const;
  // Timestamps of any unit, with or without a zone (then the instant): rounded down to
  // microseconds; what does not fit becomes the nearest end of the range.
  base::Timestamp Time(int column, std::int64_t row) const;
  base::Date Day(int column, std::int64_t row) const;
  // Decimals of any scale; parts of a cent are rounded, halves away from zero.
  std::int64_t MoneyCents(int column, std::int64_t row) const;
  // Any value as text, the way SQL shells print it (base::FormatTimestamp for times, "1.0", "true");
  // "NULL" for NULL.
  std::string Text(int column, std::int64_t row) const;

  // Internal to this floor: the raw arrays.
  struct Impl;
  explicit Batch(std::unique_ptr<Impl> impl);
  Impl& Parts() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// Appends are column by column in any order; Finish() asserts that all columns have the same
// length, each append that the column has that type. The text of one column of one batch must stay
// below 2 GB.
class BatchBuilder {
 public:
  explicit BatchBuilder(Schema schema);
  ~BatchBuilder();
  BatchBuilder(BatchBuilder&&) noexcept;
  BatchBuilder& operator=(BatchBuilder&&) noexcept;

  void Reserve(std::int64_t rows);
  void AppendNull(int column);
  void AppendBool(int column, bool value);
  void AppendInt(int column, std::int64_t value);  // kInt32, kInt64
  void AppendDouble(int column, double value);     // kFloat, kDouble
  void AppendString(int column, std::string_view value);
  void AppendDate(int column, base::Date value);
  void AppendTime(int column, base::Timestamp value);
  void AppendMoney(int column, std::int64_t cents);

  std::int64_t RowCount() const;  // Rows of the first column so far.
  const Schema& Columns() const;
  // The rows so far as a batch; the builder is empty again, with the same schema.
  Batch Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class Stream {
 public:
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();

  // The next batch, or nothing at the end. Batches may be empty.
  Result<std::optional<Batch>> Next();
  // Column names, known before the first batch.
  const std::vector<std::string>& ColumnNames() const;
  // Whether the getter of that type reads every column's value without an assertion: Int for kInt32 and kInt64
  // (HUGEINT included, booleans not), Double for kFloat and kDouble (numbers of any kind), MoneyCents for kMoney,
  // and so on. A column that is NULL throughout reads as anything.
  bool Reads(int column, Type type) const;

  // The same stream; `see` hears each batch before it is handed on.
  Stream Watched(std::function<void(const Batch&)> see) &&;

  // A stream of the same columns and no rows.
  Stream WithoutRows() const;

  // Takes over a C stream (it is moved from and marked released). `keep_alive` lives as long as the
  // stream; `explain` may rewrite an error's text (to add a SQL file's name).
  static Result<Stream> Import(ArrowArrayStream* stream, std::shared_ptr<void> keep_alive = nullptr,
                               std::function<Error(Error)> explain = nullptr);
  // Hands the stream over as a C stream for a consumer that calls release. A C stream carries an
  // error's text only; the whole error is left in `failure`, if given, before the consumer sees it.
  void Export(ArrowArrayStream* out, std::shared_ptr<std::optional<Error>> failure = nullptr) &&;

  struct Impl;
  explicit Stream(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

// A stream out of a function that returns the next batch, or nothing when it is done (it is not
// called again then). The function may be called from another thread than the one that made the
// stream, never from two at once. A batch with other columns than `schema` is kInternal.
Stream MakeStream(const Schema& schema, std::function<Result<std::optional<Batch>>()> next);

}  // namespace aisle::arrow
