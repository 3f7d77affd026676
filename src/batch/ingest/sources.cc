#include "ingest/sources.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <utility>

#include "ingest/part_files.h"
#include "ingest/source_times.h"
#include "ingest/sql.h"
#include "ingest/sql_text.h"
#include "ingest/stage.h"

namespace aisle::ingest {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOwn = "ingest/sources.cc";  // Of queries that are written here.

std::unexpected<Error> Wrong(const Mapping& mapping, int line, const std::string& what) {
  return Fail(ErrorCode::kInvalidArgument, fmt::format("{}:{}: {}", mapping.file, line, what));
}

std::string RowText(const Source& source) {
  std::vector<std::string> columns;
  for (const SourceColumn& column : source.columns) {
    const std::string name = Quoted(column.name);
    columns.push_back(source.format == SourceFormat::kCsv ? fmt::format("coalesce({}, '')", name)
                                                          : fmt::format("{0} := {0}", name));
  }
  const std::string list = fmt::format("{}", fmt::join(columns, ", "));
  if (source.format == SourceFormat::kCsv)
    return fmt::format("concat_ws({}, {})", Literal(std::string(1, source.delimiter)), list);
  return fmt::format("CAST(struct_pack({}) AS VARCHAR)", list);
}

// How a text should have been written, where the mapping says so: " with ',' before its decimals".
std::string Form(const SourceColumn& column) {
  std::string form;
  if (!column.decimal.empty()) form = fmt::format(" with '{}' before its decimals", column.decimal);
  if (!column.thousands.empty())
    form +=
        fmt::format("{} '{}' between thousands", form.empty() ? " with" : " and", column.thousands);
  return form;
}

// How the rows of one relation are sorted, as SQL.
struct Sorting {
  std::string good;     // SELECT of the rows that can be read, in their declared types.
  std::string rejects;  // SELECT in the columns of aisle_rejects.
};

Sorting SortRows(const Mapping& mapping, const Source& source, const Relation& relation) {
  std::string values;
  std::string reasons = "WHEN source_reason IS NOT NULL THEN source_reason ";
  std::string bad = "source_reason IS NOT NULL";
  for (std::size_t i = 0; i < relation.types.size(); ++i) {
    const SourceColumn& column = source.columns[i];
    const Cast cast = SourceCast(column, relation.types[i], source.time_zone);
    values += fmt::format("{} AS {}, ", cast.value, Quoted(column.name));
    const auto refuse = [&](const std::string& when, const std::string& why) {
      if (when.empty()) return;
      bad += " OR " + when;
      reasons += fmt::format("WHEN {} THEN {} || CAST({} AS VARCHAR) || {} ", when,
                             Literal(column.name + ": '"), Quoted(column.name), Literal(why));
    };
    refuse(cast.refused, "' is not " + column.type + Form(column));
    refuse(cast.lossy, cast.lossy_reason);
  }
  // A condition that is NULL refuses nothing.
  return {fmt::format("SELECT {}source_line FROM {} WHERE NOT coalesce({}, false)", values,
                      relation.from, bad),
          fmt::format("SELECT {} AS source, '' AS table_name, source_line AS line, CASE {} END AS "
                      "reason, left(coalesce(source_text, {}), {}) AS row_text, $loaded_at AS "
                      "rejected_at, {} AS part_of FROM {} WHERE coalesce({}, false)",
                      Literal(RejectSource(mapping, source.file)), reasons, RowText(source),
                      kRejectTextBytesMax, Literal(source.name), relation.from, bad)};
}

// The relation of good rows, and the bad ones in raw.rejects.
Result<ImportedSource> Sort(warehouse::Connection& connection, const Mapping& mapping,
                            const Source& source, const Stage& stage, base::Timestamp loaded_at) {
  std::vector<std::string> good;
  std::vector<std::string> rejects;
  std::vector<std::string> counts;
  for (const Relation& relation : stage.relations) {
    Sorting sorting = SortRows(mapping, source, relation);
    good.push_back(std::move(sorting.good));
    rejects.push_back(std::move(sorting.rejects));
    counts.push_back(fmt::format("(SELECT count(*) FROM {})", relation.from));
  }
  const std::string view =
      fmt::format("CREATE TEMP VIEW {} AS {}", Quoted(source.name), fmt::join(good, " UNION ALL "));
  AISLE_CHECK(connection.Execute({kOwn, view}));
  const std::string table =
      fmt::format("CREATE TEMP TABLE aisle_rejects AS {}", fmt::join(rejects, " UNION ALL "));
  AISLE_CHECK(connection.Execute({kOwn, table}, {{"loaded_at", loaded_at}}));
  ImportedSource report{.file = source.file,
                        .files = static_cast<std::int64_t>(stage.parts.size()),
                        .has_headers = source.format == SourceFormat::kCsv && source.header};
  const std::string count = fmt::format("SELECT CAST({} AS BIGINT)", fmt::join(counts, " + "));
  AISLE_TRY(report.rows, connection.QueryInt({kOwn, count}));
  AISLE_TRY(report.rejected, KeepRejects(connection));
  return report;
}

// So that a rejected line is named by the file where it stands.
Status NameParts(warehouse::Connection& connection, const Mapping& mapping, const Source& source,
                 const Stage& stage) {
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < stage.parts.size(); ++i) {
    const PartLines& part = stage.parts[i];
    if (part.name == source.file) continue;
    // A part without rows has no line, and must not stand in the next one's place.
    if (i + 1 < stage.parts.size() && stage.parts[i + 1].before == part.before) continue;
    rows.push_back(fmt::format("({}, {}, {})", Literal(source.name),
                               Literal(RejectSource(mapping, part.name)), part.before));
  }
  if (rows.empty()) return {};
  const std::string insert =
      fmt::format("INSERT INTO aisle_parts VALUES {}", fmt::join(rows, ", "));
  AISLE_CHECK(connection.Execute({kOwn, insert}));
  return {};
}

