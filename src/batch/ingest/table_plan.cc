#include "ingest/table_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "ingest/number_cast.h"
#include "ingest/sql_text.h"
#include "raw/reasons.h"

namespace aisle::ingest {
namespace {

const Column* Find(const Columns& columns, std::string_view name) {
  const auto found = std::ranges::find(columns, name, &Column::name);
  return found == columns.end() ? nullptr : &*found;
}

// A reason that shows a column's value, and goes on with `after`.
std::string Shown(const Column& column, std::string_view after) {
  return fmt::format("{} || CAST({} AS VARCHAR) || {}", Literal(raw::BeforeValue(column.name)),
                     Quoted(column.name), Literal(after));
}

std::string List(std::span<const std::string_view> columns, std::string_view table) {
  std::string list;
  for (const std::string_view column : columns)
    list += fmt::format("{}{}.{}", list.empty() ? "" : ", ", table, Quoted(column));
  return list;
}

std::string StayingKey(std::string_view key) { return Quoted(fmt::format("aisle_key_{}", key)); }

}  // namespace

TablePlan::TablePlan(const Mapping& mapping, const TableStep& step,
                     const domain::RetailerShape& shape, Columns given, Columns target)
    : mapping_(mapping),
      step_(step),
      shape_(shape),
      table_(*raw::FindTable(step.table)),
      given_(std::move(given)),
      target_(std::move(target)),
      zone_(Zone().value_or("UTC")) {}

std::optional<std::string> TablePlan::Zone() const {
  const auto from = std::ranges::find(mapping_.sources, step_.from, &Source::name);
  if (from != mapping_.sources.end()) return from->time_zone;
  if (mapping_.sources.empty()) return "UTC";
  const std::string& first = mapping_.sources.front().time_zone;
  const bool same = std::ranges::all_of(
      mapping_.sources, [&](const Source& source) { return source.time_zone == first; });
  return same ? std::optional(first) : std::nullopt;
}

std::unexpected<Error> TablePlan::Wrong(const std::string& what) const {
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("{}:{}: {}: {}", mapping_.file, step_.line, step_.table, what));
}

bool TablePlan::Gives(std::string_view column) const { return Find(given_, column) != nullptr; }

bool TablePlan::IsMapped(std::string_view column) const {
  const raw::Column* rules = raw::FindColumn(table_, column);
  return rules != nullptr && !rules->id_kind.empty() && Gives(column) &&
         Find(given_, column)->type == "VARCHAR";
}

std::vector<std::string> TablePlan::MappedColumns() const {
  std::vector<std::string> columns;
  for (const Column& column : given_) {
    if (IsMapped(column.name)) columns.push_back(column.name);
  }
  return columns;
}

bool TablePlan::HasDaysOfAClock() const {
  return zone_ != "UTC" && std::ranges::any_of(given_, [&](const Column& column) {
           const Column* const target = Find(target_, column.name);
           return column.type == "DATE" && target != nullptr && target->type == "TIMESTAMP";
         });
}

std::vector<std::string> TablePlan::Required() const {
  std::vector<std::string> required = step_.required;
  for (const raw::Column& column : table_.columns) {
    if (raw::IsRequired(table_, column)) required.emplace_back(column.name);
  }
  std::ranges::sort(required);
  const auto repeated = std::ranges::unique(required);
  required.erase(repeated.begin(), repeated.end());
  return required;
}

