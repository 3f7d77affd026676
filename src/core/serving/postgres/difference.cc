#include "serving/postgres/difference.h"

#include <fmt/format.h>

#include <span>
#include <unordered_map>
#include <utility>

#include "base/files.h"
#include "kv/record_bytes.h"
#include "postgres/copy_format.h"

namespace aisle::serving {
namespace {

using postgres::CopyDecoder;
using postgres::CopyEncoder;

// One field from a COPY into another, and into bytes that are equal exactly when the fields are.
Status CopyField(const CopyDecoder& in, int field, CellType type, CopyEncoder* out,
                 kv::RecordWriter& bytes) {
  bytes.Byte(in.IsNull(field) ? 0 : 1);
  if (in.IsNull(field)) {
    if (out != nullptr) out->Null();
    return {};
  }
  switch (type) {
    case CellType::kBool: {
      AISLE_TRY(const bool value, in.Bool(field));
      bytes.Byte(value ? 1 : 0);
      if (out != nullptr) out->Bool(value);
      return {};
    }
    case CellType::kInt4:
    case CellType::kInt8: {
      AISLE_TRY(const std::int64_t value, in.Int(field));
      bytes.Signed(value);
      if (out != nullptr) {
        if (type == CellType::kInt8) {
          out->Int8(value);
        } else {
          out->Int4(static_cast<std::int32_t>(value));
        }
      }
      return {};
    }
    case CellType::kFloat4:
    case CellType::kFloat8: {
      AISLE_TRY(const double value, in.Double(field));
      bytes.Double(value);
      if (out != nullptr) {
        if (type == CellType::kFloat8) {
          out->Float8(value);
        } else {
          out->Float4(static_cast<float>(value));
        }
      }
      return {};
    }
    case CellType::kText: {
      AISLE_TRY(const std::string_view value, in.Text(field));
      bytes.Text(value);
      if (out != nullptr) out->Text(value);
      return {};
    }
    case CellType::kBytes: {
      AISLE_TRY(const std::string_view value, in.Bytes(field));
      bytes.Text(value);
      if (out != nullptr) out->Bytes(value);
      return {};
    }
    case CellType::kTime: {
      AISLE_TRY(const base::Timestamp value, in.Time(field));
      bytes.Signed(base::ToMicros(value));
      if (out != nullptr) out->Time(value);
      return {};
    }
    case CellType::kDay: {
      AISLE_TRY(const base::Date value, in.Day(field));
      bytes.Signed(value.time_since_epoch().count());
      if (out != nullptr) out->Day(value);
      return {};
    }
  }
  return Fail(ErrorCode::kInternal, "a column of an unknown type");
}

// The columns [begin, end) of the decoder's row.
Result<std::string> CopyFields(const CopyDecoder& in, std::span<const ColumnShape> columns,
                               std::size_t begin, std::size_t end, CopyEncoder* out) {
  kv::RecordWriter bytes;
  for (std::size_t i = begin; i < end; ++i)
    AISLE_CHECK(CopyField(in, static_cast<int>(i), columns[i].type, out, bytes));
  return bytes.Take();
}

struct Row {
  std::string key;
  std::uint64_t hash = 0;  // Of the other columns.
};
Result<Row> ReadRow(const CopyDecoder& in, const TableShape& shape) {
  Row row;
  AISLE_TRY(row.key, CopyFields(in, shape.columns, 0, shape.key_count, nullptr));
  AISLE_TRY(const std::string rest,
            CopyFields(in, shape.columns, shape.key_count, shape.columns.size(), nullptr));
  row.hash = base::Hash(rest);
  return row;
}

// Calls `take` with the decoder at each row.
template <typename Take>
Status EachRow(const TableShape& shape, std::string_view copy, const Take& take) {
  CopyDecoder in(shape.ColumnCount());
  in.Feed(copy);
  for (;;) {
    AISLE_TRY(const bool more, in.Next());
    if (!more) break;
    AISLE_CHECK(take(in));
  }
  if (in.AtEnd()) return {};
  return Fail(ErrorCode::kInternal, fmt::format("{}: rows end before their end", shape.name));
}

struct Known {
  std::uint64_t hash = 0;
  bool seen = false;
};

}  // namespace

Result<TableDifference> DifferenceOf(const TableShape& shape, std::string_view before,
                                     std::string_view after) {
  std::unordered_map<std::string, Known> known;
  AISLE_CHECK(EachRow(shape, before, [&](const CopyDecoder& in) -> Status {
    AISLE_TRY(Row row, ReadRow(in, shape));
    known[std::move(row.key)] = {.hash = row.hash};
    return {};
  }));
  TableDifference difference;
  CopyEncoder changed(shape.ColumnCount());
  AISLE_CHECK(EachRow(shape, after, [&](const CopyDecoder& in) -> Status {
    AISLE_TRY(const Row row, ReadRow(in, shape));
    const auto found = known.find(row.key);
    if (found != known.end()) found->second.seen = true;
    if (found != known.end() && found->second.hash == row.hash) return {};
    ++difference.changed_count;
    changed.Row();
    AISLE_CHECK(CopyFields(in, shape.columns, 0, shape.columns.size(), &changed));
    return {};
  }));
  changed.End();
  difference.changed = changed.Take();
  CopyEncoder gone(static_cast<int>(shape.key_count));
  AISLE_CHECK(EachRow(shape, before, [&](const CopyDecoder& in) -> Status {
    AISLE_TRY(const Row row, ReadRow(in, shape));
    if (known.at(row.key).seen) return {};
    ++difference.gone_count;
    gone.Row();
    AISLE_CHECK(CopyFields(in, shape.columns, 0, shape.key_count, &gone));
    return {};
  }));
  gone.End();
  difference.gone = gone.Take();
  return difference;
}

}  // namespace aisle::serving
