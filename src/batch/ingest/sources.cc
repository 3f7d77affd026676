#include "ingest/sources.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "arrow/batch.h"
#include "ingest/csv_reader.h"
#include "ingest/source_times.h"
#include "ingest/sql.h"
#include "ingest/sql_text.h"
#include "raw/plain_text.h"

namespace aisle::ingest {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kBatchRows = 20'000;
constexpr std::size_t kRejectTextBytesMax = 2'000;
constexpr std::string_view kOwn = "ingest/sources.cc";  // Of queries that are written here.

std::string StageName(const Source& source) { return "aisle_stage_" + source.name; }

std::unexpected<Error> Wrong(const Mapping& mapping, int line, const std::string& what) {
  return Fail(ErrorCode::kInvalidArgument, fmt::format("{}:{}: {}", mapping.file, line, what));
}

// The first declared column that `present` lacks is an error.
Status CheckColumns(const Mapping& mapping, const Source& source,
                    const std::vector<std::string>& present) {
  for (const SourceColumn& column : source.columns) {
    if (std::ranges::find(present, column.name) == present.end()) {
      return Wrong(mapping, column.line,
                   fmt::format("{} has no column '{}'; it has {}", source.file, column.name,
                               fmt::join(present, ", ")));
    }
  }
  return {};
}

// Rejected text may be anything; what is not text becomes a question mark.
std::string Readable(std::string_view bytes) {
  std::string text(bytes.substr(0, kRejectTextBytesMax));
  if (!raw::IsPlainText(text))
    std::ranges::replace_if(text, [](char c) { return c == '\0' || (c & 0x80) != 0; }, '?');
  return text;
}

// Carries the declared columns of a CSV file as text, with source_line, source_reason, source_text.
class CsvRows {
 public:
  CsvRows(CsvReader reader, const Source& source) : reader_(std::move(reader)), source_(source) {
    const std::vector<std::string>& header = reader_.Header();
    for (std::size_t i = 0; i < source.columns.size(); ++i) {
      const auto at = std::ranges::find(header, source.columns[i].name);
      fields_.push_back(source.header ? static_cast<std::size_t>(at - header.begin()) : i);
      schema_.push_back({source.columns[i].name, arrow::Type::kString});
    }
    schema_.push_back({"source_line", arrow::Type::kInt64});
    schema_.push_back({"source_reason", arrow::Type::kString});
    schema_.push_back({"source_text", arrow::Type::kString});
  }

  const arrow::Schema& Schema() const { return schema_; }

  Result<std::optional<arrow::Batch>> Next() {
    arrow::BatchBuilder builder(schema_);
    while (builder.RowCount() < kBatchRows) {
      AISLE_TRY(const bool any, reader_.Next(record_));
      if (!any) break;
      Append(builder);
    }
    if (builder.RowCount() == 0) return std::nullopt;
    return builder.Finish();
  }

 private:
  void Append(arrow::BatchBuilder& builder) {
    const int count = static_cast<int>(fields_.size());
    for (int i = 0; i < count; ++i) {
      if (!record_.reject.empty()) {
        builder.AppendNull(i);
        continue;
      }
      const std::string_view field = record_.fields[fields_[static_cast<std::size_t>(i)]];
      const bool missing = std::ranges::find(source_.null_texts, field) != source_.null_texts.end();
      if (missing) {
        builder.AppendNull(i);
      } else {
        builder.AppendString(i, field);
      }
    }
    builder.AppendInt(count, record_.line);
    if (record_.reject.empty()) {
      builder.AppendNull(count + 1);
      builder.AppendNull(count + 2);
    } else {
      builder.AppendString(count + 1, record_.reject);
      builder.AppendString(count + 2, Readable(record_.text));
    }
  }

  CsvReader reader_;
  Source source_;
  arrow::Schema schema_;
  std::vector<std::size_t> fields_;  // Of each declared column.
  CsvRecord record_;
};

// Physical types of the stage's columns, by the order of source.columns.
using Types = std::vector<std::string>;

Result<Types> StageCsv(warehouse::Connection& connection, const Mapping& mapping,
                       const Source& source, const fs::path& path) {
  AISLE_TRY(CsvReader reader,
            CsvReader::Open(path, source.delimiter, source.header, source.columns.size()));
  if (source.header) AISLE_CHECK(CheckColumns(mapping, source, reader.Header()));
  auto rows = std::make_shared<CsvRows>(std::move(reader), source);
  AISLE_CHECK(connection.Ingest("raw." + StageName(source),
                                arrow::MakeStream(rows->Schema(), [rows] { return rows->Next(); }),
                                warehouse::IngestMode::kCreate));
  return Types(source.columns.size(), "VARCHAR");
}

// A file without the marks at both ends was never one, or was cut short.
Status CheckParquet(const Source& source, const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string head(4, ' ');
  std::string tail(4, ' ');
  in.read(head.data(), 4).seekg(-4, std::ios::end).read(tail.data(), 4);
  if (in && head == "PAR1" && tail == "PAR1") return {};
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: not a whole Parquet file (no {}); was its copy cut short?",
                          source.file, head == "PAR1" ? "footer" : "'PAR1' at its beginning"));
}

