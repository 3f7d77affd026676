#include "ingest/table_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "ingest/sql_text.h"

namespace aisle::ingest {
namespace {

const Column* Find(const Columns& columns, std::string_view name) {
  const auto found = std::ranges::find(columns, name, &Column::name);
  return found == columns.end() ? nullptr : &*found;
}

// The beginning of a reason that shows a column's value.
std::string Shown(const Column& column) {
  return fmt::format("{} || CAST({} AS VARCHAR) || ", Literal(column.name + ": '"),
                     Quoted(column.name));
}

std::string List(std::span<const std::string_view> columns, std::string_view table) {
  std::string list;
  for (const std::string_view column : columns)
    list += fmt::format("{}{}.{}", list.empty() ? "" : ", ", table, Quoted(column));
  return list;
}

}  // namespace

TablePlan::TablePlan(const Mapping& mapping, const TableStep& step, Columns given, Columns target)
    : mapping_(mapping),
      step_(step),
      table_(*FindRawTable(step.table)),
      given_(std::move(given)),
      target_(std::move(target)) {}

std::unexpected<Error> TablePlan::Wrong(const std::string& what) const {
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("{}:{}: {}: {}", mapping_.file, step_.line, step_.table, what));
}

bool TablePlan::Gives(std::string_view column) const { return Find(given_, column) != nullptr; }

bool TablePlan::IsMapped(std::string_view column) const {
  return !IdKind(column).empty() && Gives(column) && Find(given_, column)->type == "VARCHAR";
}

bool TablePlan::IsKey(std::string_view column) const {
  return std::ranges::find(table_.key, column) != table_.key.end();
}

std::vector<std::string> TablePlan::MappedColumns() const {
  std::vector<std::string> columns;
  for (const Column& column : given_) {
    if (IsMapped(column.name)) columns.push_back(column.name);
  }
  return columns;
}

std::vector<std::string> TablePlan::Required() const {
  std::vector<std::string> required(table_.required.begin(), table_.required.end());
  required.insert(required.end(), table_.key.begin(), table_.key.end());
  required.insert(required.end(), step_.required.begin(), step_.required.end());
  std::ranges::sort(required);
  const auto repeated = std::ranges::unique(required);
  required.erase(repeated.begin(), repeated.end());
  return required;
}

Status TablePlan::CheckColumn(const Column& column) const {
  const Column* target = Find(target_, column.name);
  if (target == nullptr) {
    std::vector<std::string_view> known;
    for (const Column& one : target_) known.push_back(one.name);
    return Wrong(fmt::format("the query gives '{}', which is no column of it; it has {}",
                             column.name, fmt::join(known, ", ")));
  }
  if (column.name == "loaded_at") return Wrong("'loaded_at' is set by the import");
  if (target->type == "TIMESTAMP" && column.type == "VARCHAR") {
    return Wrong(
        fmt::format("'{}' is text; declare it as TIMESTAMP in its source, so that its time "
                    "zone is known",
                    column.name));
  }
  return {};
}

Status TablePlan::CheckColumns() const {
  for (const Column& column : given_) {
    if (column.name != "source_line") AISLE_CHECK(CheckColumn(column));
  }
  if (step_.delay.count() != 0 && Gives("ingested_at"))
    return Wrong("the query gives 'ingested_at', so there can be no 'delay'");
  for (const std::string& column : Required()) {
    if (Find(target_, column) == nullptr)
      return Wrong(fmt::format("'required' names '{}', which is no column of it", column));
    if (!Gives(column) && column != "ingested_at")
      return Wrong(fmt::format("the query must give '{}'", column));
  }
  for (const auto& [column, least] : step_.at_least) {
    if (!Gives(column))
      return Wrong(fmt::format("'at_least' names '{}', which the query does not give", column));
  }
  return {};
}

