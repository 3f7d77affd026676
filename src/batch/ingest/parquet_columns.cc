#include "ingest/parquet_columns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "ingest/number_cast.h"
#include "ingest/sql_text.h"
#include "warehouse/row_reader.h"

namespace aisle::ingest {
namespace {

constexpr std::string_view kOwn = "ingest/parquet_columns.cc";  // Of queries that are written here.
constexpr int kDecimalDigitsMax = 38;

// A row of the database's parquet_schema().
struct Element {
  std::string name;
  std::string storage;  // "BYTE_ARRAY"; empty for a group.
  std::string converted;
  std::string logical;   // "TimestampType(isAdjustedToUTC=1, …)"
  std::string database;  // "TIMESTAMP WITH TIME ZONE"
  std::int64_t precision = 0;
  std::int64_t scale = 0;
  std::int64_t children = 0;
  bool repeated = false;
};

void SetOther(ParquetColumn& column, std::string says, std::string advice) {
  column.kind = ParquetKind::kOther;
  column.says = std::move(says);
  column.advice = std::move(advice);
}

void DescribeGroup(const Element& element, ParquetColumn& column) {
  const bool list =
      element.repeated || element.converted == "LIST" || element.logical.starts_with("List");
  const bool map = element.converted.starts_with("MAP") || element.logical.starts_with("Map");
  const bool variant = element.logical.starts_with("Variant");
  SetOther(
      column,
      list      ? "a LIST"
      : map     ? "a MAP"
      : variant ? "a VARIANT"
                : "a STRUCT",
      list || map ? "write a row for each of its values" : "write each of its fields as a column");
}

void DescribeDecimal(const Element& element, ParquetColumn& column) {
  column.kind = ParquetKind::kNumber;
  column.says = fmt::format("DECIMAL({},{})", element.precision, element.scale);
  if (element.precision <= kDecimalDigitsMax) return;
  // The database reads them, as another number.
  SetOther(column, fmt::format("{}, wider than {} digits", column.says, kDecimalDigitsMax),
           fmt::format("write it as DECIMAL({},{}) or less", kDecimalDigitsMax, element.scale));
}

ParquetColumn Describe(const Element& element) {
  ParquetColumn column;
  column.name = element.name;
  column.physical = element.database;
  column.says = element.database;
  if (element.children > 0 || element.repeated || element.storage.empty()) {
    DescribeGroup(element, column);
  } else if (element.logical.starts_with("Null") || element.database == "\"NULL\"") {
    column.kind = ParquetKind::kNothing;
  } else if (element.converted == "DECIMAL" || element.logical.starts_with("Decimal")) {
    DescribeDecimal(element, column);
  } else if (element.logical.starts_with("Float16")) {
    column.kind = ParquetKind::kNumber;
    column.physical = column.says = kHalf;
  } else if (element.converted == "BSON" || element.logical.starts_with("Bson")) {
    SetOther(column, "BSON", "write each of its fields as a column");
  } else if (element.converted == "INTERVAL") {
    SetOther(column, "an INTERVAL", "write it as a number of seconds");
  } else if (element.database == "VARCHAR" || element.database == "JSON") {
    column.kind = ParquetKind::kText;
  } else if (element.database == "BLOB") {
    column.kind = ParquetKind::kBytes;
    column.says = "bytes";
  } else if (element.database == "UUID") {
    column.kind = ParquetKind::kUuid;
  } else if (element.database == "DATE") {
    column.kind = ParquetKind::kDate;
  } else if (element.database.starts_with("TIMESTAMP")) {
    column.kind = ParquetKind::kTime;
    column.is_int96 = element.storage == "INT96";
  } else if (element.database.starts_with("TIME")) {
    column.kind = ParquetKind::kTimeOfDay;
    column.says = "a time of day";
  } else if (IsNumberType(element.database)) {
    column.kind = ParquetKind::kNumber;
  } else {
    SetOther(column, fmt::format("{} ({})", element.database, element.storage),
             "write it as a number, a text or a time");
  }
  return column;
}

// The outermost of elements that lie depth first, the root in front.
std::vector<ParquetColumn> Outermost(const std::vector<Element>& elements) {
  std::vector<ParquetColumn> columns;
  std::size_t at = 1;
  while (at < elements.size()) {
    columns.push_back(Describe(elements[at]));
    for (std::int64_t below = 1; below > 0 && at < elements.size(); ++at)
      below += elements[at].children - 1;
  }
  return columns;
}

}  // namespace

std::string FileList(const std::vector<PartFile>& parts) {
  std::vector<std::string> names;
  for (const PartFile& part : parts) {
    std::string name;
    for (const char c : part.path.string()) {
      const bool wild = c == '*' || c == '?' || c == '[';  // A pattern of this one letter.
      name += wild ? fmt::format("[{}]", c) : std::string(1, c);
    }
    names.push_back(Literal(name));
  }
  return fmt::format("[{}]", fmt::join(names, ", "));
}

namespace {

Result<ParquetFile> ReadOne(warehouse::Connection& connection, const PartFile& part) {
  const std::string list = FileList({part});
  const std::string schema = fmt::format(
      "SELECT name, coalesce(type, '') AS storage, coalesce(repetition_type, '') = 'REPEATED' AS "
      "repeated, "
      "coalesce(num_children, 0) AS children, coalesce(converted_type, '') AS converted, "
      "coalesce(logical_type, '') AS logical, coalesce(precision, 0) AS precision, coalesce(scale, "
      "0) AS "
      "scale, coalesce(duckdb_type, '') AS database FROM parquet_schema({})",
      list);
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, {kOwn, schema}));
  const auto name = rows.Text("name");
  const auto storage = rows.Text("storage");
  const auto converted = rows.Text("converted");
  const auto logical = rows.Text("logical");
  const auto database = rows.Text("database");
  const auto precision = rows.Int("precision");
  const auto scale = rows.Int("scale");
  const auto children = rows.Int("children");
  const auto repeated = rows.Bool("repeated");
  std::vector<Element> elements;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) break;
    elements.push_back({.name = std::string(rows[name]),
                        .storage = std::string(rows[storage]),
                        .converted = std::string(rows[converted]),
                        .logical = std::string(rows[logical]),
                        .database = std::string(rows[database]),
                        .precision = rows[precision],
                        .scale = rows[scale],
                        .children = rows[children],
                        .repeated = rows[repeated]});
  }
  const std::string about = fmt::format(
      "SELECT num_rows, coalesce(created_by, '') AS writer FROM parquet_file_metadata({})", list);
  AISLE_TRY(auto metadata, warehouse::RowReader::Open(connection, {kOwn, about}));
  const auto count = metadata.Int("num_rows");
  const auto writer = metadata.Text("writer");
  AISLE_TRY(const bool any, metadata.Next());
  AISLE_ASSERT(any);
  return ParquetFile{Outermost(elements), metadata[count], std::string(metadata[writer])};
}

