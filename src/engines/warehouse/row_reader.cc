#include "warehouse/row_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace aisle::warehouse {
namespace {

std::string_view TypeWords(arrow::Type type) {
  switch (type) {
    case arrow::Type::kBool:
      return "a boolean";
    case arrow::Type::kInt32:
    case arrow::Type::kInt64:
      return "an integer";
    case arrow::Type::kFloat:
    case arrow::Type::kDouble:
      return "a number";
    case arrow::Type::kString:
      return "text";
    case arrow::Type::kDate:
      return "a date";
    case arrow::Type::kTimestamp:
      return "a timestamp";
    case arrow::Type::kMoney:
      return "a decimal";
  }
  return "";
}

}  // namespace

Result<RowReader> RowReader::Open(Connection& connection, base::NamedText query,
                                  const Parameters& parameters) {
  AISLE_TRY(arrow::Stream stream, connection.Query(query, parameters));
  return RowReader(std::move(stream), query.name);
}

int RowReader::Bind(std::string_view name, std::optional<arrow::Type> type) {
  const auto& names = stream_.ColumnNames();
  const auto found = std::ranges::find(names, name);
  const auto position = static_cast<int>(found - names.begin());
  std::string wrong;
  if (found == names.end()) {
    wrong = fmt::format("has no column '{}'", name);
  } else if (std::find(found + 1, names.end(), name) != names.end()) {
    wrong = fmt::format("has two columns '{}'", name);
  } else if (type && !stream_.Reads(position, *type)) {
    wrong = fmt::format("column '{}' is not {}", name, TypeWords(*type));
  }
  if (wrong.empty()) return position;
  if (!not_bound_) not_bound_ = Error{ErrorCode::kInternal, fmt::format("{}: {}", query_, wrong)};
  return -1;
}

Result<bool> RowReader::Next() {
  if (not_bound_) return std::unexpected(*not_bound_);
  ++row_;
  while (!batch_ || row_ >= batch_->RowCount()) {
    AISLE_TRY(batch_, stream_.Next());
    row_ = 0;
    if (!batch_) return false;
  }
  return true;
}

}  // namespace aisle::warehouse
