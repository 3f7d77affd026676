#include "ingest/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "arrow/batch.h"
#include "ingest/history_frames.h"
#include "ingest/sql.h"
#include "warehouse/row_reader.h"

namespace aisle::ingest {
namespace {

using warehouse::Connection;
Status Run(Connection& connection, base::NamedText frame, const DatedTable& dated,
           const warehouse::Parameters& parameters = {}) {
  const std::string text = FillFrame(frame, dated);
  AISLE_CHECK(connection.Execute({frame.name, text}, parameters));
  return {};
}

arrow::Type ArrowType(raw::Type type) {
  switch (type) {
    case raw::Type::kBigint:
      return arrow::Type::kInt64;
    case raw::Type::kInteger:
      return arrow::Type::kInt32;
    case raw::Type::kDouble:
      return arrow::Type::kDouble;
    case raw::Type::kDecimal:
      return arrow::Type::kMoney;
    case raw::Type::kBoolean:
      return arrow::Type::kBool;
    case raw::Type::kVarchar:
      return arrow::Type::kString;
    case raw::Type::kDate:
      return arrow::Type::kDate;
    case raw::Type::kTimestamp:
      return arrow::Type::kTimestamp;
  }
  return arrow::Type::kString;
}

// A value that its column's rules have let through.
struct AppendValue {
  arrow::BatchBuilder& rows;
  int column;
  raw::Type type;
  void operator()(std::monostate) const { rows.AppendNull(column); }
  void operator()(bool value) const { rows.AppendBool(column, value); }
  void operator()(std::int64_t value) const {
    if (type == raw::Type::kDouble) {
      rows.AppendDouble(column, static_cast<double>(value));
    } else if (type == raw::Type::kDecimal) {
      rows.AppendMoney(column, value * 100);
    } else {
      rows.AppendInt(column, value);
    }
  }
  void operator()(double value) const { rows.AppendDouble(column, value); }
  void operator()(domain::Cents value) const { rows.AppendMoney(column, value.value); }
  void operator()(const std::string& value) const { rows.AppendString(column, value); }
  void operator()(base::Date value) const { rows.AppendDate(column, value); }
  void operator()(base::Timestamp value) const { rows.AppendTime(column, value); }
};

// raw.aisle_taken: what make_states.sql reads.
Status Stage(Connection& connection, const DatedTable& dated, const Parts& parts,
             std::span<const DatedRow> rows, const std::function<bool(const DatedRow&)>& is_dated) {
  const raw::Table& table = *raw::FindTable(dated.table);
  arrow::Schema schema = {{"position", arrow::Type::kInt64},
                          {"taken_at", arrow::Type::kTimestamp},
                          {"dated", arrow::Type::kBool},
                          {"whole", arrow::Type::kBool}};
  Names names = parts.keys;
  names.insert(names.end(), parts.columns.begin(), parts.columns.end());
  for (const std::string_view name : names) {
    schema.push_back({std::string(name), ArrowType(raw::FindColumn(table, name)->type)});
    schema.push_back({fmt::format("gives_{}", name), arrow::Type::kBool});
  }
  arrow::BatchBuilder batch(schema);
  for (const DatedRow& row : rows) {
    batch.AppendInt(0, static_cast<std::int64_t>(row.position));
    batch.AppendTime(1, row.at);
    batch.AppendBool(2, is_dated(row));
    batch.AppendBool(3, std::ranges::all_of(table.columns, [&](const raw::Column& column) {
                       return !raw::IsRequired(table, column) ||
                              raw::Find(row.row, column.name) != nullptr;
                     }));
    int at = 4;
    for (const std::string_view name : names) {
      const raw::Value* value = raw::Find(row.row, name);
      std::visit(AppendValue{batch, at, raw::FindColumn(table, name)->type},
                 value == nullptr ? raw::Value{} : *value);
      batch.AppendBool(at + 1, value != nullptr);
      at += 2;
    }
  }
  auto made = std::make_shared<std::optional<arrow::Batch>>(batch.Finish());
  auto next = [made]() -> Result<std::optional<arrow::Batch>> {
    return std::exchange(*made, std::nullopt);
  };
  AISLE_CHECK(connection.Ingest("raw.aisle_taken", arrow::MakeStream(schema, std::move(next)),
                                warehouse::IngestMode::kReplace));
  return {};
}

// Positions of records that are older than what is there.
Result<std::set<std::uint64_t>> FindLate(Connection& connection, const DatedTable& dated) {
  const std::string query = FillFrame(sql::kLateRows, dated);
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, {sql::kLateRows.name, query},
                                                  {{"now", base::Now()}}));
  const auto position = rows.Int("position");
  std::set<std::uint64_t> late;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return late;
    late.insert(static_cast<std::uint64_t>(rows[position]));
  }
}

