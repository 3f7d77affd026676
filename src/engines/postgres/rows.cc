#include "postgres/rows.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "postgres/big_endian.h"
#include "postgres/libpq.h"
#include "postgres/values.h"

namespace aisle::postgres {
namespace {

constexpr Oid kVarchar = 1043;
constexpr Oid kChar = 1042;
constexpr Oid kName = 19;
constexpr Oid kJson = 114;
constexpr Oid kTimestamp = 1114;

const PGresult* ResultOf(const std::shared_ptr<const void>& result) {
  return static_cast<const PGresult*>(result.get());
}

struct KindOfType {
  Oid type;
  ColumnKind kind;
  int bytes;  // -1: any.
};
constexpr Oid OidOf(Type type) { return static_cast<Oid>(type); }
constexpr KindOfType kKinds[] = {{OidOf(Type::kBool), ColumnKind::kBool, 1},
                                 {OidOf(Type::kInt2), ColumnKind::kInt, 2},
                                 {OidOf(Type::kInt4), ColumnKind::kInt, 4},
                                 {OidOf(Type::kInt8), ColumnKind::kInt, 8},
                                 {OidOf(Type::kFloat4), ColumnKind::kDouble, 4},
                                 {OidOf(Type::kFloat8), ColumnKind::kDouble, 8},
                                 {OidOf(Type::kText), ColumnKind::kText, -1},
                                 {kVarchar, ColumnKind::kText, -1},
                                 {kChar, ColumnKind::kText, -1},
                                 {kName, ColumnKind::kText, -1},
                                 {kJson, ColumnKind::kText, -1},
                                 {OidOf(Type::kBytes), ColumnKind::kBytes, -1},
                                 {OidOf(Type::kTimestamptz), ColumnKind::kTime, 8},
                                 {kTimestamp, ColumnKind::kTime, 8},
                                 {OidOf(Type::kDate), ColumnKind::kDay, 4}};

const KindOfType* KindOf(Oid type) {
  for (const KindOfType& kind : kKinds) {
    if (kind.type == type) return &kind;
  }
  return nullptr;
}

}  // namespace

std::size_t Rows::Count() const {
  return result_ ? static_cast<std::size_t>(PQntuples(ResultOf(result_))) : 0;
}

std::int64_t Rows::Affected() const {
  if (!result_) return 0;
  // libpq only reads it.
  const std::string_view text = PQcmdTuples(const_cast<PGresult*>(ResultOf(result_)));
  std::int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

std::string_view Rows::Tag() const {
  return result_ ? PQcmdStatus(const_cast<PGresult*>(ResultOf(result_))) : std::string_view();
}

int RowReader::Bind(std::string_view name, ColumnKind kind) {
  const auto refuse = [&](const std::string& why) {
    if (!not_bound_) {
      not_bound_ = Error{ErrorCode::kFailedPrecondition,
                         fmt::format("postgres: column '{}' {}", name, why), std::string(name)};
    }
    return 0;
  };
  const PGresult* const result = ResultOf(rows_.result_);
  int position = -1;
  for (int i = 0; result != nullptr && i < PQnfields(result); ++i) {
    if (name != PQfname(result, i)) continue;
    if (position >= 0) return refuse("is there twice");
    position = i;
  }
  if (position < 0) return refuse("is not there");
  const Oid type = PQftype(result, position);
  const KindOfType* const found = KindOf(type);
  if (found == nullptr || found->kind != kind) {
    return refuse(
        fmt::format("has a type (pg_type.oid {}) that is not read as this: cast it", type));
  }
  bound_.push_back({position, kind});
  return position;
}

Result<bool> RowReader::Next() {
  if (not_bound_) return std::unexpected(*not_bound_);
  if (row_ + 1 >= static_cast<int>(rows_.Count())) {
    row_ = static_cast<int>(rows_.Count());
    return false;
  }
  ++row_;
  const PGresult* const result = ResultOf(rows_.result_);
  for (const Bound& bound : bound_) {
    const int bytes = KindOf(PQftype(result, bound.position))->bytes;
    if (bytes >= 0 && !IsNullAt(bound.position) &&
        PQgetlength(result, row_, bound.position) != bytes) {
      return Fail(ErrorCode::kInternal, fmt::format("postgres: column '{}' has a field of {} bytes",
                                                    PQfname(result, bound.position),
                                                    PQgetlength(result, row_, bound.position)));
    }
  }
  return true;
}

bool RowReader::IsNullAt(int position) const {
  return PQgetisnull(ResultOf(rows_.result_), row_, position) != 0;
}

std::string_view RowReader::BytesAt(int position) const {
  AISLE_ASSERT(!IsNullAt(position));
  const PGresult* const result = ResultOf(rows_.result_);
  return {PQgetvalue(result, row_, position),
          static_cast<std::size_t>(PQgetlength(result, row_, position))};
}

bool RowReader::operator[](BoolColumn column) const { return BytesAt(column.position)[0] != '\0'; }

std::int64_t RowReader::operator[](IntColumn column) const {
  const std::string_view bytes = BytesAt(column.position);
  if (bytes.size() == 8) return Read<std::int64_t>(bytes);
  if (bytes.size() == 4) return Read<std::int32_t>(bytes);
  return Read<std::int16_t>(bytes);
}

double RowReader::operator[](DoubleColumn column) const {
  const std::string_view bytes = BytesAt(column.position);
  if (bytes.size() == 8) return Read<double>(bytes);
  return static_cast<double>(Read<float>(bytes));
}

base::Timestamp RowReader::operator[](TimeColumn column) const {
  return TimeOfServer(Read<std::int64_t>(BytesAt(column.position)));
}

base::Date RowReader::operator[](DayColumn column) const {
  return DayOfServer(Read<std::int32_t>(BytesAt(column.position)));
}

}  // namespace aisle::postgres