// The database's words about one file, where we know better ones.
Error Explained(const PartFile& part, Error error) {
  if (error.message.find("Unsupported converted type (20)") != std::string::npos) {
    error.message =
        "it has a BSON column, for which the database reads none of its columns; write the file "
        "without that column, or its fields as columns";
  }
  error.message = fmt::format("{}: {}", part.name, error.message);
  return error;
}

}  // namespace

Result<std::vector<ParquetFile>> ReadParquetFiles(warehouse::Connection& connection,
                                                  const std::vector<PartFile>& parts) {
  std::vector<ParquetFile> files;
  for (const PartFile& part :
       parts) {  // One by one: the database does not always name the damaged one.
    auto file = ReadOne(connection, part);
    if (!file) return std::unexpected(Explained(part, std::move(file).error()));
    files.push_back(*std::move(file));
  }
  return files;
}

std::string WhyNot(const ParquetColumn& column, std::string_view type) {
  if (column.kind == ParquetKind::kOther)
    return fmt::format("{}, which no column can be; {}", column.says, column.advice);
  const bool day_or_time = type == "DATE" || type == "TIMESTAMP";
  const auto refuse = [&](std::string_view advice) {
    return fmt::format("{}, which cannot be {}; {}", column.says == kHalf ? "FLOAT16" : column.says,
                       type, advice);
  };
  switch (column.kind) {
    case ParquetKind::kNumber:
      if (!day_or_time) return {};
      return refuse(
          column.physical == "BOOLEAN"
              ? "declare it BOOLEAN"
              : "declare it as a number, and make a time of it in a query (make_timestamp)");
    case ParquetKind::kDate:
    case ParquetKind::kTime:
      if (day_or_time || type == "TEXT") return {};
      return refuse(column.kind == ParquetKind::kDate ? "declare it DATE" : "declare it TIMESTAMP");
    case ParquetKind::kTimeOfDay:
    case ParquetKind::kUuid:
      return type == "TEXT" ? "" : refuse("declare it TEXT");
    default:
      return {};
  }
}

ParquetValue ReadAs(const ParquetColumn& column, std::string_view type, std::string_view writer) {
  const std::string name = Quoted(column.name);
  switch (column.kind) {
    case ParquetKind::kNothing:
      return {"CAST(NULL AS VARCHAR)", "VARCHAR", ""};
    case ParquetKind::kText: {
      const std::string text = fmt::format("CAST({} AS VARCHAR)", name);
      return {text, "VARCHAR", fmt::format("contains({}, chr(0))", text)};
    }
    case ParquetKind::kBytes: {
      const std::string text = fmt::format("TRY(decode({}))", name);
      return {
          text, "VARCHAR",
          fmt::format("{0} IS NOT NULL AND ({1} IS NULL OR contains({1}, chr(0)))", name, text)};
    }
    case ParquetKind::kTime: {
      const bool zoned = IsZoned(column.physical);
      const bool instant = zoned || (column.is_int96 && !writer.starts_with("impala"));
      if (!instant) return {name, column.physical, ""};
      // Of an INT96, the database knows no more than the time that it is in UTC.
      const std::string utc = zoned ? InUtc(name, column.physical) : name;
      if (type == "TEXT") return {fmt::format("CAST({} AS VARCHAR) || '+00'", utc), "VARCHAR", ""};
      if (zoned) return {name, column.physical, ""};
      return {fmt::format("timezone('UTC', {})", utc), "TIMESTAMP WITH TIME ZONE", ""};
    }
    default:
      return {name, column.physical, ""};
  }
}

}  // namespace aisle::ingest