Result<Types> StageParquet(warehouse::Connection& connection, const Mapping& mapping,
                           const Source& source, const fs::path& path) {
  AISLE_CHECK(CheckParquet(source, path));
  if (path.string().find_first_of("*?[") != std::string::npos) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: a path with *, ? or [ is read as a pattern; rename it", path.string()));
  }
  const std::string file = Literal(path.string());
  const std::string describe = fmt::format(
      "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet({}))", file);
  auto described = connection.QueryText({kOwn, describe});
  if (!described) return Within(source.file, std::move(described).error());
  std::vector<std::string> present;
  present.reserve(described->size());
  for (const auto& row : *described) present.push_back(row[0]);
  AISLE_CHECK(CheckColumns(mapping, source, present));
  Types types;
  std::string columns;
  for (const SourceColumn& column : source.columns) {
    const auto at = std::ranges::find(present, column.name) - present.begin();
    types.push_back((*described)[static_cast<std::size_t>(at)][1]);
    columns += Quoted(column.name) + ", ";
  }
  const std::string view = fmt::format(
      "CREATE VIEW raw.{} AS SELECT {} file_row_number + 1 AS source_line, CAST(NULL AS VARCHAR) "
      "AS "
      "source_reason, CAST(NULL AS VARCHAR) AS source_text FROM read_parquet({}, file_row_number = "
      "true)",
      StageName(source), columns, file);
  AISLE_CHECK(connection.Execute({kOwn, view}));
  return types;
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

// The relation of good rows, and the bad ones in raw.rejects.
Result<ImportedSource> Sort(warehouse::Connection& connection, const Mapping& mapping,
                            const Source& source, const Types& types, base::Timestamp loaded_at) {
  std::string values;
  std::string reasons = "WHEN source_reason IS NOT NULL THEN source_reason ";
  std::string bad = "source_reason IS NOT NULL";
  for (std::size_t i = 0; i < types.size(); ++i) {
    const SourceColumn& column = source.columns[i];
    const Cast cast = SourceCast(column, types[i], source.time_zone);
    values += fmt::format("{} AS {}, ", cast.value, Quoted(column.name));
    if (cast.refused.empty()) continue;
    bad += " OR " + cast.refused;
    reasons += fmt::format("WHEN {} THEN {} || CAST({} AS VARCHAR) || {} ", cast.refused,
                           Literal(column.name + ": '"), Quoted(column.name),
                           Literal("' is not " + column.type));
  }
  const std::string stage = "raw." + StageName(source);
  const std::string view =
      fmt::format("CREATE TEMP VIEW {} AS SELECT {}source_line FROM {} WHERE NOT ({})",
                  Quoted(source.name), values, stage, bad);
  AISLE_CHECK(connection.Execute({kOwn, view}));
  const std::string rejects = fmt::format(
      "CREATE TEMP TABLE aisle_rejects AS SELECT {} AS source, '' AS table_name, source_line AS "
      "line, "
      "CASE {} END AS reason, left(coalesce(source_text, {}), {}) AS row_text, $loaded_at AS "
      "rejected_at FROM {} WHERE {}",
      Literal(RejectSource(mapping, source.file)), reasons, RowText(source), kRejectTextBytesMax,
      stage, bad);
  AISLE_CHECK(connection.Execute({kOwn, rejects}, {{"loaded_at", loaded_at}}));
  ImportedSource report;
  report.file = source.file;
  AISLE_TRY(report.rows, connection.QueryInt({kOwn, "SELECT count(*) FROM " + stage}));
  AISLE_TRY(report.rejected, KeepRejects(connection));
  return report;
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
  if (const auto& zone = mapping.retailer.time_zone)
    AISLE_CHECK(CheckZone(connection, mapping, mapping.retailer.line, "retailer", *zone));
  for (const Source& source : mapping.sources) {
    if (options.progress) options.progress("reading " + source.file);
    const fs::path path = folder / source.file;
    std::error_code ignored;
    if (!fs::exists(path, ignored)) {
      return Fail(ErrorCode::kNotFound,
                  fmt::format("{}: no such file; {}:{} names it as source '{}'", path.string(),
                              mapping.file, source.line, source.name));
    }
    AISLE_CHECK(
        CheckZone(connection, mapping, source.line, "sources." + source.name, source.time_zone));
    AISLE_TRY(const Types types, source.format == SourceFormat::kCsv
                                     ? StageCsv(connection, mapping, source, path)
                                     : StageParquet(connection, mapping, source, path));
    AISLE_TRY(ImportedSource report, Sort(connection, mapping, source, types, options.loaded_at));
    AISLE_TRY(report.clocks,
              CheckTimes(connection, mapping, source, types, "raw." + StageName(source)));
    reports.push_back(std::move(report));
  }
  return reports;
}

Status CloseSources(warehouse::Connection& connection, const Mapping& mapping) {
  for (const Source& source : mapping.sources) {
    const std::string_view kind = source.format == SourceFormat::kCsv ? "TABLE" : "VIEW";
    const std::string drop =
        fmt::format("DROP VIEW {}; DROP {} raw.{}", Quoted(source.name), kind, StageName(source));
    AISLE_CHECK(connection.Execute({kOwn, drop}));
  }
  return {};
}

}  // namespace aisle::ingest
