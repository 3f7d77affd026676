#include "ingest/fill_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/raw_tables.h"
#include "ingest/sources.h"
#include "ingest/sql_text.h"

namespace aisle::ingest {
namespace {

using warehouse::Connection;

constexpr std::string_view kOwn = "ingest/fill_table.cc";  // Of queries that are written here.

struct Column {
  std::string name;
  std::string type;
};
using Columns = std::vector<Column>;

const Column* Find(const Columns& columns, std::string_view name) {
  const auto found = std::ranges::find(columns, name, &Column::name);
  return found == columns.end() ? nullptr : &*found;
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

// One table on its way in.
class Filling {
 public:
  Filling(Connection& connection, const Mapping& mapping, const TableStep& step,
          base::Timestamp loaded_at)
      : connection_(connection),
        mapping_(mapping),
        step_(step),
        table_(*FindRawTable(step.table)),
        loaded_at_(loaded_at) {}

  Result<ImportedTable> Run(const warehouse::Parameters& parameters) {
    AISLE_CHECK(MakeTable(connection_, mapping_, "aisle_rows", step_.query, parameters));
    AISLE_TRY(given_, ColumnsOf(connection_, "aisle_rows"));
    AISLE_TRY(target_, ColumnsOf(connection_, step_.table));
    AISLE_CHECK(CheckColumns());
    ImportedTable report;
    report.table = step_.table;
    report.source = SourceFile();
    AISLE_TRY(report.rows, Count("aisle_rows"));
    AISLE_CHECK(Check());
    AISLE_CHECK(Execute("DROP TABLE aisle_rows"));
    AISLE_TRY(report.rejected, KeepRejects(connection_));
    AISLE_CHECK(GiveIds());
    AISLE_CHECK(MakeFinal());
    AISLE_CHECK(Write(report));
    AISLE_CHECK(Execute("DROP TABLE aisle_final"));
    return report;
  }

 private:
  Status Execute(const std::string& sql, const warehouse::Parameters& parameters = {}) {
    AISLE_CHECK(connection_.Execute({kOwn, sql}, parameters));
    return {};
  }
  Result<std::int64_t> Count(std::string_view table) {
    return connection_.QueryInt({kOwn, fmt::format("SELECT count(*) FROM {}", table)});
  }
  std::unexpected<Error> Wrong(const std::string& what) const {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{}:{}: {}: {}", mapping_.file, step_.line, step_.table, what));
  }
  std::string SourceFile() const {
    const auto source = std::ranges::find(mapping_.sources, step_.from, &Source::name);
    return source == mapping_.sources.end() ? "" : source->file;
  }
  bool IsEvents() const { return step_.table == "raw.event_stream"; }
  bool Gives(std::string_view column) const { return Find(given_, column) != nullptr; }
  // A text id that raw.id_map turns into a number.
  bool IsMapped(std::string_view column) const {
    return !IdKind(column).empty() && Gives(column) && Find(given_, column)->type == "VARCHAR";
  }

  std::vector<std::string> Required() const {
    std::vector<std::string> required(table_.required.begin(), table_.required.end());
    required.insert(required.end(), table_.key.begin(), table_.key.end());
    required.insert(required.end(), step_.required.begin(), step_.required.end());
    std::ranges::sort(required);
    const auto repeated = std::ranges::unique(required);
    required.erase(repeated.begin(), repeated.end());
    return required;
  }

  Status CheckColumns() const {
    std::vector<std::string_view> known;
    for (const Column& column : target_) known.push_back(column.name);
    for (const Column& column : given_) {
      if (column.name == "source_line") continue;
      const Column* target = Find(target_, column.name);
      if (target == nullptr)
        return Wrong(fmt::format("the query gives '{}', which is no column of it; it has {}",
                                 column.name, fmt::join(known, ", ")));
      if (column.name == "loaded_at") return Wrong("'loaded_at' is set by the import");
      if (target->type == "TIMESTAMP" && column.type == "VARCHAR")
        return Wrong(
            fmt::format("'{}' is text; declare it as TIMESTAMP in its source, so that its "
                        "time zone is known",
                        column.name));
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

  // What makes a row a reject, as WHEN … THEN … of a CASE, in the order of the columns.
  std::string Reasons() const {
    std::string reasons;
    const std::vector<std::string> required = Required();
    const auto shown = [](std::string_view column) {
      return fmt::format("{} || CAST({} AS VARCHAR) || ", Literal(fmt::format("{}: '", column)),
                         Quoted(column));
    };
    for (const Column& column : given_) {
      if (column.name == "source_line") continue;
      const std::string name = Quoted(column.name);
      if (std::ranges::binary_search(required, column.name))
        reasons +=
            fmt::format("WHEN {} IS NULL THEN {} ", name, Literal(column.name + ": missing"));
      const std::string& type = Find(target_, column.name)->type;
      const Cast cast = TargetCast(column.name, column.type, type);
      if (!IsMapped(column.name) && !cast.refused.empty())
        reasons += fmt::format("WHEN {} THEN {}{} ", cast.refused, shown(column.name),
                               Literal("' is not " + type));
      const auto allowed = AllowedTexts(step_.table, column.name);
      if (!allowed.empty())
        reasons += fmt::format("WHEN {} NOT IN ('{}') THEN {}{} ", name, fmt::join(allowed, "', '"),
                               shown(column.name),
                               Literal(fmt::format("' is none of {}", fmt::join(allowed, ", "))));
      const auto least = step_.at_least.find(column.name);
      if (least != step_.at_least.end() || IsCount(column.name)) {
        const std::int64_t bound = least != step_.at_least.end() ? least->second : 0;
        reasons += fmt::format("WHEN {} < {} THEN {}{} ", cast.value, bound, shown(column.name),
                               Literal(fmt::format("' is below {}", bound)));
      }
    }
    if (IsEvents())
      reasons += fmt::format(
          "WHEN event_type IN ('order_complete', 'pos_purchase') AND {} THEN 'order_id: missing in "
          "a "
          "purchase' ",
          Gives("order_id") ? "order_id IS NULL" : "true");
    if (Gives("valid_from") && Gives("valid_to"))
      reasons += "WHEN valid_to <= valid_from THEN 'valid_to: not after valid_from' ";
    return reasons;
  }

  // Good rows in their types as aisle_good (ids still text), bad ones as aisle_rejects.
  Status Check() {
    std::string values;
    for (const Column& column : given_) {
      if (column.name == "source_line") continue;
      const std::string& type = Find(target_, column.name)->type;
      values += IsMapped(column.name)
                    ? Quoted(column.name) + ", "
                    : fmt::format("{} AS {}, ", TargetCast(column.name, column.type, type).value,
                                  Quoted(column.name));
    }
    if (IsEvents()) {
      if (!Gives("ingested_at"))
        values += fmt::format("event_timestamp + to_microseconds({}) AS ingested_at, ",
                              step_.delay.count());
      values += "$loaded_at AS loaded_at, ";
    }
    const std::string reason = fmt::format("CASE {} END", Reasons());
    AISLE_CHECK(
        Execute(fmt::format("CREATE TEMP TABLE aisle_reasons AS SELECT rowid AS row, {} AS "
                            "reason FROM aisle_rows WHERE {} IS NOT NULL",
                            reason, reason)));
    const std::string file =
        step_.from.empty() ? mapping_.name : RejectSource(mapping_, SourceFile());
    AISLE_CHECK(Execute(
        fmt::format(
            "CREATE TEMP TABLE aisle_rejects AS SELECT {} AS source, {} AS table_name, {} AS line, "
            "b.reason, left(CAST(aisle_rows AS VARCHAR), 2000) AS row_text, $loaded_at AS "
            "rejected_at "
            "FROM aisle_rows JOIN aisle_reasons b ON b.row = aisle_rows.rowid",
            Literal(file), Literal(step_.table),
            Gives("source_line") ? "source_line" : "aisle_rows.rowid + 1"),
        {{"loaded_at", loaded_at_}}));
    const std::string good = fmt::format(
        "CREATE TEMP TABLE aisle_good AS SELECT {}rowid AS aisle_row FROM aisle_rows WHERE rowid "
        "NOT "
        "IN (SELECT row FROM aisle_reasons); DROP TABLE aisle_reasons",
        values);
    return IsEvents() ? Execute(good, {{"loaded_at", loaded_at_}}) : Execute(good);
  }

  Status GiveIds() {
    for (const Column& column : given_) {
      if (!IsMapped(column.name)) continue;
      AISLE_CHECK(Execute(fmt::format(
          "INSERT INTO raw.id_map (kind, source_id, id) SELECT {0}, n.source_id, (SELECT "
          "coalesce(max(id), 0) FROM raw.id_map WHERE kind = {0}) + row_number() OVER (ORDER BY "
          "n.source_id) FROM (SELECT DISTINCT {1} AS source_id FROM aisle_good WHERE {1} IS NOT "
          "NULL) "
          "n WHERE NOT EXISTS (SELECT 1 FROM raw.id_map m WHERE m.kind = {0} AND m.source_id = "
          "n.source_id) ORDER BY n.source_id",
          Literal(IdKind(column.name)), Quoted(column.name))));
    }
    return {};
  }

  // Rows of the table's own columns, each key once.
  Status MakeFinal() {
    std::string values;
    std::string joins;
    for (const Column& column : target_) {
      const std::string name = Quoted(column.name);
      const bool set_here =
          IsEvents() && (column.name == "ingested_at" || column.name == "loaded_at");
      if (IsMapped(column.name)) {
        const std::string alias = Quoted("map_" + column.name);
        values += fmt::format("{}.id AS {}, ", alias, name);
        joins +=
            fmt::format(" LEFT JOIN raw.id_map {0} ON {0}.kind = {1} AND {0}.source_id = g.{2}",
                        alias, Literal(IdKind(column.name)), name);
      } else if (Gives(column.name) || set_here) {
        values += fmt::format("g.{}, ", name);
      } else {
        values += fmt::format("CAST(NULL AS {}) AS {}, ", column.type, name);
      }
    }
    std::string key;
    for (const std::string_view column : table_.key) key += fmt::format("g.{}, ", Quoted(column));
    key.resize(key.size() - 2);
    values.resize(values.size() - 2);
    return Execute(
        fmt::format("CREATE TEMP TABLE aisle_final AS SELECT {} FROM (SELECT * FROM "
                    "aisle_good g QUALIFY row_number() OVER (PARTITION BY {} ORDER BY "
                    "g.aisle_row) = 1) g{} ORDER BY g.aisle_row; DROP TABLE aisle_good",
                    values, key, joins));
  }

  Status Write(ImportedTable& report) {
    std::string equal;
    std::string differs;
    for (const Column& column : target_) {
      const std::string name = Quoted(column.name);
      if (std::ranges::find(table_.key, column.name) != table_.key.end())
        equal += fmt::format("{}t.{} = n.{}", equal.empty() ? "" : " AND ", name, name);
      else
        differs +=
            fmt::format("{}t.{} IS DISTINCT FROM n.{}", differs.empty() ? "" : " OR ", name, name);
    }
    AISLE_TRY(const std::int64_t before, Count(step_.table));
    if (!table_.keeps_rows)
      AISLE_CHECK(Execute(fmt::format("DELETE FROM {} t USING aisle_final n WHERE {} AND ({})",
                                      step_.table, equal, differs)));
    AISLE_TRY(const std::int64_t unchanged, Count(step_.table));
    AISLE_CHECK(
        Execute(fmt::format("INSERT INTO {0} SELECT n.* FROM aisle_final n WHERE NOT EXISTS "
                            "(SELECT 1 FROM {0} t WHERE {1})",
                            step_.table, equal)));
    AISLE_TRY(const std::int64_t after, Count(step_.table));
    report.updated = before - unchanged;
    report.added = after - before;
    return {};
  }

  Connection& connection_;
  const Mapping& mapping_;
  const TableStep& step_;
  const RawTable& table_;
  base::Timestamp loaded_at_;
  Columns given_;   // By the query.
  Columns target_;  // Of the raw table.
};

}  // namespace

Status RunStep(Connection& connection, const Mapping& mapping, const Step& step,
               const warehouse::Parameters& parameters) {
  return MakeTable(connection, mapping, step.name, step.query, parameters);
}

Status DropStep(Connection& connection, const Step& step) {
  AISLE_CHECK(connection.Execute({kOwn, "DROP TABLE " + Quoted(step.name)}));
  return {};
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