Status CheckZone(warehouse::Connection& connection, const Mapping& mapping, int line,
                 const std::string& section, const std::string& time_zone) {
  AISLE_TRY(const std::int64_t known,
            connection.QueryInt(
                {kOwn, "SELECT count(*) FROM pg_timezone_names() WHERE lower(name) = lower($zone)"},
                {{"zone", time_zone}}));
  if (known != 0) return {};
  return Wrong(mapping, line,
               fmt::format("[{}]: time_zone '{}' is not known; write one like "
                           "America/New_York, or UTC",
                           section, time_zone));
}

}  // namespace

std::string RejectSource(const Mapping& mapping, const std::string& file) {
  return mapping.name + "/" + file;
}

Result<std::int64_t> KeepRejects(warehouse::Connection& connection) {
  AISLE_TRY(const std::int64_t count,
            connection.QueryInt({kOwn, "SELECT count(*) FROM aisle_rejects"}));
  AISLE_CHECK(connection.Execute(sql::kKeepRejects));
  return count;
}

Result<std::vector<ImportedSource>> OpenSources(warehouse::Connection& connection,
                                                const Mapping& mapping, const fs::path& folder,
                                                const ImportOptions& options) {
  std::vector<ImportedSource> reports;
  AISLE_CHECK(connection.Execute(sql::kCreateParts));
  if (const auto& zone = mapping.retailer.time_zone)
    AISLE_CHECK(CheckZone(connection, mapping, mapping.retailer.line, "retailer", *zone));
  for (const Source& source : mapping.sources) {
    if (options.progress) options.progress("reading " + source.file);
    auto parts = FindParts(folder, source.file);
    if (!parts) {
      Error error = std::move(parts).error();
      error.message +=
          fmt::format("; {}:{} names it as source '{}'", mapping.file, source.line, source.name);
      return std::unexpected(std::move(error));
    }
    AISLE_CHECK(
        CheckZone(connection, mapping, source.line, "sources." + source.name, source.time_zone));
    Source read = source;
    read.format = FormatOf(source, parts->front());
    AISLE_TRY(const Stage stage, read.format == SourceFormat::kCsv
                                     ? StageCsv(connection, mapping, read, *std::move(parts))
                                     : StageParquet(connection, mapping, read, *parts));
    AISLE_CHECK(NameParts(connection, mapping, read, stage));
    AISLE_TRY(ImportedSource report, Sort(connection, mapping, read, stage, options.loaded_at));
    AISLE_TRY(report.clocks, CheckTimes(connection, mapping, read, stage));
    reports.push_back(std::move(report));
  }
  return reports;
}

Status CloseSources(warehouse::Connection& connection, const Mapping& mapping) {
  for (const Source& source : mapping.sources) {
    const std::string drop = fmt::format("DROP VIEW {}; DROP TABLE IF EXISTS raw.{}",
                                         Quoted(source.name), StageName(source));
    AISLE_CHECK(connection.Execute({kOwn, drop}));
  }
  AISLE_CHECK(connection.Execute(sql::kDropParts));
  return {};
}

}  // namespace aisle::ingest