// What a late record still says.
void LeaveOutLate(const DatedTable& dated, const Parts& parts, const std::set<std::uint64_t>& late,
                  std::vector<DatedRow>& rows) {
  const auto is_late = [&](const DatedRow& row) { return late.contains(row.position); };
  if (dated.kind == Dated::kStock) {
    std::erase_if(rows, is_late);
    return;
  }
  for (DatedRow& row : rows) {
    if (!is_late(row)) continue;
    std::erase_if(row.row,
                  [&](const raw::Field& field) { return IsIn(parts.values, field.column); });
  }
}

void Put(raw::Row& row, const raw::Field& field) {
  const auto found = std::ranges::find(row, field.column, &raw::Field::column);
  if (found == row.end()) {
    row.push_back(field);
  } else {
    found->value = field.value;
  }
}

// Each record with what those before it gave of the same row, so that it says the whole state; of records of one row and
// moment, the last.
std::vector<DatedRow> CarryOn(const Parts& parts, std::vector<DatedRow> rows) {
  std::map<std::vector<raw::Value>, std::size_t> last;  // By key, the place in `states`.
  std::vector<DatedRow> states;
  for (DatedRow& row : rows) {
    std::vector<raw::Value> key;
    for (const std::string_view name : parts.keys) key.push_back(*raw::Find(row.row, name));
    const auto [found, first] = last.try_emplace(std::move(key), states.size());
    if (first) {
      states.push_back(std::move(row));
      continue;
    }
    DatedRow state = states[found->second];
    for (const raw::Field& field : row.row) Put(state.row, field);
    state.position = row.position;
    if (state.at == row.at) {
      states[found->second] = std::move(state);
      continue;
    }
    state.at = row.at;
    found->second = states.size();
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace

Status WriteRows(Connection& connection, const DatedTable& table, std::vector<DatedRow> rows) {
  if (rows.empty()) return {};
  const Parts parts = PartsOf(table);
  const auto gives_values = [&](const DatedRow& row) {
    return std::ranges::any_of(
        row.row, [&](const raw::Field& field) { return IsIn(parts.values, field.column); });
  };
  AISLE_CHECK(Stage(connection, table, parts, rows, gives_values));
  AISLE_TRY(const auto late, FindLate(connection, table));
  LeaveOutLate(table, parts, late, rows);
  AISLE_CHECK(Stage(connection, table, parts, CarryOn(parts, std::move(rows)), gives_values));
  AISLE_CHECK(Run(connection, sql::kMakeStates, table));
  AISLE_CHECK(Run(connection, sql::kMakeLinks, table, {{"always", kAlways}}));
  if (table.null_is_of_table) AISLE_CHECK(Run(connection, sql::kFillHistory, table));
  AISLE_CHECK(Run(connection, sql::kWriteLinks, table));
  return Run(connection, sql::kWriteStates, table);
}

Status FollowFiles(Connection& connection, base::Timestamp loaded_at) {
  for (const DatedTable& table : kDatedTables) {
    AISLE_CHECK(Run(connection, sql::kCloseOverlaps, table));
    AISLE_CHECK(Run(connection, sql::kDifferingStates, table, {{"begun", loaded_at}}));
    AISLE_CHECK(Run(connection, sql::kMakeLinks, table, {{"always", kAlways}}));
    AISLE_CHECK(Run(connection, sql::kWriteLinks, table));
    AISLE_CHECK(connection.Execute(sql::kForgetStates));
  }
  return {};
}

}  // namespace aisle::ingest