Status TablePlan::CheckColumn(const Column& column) const {
  const Column* target = Find(target_, column.name);
  const raw::Column* rules = raw::FindColumn(table_, column.name);
  if (target == nullptr || rules == nullptr) {
    std::vector<std::string_view> known;
    for (const Column& one : target_) known.push_back(one.name);
    return Wrong(fmt::format("the query gives '{}', which is no column of it; it has {}",
                             column.name, fmt::join(known, ", ")));
  }
  if (rules->set_on_load) return Wrong(fmt::format("'{}' is set by the import", column.name));
  if (target->type == "TIMESTAMP" && column.type == "VARCHAR") {
    return Wrong(
        fmt::format("'{}' is text; declare it as TIMESTAMP in its source, so that its time "
                    "zone is known",
                    column.name));
  }
  const bool days_and_times = (target->type == "TIMESTAMP" && column.type == "DATE") ||
                              (target->type == "DATE" && column.type.starts_with("TIMESTAMP"));
  if (days_and_times && !Zone()) {
    return Wrong(
        fmt::format("'{}' is {} and becomes {} by the clock of its source, and the sources have "
                    "several; say whose rows these are: from = \"{}\"",
                    column.name, column.type, target->type, mapping_.sources.front().name));
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

// Amounts are rounded where the mapping asks for it.
Cast TablePlan::CastOf(const Column& given, std::string_view type) const {
  const bool money = type == raw::TypeName(raw::Type::kDecimal);
  if (money && step_.round_money) {
    auto rounded = RoundedCast(Quoted(given.name), given.type, type, shape_.Money().minor_unit);
    if (rounded) return *std::move(rounded);
  }
  Cast cast = TargetCast(given.name, given.type, type, zone_);
  if (money && !cast.lossy.empty())
    cast.lossy_reason += "; round it in the query, or give round = \"cents\" with the table";
  return cast;
}

std::string TablePlan::ReasonOf(const Column& column) const {
  const raw::Column& rules = *raw::FindColumn(table_, column.name);
  const std::string name = Quoted(column.name);
  std::string reasons;
  const auto refuse = [&](std::string_view when, std::string_view reason) {
    reasons += fmt::format("WHEN {} THEN {} ", when, reason);
  };
  if (std::ranges::binary_search(Required(), column.name))
    refuse(name + " IS NULL", Literal(raw::Missing(column.name)));
  const Cast cast = CastOf(column, raw::TypeName(rules.type));
  if (!IsMapped(column.name) && !cast.refused.empty())
    refuse(cast.refused, Shown(column, raw::IsNot(rules.type)));
  if (!IsMapped(column.name) && !cast.lossy.empty())
    refuse(cast.lossy, Shown(column, cast.lossy_reason));
  if (const auto allowed = raw::AllowedTexts(rules, shape_); !allowed.empty()) {
    std::vector<std::string> literals;
    for (const std::string_view text : allowed) literals.push_back(Literal(text));
    refuse(fmt::format("{} NOT IN ({})", name, fmt::join(literals, ", ")),
           Shown(column, raw::IsNoneOf(allowed)));
  }
  const auto stricter = step_.at_least.find(column.name);
  const auto least =
      stricter != step_.at_least.end() ? std::optional(stricter->second) : rules.at_least;
  if (least)
    refuse(fmt::format("{} < {}", cast.value, *least), Shown(column, raw::IsBelow(*least)));
  if (const auto& money = shape_.Money();
      rules.type == raw::Type::kDecimal && raw::SmallestAmount(money).value > 1) {
    refuse(fmt::format("CAST({} * 100 AS BIGINT) % {} <> 0", cast.value,
                       raw::SmallestAmount(money).value),
           Shown(column, raw::IsTooFine(money)));
  }
  return reasons;
}

std::string TablePlan::Reason() const {
  std::string reasons;
  for (const Column& column : given_) {
    if (column.name != "source_line") reasons += ReasonOf(column);
  }
  for (const raw::NeededWhen& needed : table_.needed_when) {
    if (!Gives(needed.when)) continue;
    reasons += fmt::format("WHEN {} IN ('{}') AND {} THEN {} ", needed.when,
                           fmt::join(needed.texts, "', '"),
                           Gives(needed.column) ? fmt::format("{} IS NULL", needed.column) : "true",
                           Literal(raw::MissingWhen(needed)));
  }
  for (const raw::Follows& follows : table_.follows) {
    if (!Gives(follows.later) || !Gives(follows.earlier)) continue;
    reasons += fmt::format("WHEN {} <= {} THEN {} ", Given(follows.later), Given(follows.earlier),
                           Literal(raw::DoesNotFollow(follows)));
  }
  return fmt::format("CASE {}END", reasons);
}

std::string TablePlan::Line() const {
  // Inside a transaction the numbers of new rows begin anywhere.
  return NamesLines() ? "source_line"
                      : "aisle_rows.rowid - (SELECT min(rowid) FROM aisle_rows) + 1";
}

std::string TablePlan::Given(std::string_view name) const {
  return CastOf(*Find(given_, name), Find(target_, name)->type).value;
}

std::string TablePlan::ValueOf(const Column& target, base::Timestamp loaded_at) const {
  if (IsMapped(target.name)) return fmt::format("{}.id", Quoted("map_" + target.name));
  if (Gives(target.name)) return Given(target.name);
  if (IsEvents() && target.name == "loaded_at")
    return fmt::format("make_timestamp({})", base::ToMicros(loaded_at));
  if (IsEvents() && target.name == "ingested_at")
    return fmt::format("{} + to_microseconds({})", Given("event_timestamp"), step_.delay.count());
  if (raw::FindColumn(table_, target.name)->stays) {
    std::string equal;
    for (const std::string_view key : table_.key) {
      // By a name that no query gives: a key may be one of its columns as it is.
      equal += fmt::format("{}k.{} = {}", equal.empty() ? "" : " AND ", StayingKey(key),
                           ValueOf(*Find(target_, key), loaded_at));
    }
    return fmt::format("(SELECT k.{} FROM aisle_staying k WHERE {})", Quoted(target.name), equal);
  }
  return fmt::format("CAST(NULL AS {})", target.type);
}

std::string TablePlan::Staying() const {
  std::string columns;
  for (const raw::Column& column : table_.columns) {
    if (column.stays && !Gives(column.name)) columns += ", t." + Quoted(column.name);
  }
  if (columns.empty()) return "";
  std::string keys;
  for (const std::string_view key : table_.key)
    keys += fmt::format("{}t.{} AS {}", keys.empty() ? "" : ", ", Quoted(key), StayingKey(key));
  return fmt::format("SELECT {}{} FROM {} t", keys, columns, table_.name);
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
                         Quoted("map_" + column), Literal(raw::FindColumn(table_, column)->id_kind),
                         Quoted(column));
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
    if (std::ranges::find(table_.key, column.name) != table_.key.end()) continue;
    differs += fmt::format("{0}t.{1} IS DISTINCT FROM n.{1}", differs.empty() ? "" : " OR ",
                           Quoted(column.name));
  }
  return differs.empty() ? "false" : differs;  // A table that is all key.
}

}  // namespace aisle::ingest