std::string TablePlan::ReasonOf(const Column& column) const {
  const std::string name = Quoted(column.name);
  std::string reasons;
  if (std::ranges::binary_search(Required(), column.name))
    reasons += fmt::format("WHEN {} IS NULL THEN {} ", name, Literal(column.name + ": missing"));
  const std::string& type = Find(target_, column.name)->type;
  const Cast cast = TargetCast(column.name, column.type, type);
  if (!IsMapped(column.name) && !cast.refused.empty()) {
    reasons +=
        fmt::format("WHEN {} THEN {}{} ", cast.refused, Shown(column), Literal("' is not " + type));
  }
  const auto allowed = AllowedTexts(step_.table, column.name);
  if (!allowed.empty()) {
    reasons += fmt::format("WHEN {} NOT IN ('{}') THEN {}{} ", name, fmt::join(allowed, "', '"),
                           Shown(column),
                           Literal(fmt::format("' is none of {}", fmt::join(allowed, ", "))));
  }
  const auto least = step_.at_least.find(column.name);
  if (least != step_.at_least.end() || IsCount(column.name)) {
    const std::int64_t bound = least != step_.at_least.end() ? least->second : 0;
    reasons += fmt::format("WHEN {} < {} THEN {}{} ", cast.value, bound, Shown(column),
                           Literal(fmt::format("' is below {}", bound)));
  }
  return reasons;
}

std::string TablePlan::Reason() const {
  std::string reasons;
  for (const Column& column : given_) {
    if (column.name != "source_line") reasons += ReasonOf(column);
  }
  if (IsEvents()) {
    reasons += fmt::format(
        "WHEN event_type IN ('order_complete', 'pos_purchase') AND {} THEN 'order_id: missing in a "
        "purchase' ",
        Gives("order_id") ? "order_id IS NULL" : "true");
  }
  if (Gives("valid_from") && Gives("valid_to"))
    reasons += "WHEN valid_to <= valid_from THEN 'valid_to: not after valid_from' ";
  return fmt::format("CASE {}END", reasons);
}

std::string TablePlan::Line() const {
  return Gives("source_line") ? "source_line" : "aisle_rows.rowid + 1";
}

std::string TablePlan::ValueOf(const Column& target, base::Timestamp loaded_at) const {
  if (IsMapped(target.name)) return fmt::format("{}.id", Quoted("map_" + target.name));
  if (const Column* given = Find(given_, target.name); given != nullptr)
    return TargetCast(target.name, given->type, target.type).value;
  if (IsEvents() && target.name == "loaded_at")
    return fmt::format("make_timestamp({})", base::ToMicros(loaded_at));
  if (IsEvents() && target.name == "ingested_at")
    return fmt::format("event_timestamp + to_microseconds({})", step_.delay.count());
  return fmt::format("CAST(NULL AS {})", target.type);
}

std::string TablePlan::Rows(base::Timestamp loaded_at, bool keys_repeat) const {
  std::string values;
  for (const Column& column : target_) {
    values += fmt::format("{}{} AS {}", values.empty() ? "" : ", ", ValueOf(column, loaded_at),
                          Quoted(column.name));
  }
  std::string joins;
  for (const std::string& column : MappedColumns()) {
    joins += fmt::format(" LEFT JOIN raw.id_map {0} ON {0}.kind = {1} AND {0}.source_id = g.{2}",
                         Quoted("map_" + column), Literal(IdKind(column)), Quoted(column));
  }
  const std::string once =
      keys_repeat ? fmt::format(" QUALIFY row_number() OVER (PARTITION BY {} ORDER BY r.rowid) = 1",
                                List(table_.key, "r"))
                  : "";
  return fmt::format(
      "SELECT {} FROM (SELECT r.* FROM aisle_rows r WHERE r.rowid NOT IN (SELECT row FROM "
      "aisle_reasons){}) g{}",
      values, once, joins);
}

std::string TablePlan::RepeatedKeys() const {
  const std::string key = List(table_.key, "aisle_rows");
  return fmt::format(
      "SELECT count(*) - count(DISTINCT {}) FROM aisle_rows WHERE rowid NOT "
      "IN (SELECT row FROM aisle_reasons)",
      table_.key.size() > 1 ? "(" + key + ")" : key);
}

std::string TablePlan::EqualKey() const {
  std::string equal;
  for (const std::string_view column : table_.key)
    equal += fmt::format("{0}t.{1} = n.{1}", equal.empty() ? "" : " AND ", Quoted(column));
  return equal;
}

std::string TablePlan::Differs() const {
  std::string differs;
  for (const Column& column : target_) {
    if (IsKey(column.name)) continue;
    differs += fmt::format("{0}t.{1} IS DISTINCT FROM n.{1}", differs.empty() ? "" : " OR ",
                           Quoted(column.name));
  }
  return differs;
}

}  // namespace aisle::ingest
