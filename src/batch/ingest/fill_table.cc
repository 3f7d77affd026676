#include "ingest/fill_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/sources.h"
#include "ingest/sql_text.h"
#include "ingest/table_plan.h"

namespace aisle::ingest {
namespace {

using warehouse::Connection;

constexpr std::string_view kOwn = "ingest/fill_table.cc";  // Of queries that are written here.

Status Run(Connection& connection, const std::string& sql) {
  AISLE_CHECK(connection.Execute({kOwn, sql}));
  return {};
}

Result<std::int64_t> Count(Connection& connection, std::string_view table) {
  const std::string query = fmt::format("SELECT count(*) FROM {}", table);
  return connection.QueryInt({kOwn, query});
}

// Columns of "schema.table", or of a temporary table.
Result<Columns> ColumnsOf(Connection& connection, std::string_view table) {
  const std::size_t dot = table.find('.');
  const bool temporary = dot == std::string_view::npos;
  const std::string where =
      temporary ? "database_name = 'temp' AND schema_name = 'main'"
                : fmt::format("database_name = current_database() AND schema_name = {}",
                              Literal(table.substr(0, dot)));
  const std::string query = fmt::format(
      "SELECT column_name, data_type FROM duckdb_columns() WHERE {} AND table_name = {} ORDER BY "
      "column_index",
      where, Literal(temporary ? table : table.substr(dot + 1)));
  AISLE_TRY(const auto rows, connection.QueryText({kOwn, query}));
  Columns columns;
  columns.reserve(rows.size());
  for (const auto& row : rows) columns.push_back({row[0], row[1]});
  return columns;
}

// Makes a temporary table of a mapping's query; the text keeps the query's lines, so that an error
// names the line of the mapping.
Status MakeTable(Connection& connection, const Mapping& mapping, std::string_view name,
                 const QueryText& query, const warehouse::Parameters& parameters) {
  const std::string_view text = query.text;
  const std::size_t end = text.find_last_not_of(" \t\r\n;");
  const std::string head = fmt::format("CREATE TEMP TABLE {} AS", Quoted(name));
  const std::string lines =
      query.line > 1 ? std::string(static_cast<std::size_t>(query.line - 2), '\n') + head + "\n"
                     : head + " ";
  const std::string statement = lines + std::string(text.substr(0, end + 1));
  AISLE_TRY(auto stream, connection.Query({mapping.file, statement}, UsedIn(query, parameters)));
  for (;;) {
    AISLE_TRY(const auto batch, stream.Next());
    if (!batch) return {};
  }
}

std::string SourceFile(const Mapping& mapping, const TableStep& step) {
  const auto source = std::ranges::find(mapping.sources, step.from, &Source::name);
  return source == mapping.sources.end() ? "" : source->file;
}

// Bad rows of aisle_rows: their numbers as aisle_reasons, themselves in raw.rejects.
Result<std::int64_t> Reject(Connection& connection, const TablePlan& plan, const TableStep& step,
                            const std::string& source, base::Timestamp loaded_at) {
  AISLE_CHECK(
      Run(connection,
          fmt::format("CREATE TEMP TABLE aisle_reasons AS SELECT row, reason FROM (SELECT "
                      "rowid AS row, {} AS reason FROM aisle_rows) r WHERE reason IS NOT NULL",
                      plan.Reason())));
  AISLE_CHECK(Run(
      connection,
      fmt::format(
          "CREATE TEMP TABLE aisle_rejects AS SELECT {} AS source, {} AS table_name, {} AS line, "
          "b.reason, left(CAST(aisle_rows AS VARCHAR), 2000) AS row_text, make_timestamp({}) "
          "AS rejected_at, {} AS part_of FROM aisle_rows JOIN aisle_reasons b ON b.row = "
          "aisle_rows.rowid",
          Literal(source), Literal(plan.Name()), plan.Line(), base::ToMicros(loaded_at),
          plan.NamesLines() ? Literal(step.from) : "CAST(NULL AS VARCHAR)")));
  return KeepRejects(connection);
}

Status GiveIds(Connection& connection, const TablePlan& plan) {
  for (const std::string& column : plan.MappedColumns()) {
    AISLE_CHECK(
        Run(connection,
            fmt::format(
                "INSERT INTO raw.id_map (kind, source_id, id) SELECT {0}, n.source_id, (SELECT "
                "coalesce(max(id), 0) FROM raw.id_map WHERE kind = {0}) + row_number() OVER "
                "(ORDER BY n.source_id) FROM (SELECT DISTINCT {1} AS source_id FROM aisle_rows "
                "WHERE {1} IS NOT NULL AND rowid NOT IN (SELECT row FROM aisle_reasons)) n WHERE "
                "NOT EXISTS (SELECT 1 FROM raw.id_map m WHERE m.kind = {0} AND m.source_id = "
                "n.source_id) ORDER BY n.source_id",
                Literal(raw::FindColumn(plan.Table(), column)->id_kind), Quoted(column))));
  }
  return {};
}

std::string KeysOf(const raw::Table& table) {
  std::string keys;
  for (const std::string_view column : table.key)
    keys += fmt::format("{}{}", keys.empty() ? "" : ", ", Quoted(column));
  return keys;
}

// Where the keys stand that an import gave of a table of the shape: "aisle_given_regions".
std::string GivenName(std::string_view table) {
  return Quoted(fmt::format("aisle_given_{}", table.substr(table.find('.') + 1)));
}

Status Remember(Connection& connection, const raw::Table& table) {
  const std::string keys = fmt::format("SELECT {} FROM aisle_final", KeysOf(table));
  const std::string name = GivenName(table.name);
  return Run(connection, fmt::format("CREATE TEMP TABLE IF NOT EXISTS {0} AS {1} LIMIT 0; "
                                     "INSERT INTO {0} {1}",
                                     name, keys));
}

Status Write(Connection& connection, const TablePlan& plan, base::Timestamp loaded_at,
             ImportedTable& report) {
  AISLE_TRY(report.repeated, connection.QueryInt({kOwn, plan.RepeatedKeys()}));
  const std::string staying = plan.Staying();
  if (!staying.empty())
    AISLE_CHECK(Run(connection, "CREATE TEMP TABLE aisle_staying AS " + staying));
  AISLE_CHECK(Run(connection, fmt::format("CREATE TEMP VIEW aisle_final AS {}",
                                          plan.Rows(loaded_at, report.repeated > 0))));
  AISLE_TRY(const std::int64_t before, Count(connection, plan.Name()));
  if (!plan.Table().keeps_rows && before > 0) {
    AISLE_CHECK(
        Run(connection, fmt::format("DELETE FROM {} t USING aisle_final n WHERE {} AND ({})",
                                    plan.Name(), plan.EqualKey(), plan.Differs())));
  }
  AISLE_TRY(const std::int64_t untouched, Count(connection, plan.Name()));
  const std::string unless = untouched == 0
                                 ? ""
                                 : fmt::format(" WHERE NOT EXISTS (SELECT 1 FROM {} t WHERE {})",
                                               plan.Name(), plan.EqualKey());
  AISLE_CHECK(Run(connection, fmt::format("INSERT INTO {} SELECT n.* FROM aisle_final n{}",
                                          plan.Name(), unless)));
  if (plan.Table().of_shape) AISLE_CHECK(Remember(connection, plan.Table()));
  AISLE_TRY(report.held, Count(connection, plan.Name()));
  report.updated = before - untouched;
  report.added = report.held - before;
  report.unchanged =
      report.rows - report.rejected - report.repeated - report.added - report.updated;
  return {};
}

}  // namespace

Status RunStep(Connection& connection, const Mapping& mapping, const Step& step,
               const warehouse::Parameters& parameters) {
  return MakeTable(connection, mapping, step.name, step.query, parameters);
}

Status DropStep(Connection& connection, const Step& step) {
  return Run(connection, "DROP TABLE " + Quoted(step.name));
}

Result<ImportedTable> FillTable(Connection& connection, const Mapping& mapping,
                                const TableStep& step, const warehouse::Parameters& parameters,
                                const domain::RetailerShape& shape, base::Timestamp loaded_at) {
  AISLE_CHECK(MakeTable(connection, mapping, "aisle_rows", step.query, parameters));
  AISLE_TRY(Columns given, ColumnsOf(connection, "aisle_rows"));
  AISLE_TRY(Columns target, ColumnsOf(connection, step.table));
  ImportedTable report;
  for (const Column& column : given) report.columns.push_back(column.name);
  const TablePlan plan(mapping, step, shape, std::move(given), std::move(target));
  AISLE_CHECK(plan.CheckColumns());
  report.table = step.table;
  report.source = SourceFile(mapping, step);
  report.days_of_a_clock = plan.HasDaysOfAClock();
  AISLE_TRY(report.rows, Count(connection, "aisle_rows"));
  const std::string source =
      report.source.empty() ? mapping.name : RejectSource(mapping, report.source);
  AISLE_TRY(report.rejected, Reject(connection, plan, step, source, loaded_at));
  AISLE_CHECK(GiveIds(connection, plan));
  AISLE_CHECK(Write(connection, plan, loaded_at, report));
  AISLE_CHECK(
      Run(connection,
          "DROP VIEW aisle_final; DROP TABLE IF EXISTS aisle_staying; DROP TABLE aisle_rows; DROP "
          "TABLE aisle_reasons"));
  return report;
}

Result<std::int64_t> WithdrawRows(Connection& connection, const std::string& table) {
  const std::string keys = KeysOf(*raw::FindTable(table));
  AISLE_TRY(const std::int64_t before, Count(connection, table));
  AISLE_CHECK(
      Run(connection, fmt::format("DELETE FROM {0} WHERE ({1}) NOT IN (SELECT ({1}) FROM {2})",
                                  table, keys, GivenName(table))));
  AISLE_TRY(const std::int64_t after, Count(connection, table));
  return before - after;
}

Status ForgetGiven(Connection& connection, const std::string& table) {
  return Run(connection, "DROP TABLE IF EXISTS " + GivenName(table));
}

warehouse::Parameters UsedIn(const QueryText& query, const warehouse::Parameters& parameters) {
  const auto in_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  const std::string& text = query.text;
  std::vector<std::string_view> names;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.compare(at, 2, "--") == 0) {
      at = std::min(text.find('\n', at), text.size());
    } else if (text[at] == '\'' || text[at] == '"') {
      at = std::min(text.find(text[at], at + 1), text.size());
    } else if (text[at] == '$') {
      std::size_t end = at + 1;
      while (end < text.size() && in_name(text[end])) ++end;
      names.push_back(std::string_view(text).substr(at + 1, end - at - 1));
      at = end - 1;
    }
  }
  warehouse::Parameters used;
  for (const auto& parameter : parameters) {
    if (std::ranges::find(names, parameter.first) != names.end()) used.push_back(parameter);
  }
  return used;
}

}  // namespace aisle::ingest
