#include <fmt/format.h>
#include <fmt/ranges.h>
#include <strings.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "ingest/first_bytes.h"
#include "ingest/parquet_columns.h"
#include "ingest/sql_text.h"
#include "ingest/stage.h"
#include "raw/plain_text.h"

namespace aisle::ingest {
namespace {

// A file without the marks at both ends was never one, or was cut short.
Status CheckMarks(const PartFile& part) {
  std::ifstream in(part.path, std::ios::binary);
  std::string head(kFirstBytes, ' ');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  std::string tail(kParquetMark.size(), ' ');
  in.clear();
  in.seekg(-static_cast<std::streamoff>(tail.size()), std::ios::end);
  in.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  if (in && head.starts_with(kParquetMark) && tail == kParquetMark) return {};
  std::string what = "not a whole Parquet file (no footer); was its copy cut short?";
  if (!head.starts_with(kParquetMark)) {
    const std::string_view kind = KindOfFile(head);
    const bool is_text =
        raw::IsPlainText(head.substr(0, head.rfind('\n'))) && head.find('\n') != std::string::npos;
    if (kind.empty() && is_text) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: not a Parquet file but lines of text; keep CSV and Parquet "
                              "apart, as two sources",
                              part.name));
    }
    what = kind.empty()
               ? "not a whole Parquet file (no 'PAR1' at its beginning); was its copy cut short?"
               : fmt::format("not a Parquet file; this is {}", kind);
  }
  return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", part.name, what));
}

// Where each declared column of a file comes from: a column of it, or a folder's name.
struct Place {
  const ParquetColumn* column = nullptr;  // Else of the folder.
  std::optional<std::string> value;
};

Result<std::vector<Place>> FindPlaces(const Mapping& mapping, const Source& source,
                                      const PartFile& part, const ParquetFile& file) {
  std::vector<Place> places;
  for (const SourceColumn& column : source.columns) {
    const auto wrong = [&](const std::string& what) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}:{}: {} {}", mapping.file, column.line, part.name, what));
    };
    const auto found = std::ranges::find(file.columns, column.name, &ParquetColumn::name);
    const auto alike = std::ranges::count_if(file.columns, [&](const ParquetColumn& one) {
      return strcasecmp(one.name.c_str(), column.name.c_str()) == 0;
    });
    if (found != file.columns.end()) {
      if (alike > 1) {
        return wrong(fmt::format(
            "has {} columns '{}' (capitals or not), which the database takes for one; rename them",
            alike, column.name));
      }
      if (const std::string why = WhyNot(*found, column.type); !why.empty())
        return wrong(fmt::format("has a column '{}' of {}", column.name, why));
      places.push_back({&*found, {}});
      continue;
    }
    const auto key =
        std::ranges::find(part.keys, column.name, [](const auto& one) { return one.first; });
    if (key == part.keys.end()) {
      std::vector<std::string> present;
      for (const ParquetColumn& one : file.columns) present.push_back(one.name);
      for (const auto& one : part.keys) present.push_back(one.first + " (of its folder)");
      return wrong(
          fmt::format("has no column '{}'; it has {}", column.name, fmt::join(present, ", ")));
    }
    places.push_back({nullptr, key->second});
  }
  return places;
}

bool ReadAlike(const std::vector<Place>& one, const std::vector<Place>& other) {
  return std::ranges::equal(one, other, [](const Place& left, const Place& right) {
    if (left.column == nullptr || right.column == nullptr) return left.column == right.column;
    return *left.column == *right.column;
  });
}

// Files whose columns are alike: one read of the database.
struct Group {
  std::vector<PartFile> parts;
  std::vector<std::vector<Place>> places;  // Of each part.
  std::vector<std::int64_t> before;
  std::string writer;
  bool alone = false;  // No other file may join it.
};

// One entry a file, by the file that a row is of.
std::string ByFile(const std::vector<std::string>& entries) {
  if (entries.size() == 1) return entries[0];
  return fmt::format("list_extract([{}], CAST(file_index AS BIGINT) + 1)",
                     fmt::join(entries, ", "));
}

// A column of this name hides the database's number of the file.
bool HidesFileIndex(const ParquetFile& file) {
  return std::ranges::any_of(file.columns, [](const ParquetColumn& column) {
    return strcasecmp(column.name.c_str(), "file_index") == 0;
  });
}

Relation Read(const Source& source, const Group& group) {
  Relation relation;
  std::string columns;
  std::string reasons;
  for (std::size_t i = 0; i < source.columns.size(); ++i) {
    const SourceColumn& declared = source.columns[i];
    ParquetValue value;
    if (group.places[0][i].column == nullptr) {
      std::vector<std::string> values;
      for (const std::vector<Place>& places : group.places)
        values.push_back(places[i].value ? Literal(*places[i].value) : "CAST(NULL AS VARCHAR)");
      value = {ByFile(values), "VARCHAR", ""};
    } else {
      value = ReadAs(*group.places[0][i].column, declared.type, group.writer);
    }
    columns += fmt::format("{} AS {}, ", value.sql, Quoted(declared.name));
    if (!value.unreadable.empty()) {
      reasons += fmt::format("WHEN {} THEN {} || CAST({} AS VARCHAR) || {} ", value.unreadable,
                             Literal(declared.name + ": '"), Quoted(declared.name),
                             Literal("' is not UTF-8 text without NUL"));
    }
    relation.types.push_back(std::move(value.physical));
  }
  std::vector<std::string> before;
  for (const std::int64_t lines : group.before)
    before.push_back(fmt::format("CAST({} AS BIGINT)", lines));
  relation.from = fmt::format(
      "(SELECT {}{} + file_row_number + 1 AS source_line, {} AS source_reason, CAST(NULL AS "
      "VARCHAR) AS "
      "source_text FROM read_parquet({}, file_row_number = true, hive_partitioning = false))",
      columns, ByFile(before),
      reasons.empty() ? "CAST(NULL AS VARCHAR)" : fmt::format("CASE {}END", reasons),
      FileList(group.parts));
  return relation;
}

bool HasJoined(const Source& source) {
  return std::ranges::any_of(source.columns,
                             [](const SourceColumn& column) { return !column.of.empty(); });
}

// With the columns of the file in place of those that are made of them, once each and as texts.
Source Taken(const Source& source) {
  Source taken = source;
  taken.columns.clear();
  for (const SourceColumn& column : source.columns) {
    for (const std::string& name : NamesInFile(column)) {
      if (std::ranges::find(taken.columns, name, &SourceColumn::name) != taken.columns.end())
        continue;
      const auto own = std::ranges::find(source.columns, name, &SourceColumn::name);
      SourceColumn& one = taken.columns.emplace_back(
          own != source.columns.end() && own->of.empty() ? *own : column);
      one.name = name;
      if (!column.of.empty() && own == source.columns.end()) one.type = "TEXT";
      one.of.clear();
    }
  }
  return taken;
}

// The declared columns out of a relation of Taken()'s.
Relation Joined(const Source& source, const Source& taken, const Relation& relation) {
  Relation joined;
  std::string columns;
  for (const SourceColumn& column : source.columns) {
    const auto at = std::ranges::find(taken.columns, column.name, &SourceColumn::name);
    if (column.of.empty()) {
      joined.types.push_back(relation.types[static_cast<std::size_t>(at - taken.columns.begin())]);
      columns += Quoted(column.name) + ", ";
      continue;
    }
    std::vector<std::string> texts;
    std::vector<std::string> there;
    for (const std::string& name : column.of) {
      texts.push_back(
          fmt::format("coalesce(CAST({} AS VARCHAR), {})", Quoted(name), Literal(kMissingPart)));
      there.push_back(Quoted(name) + " IS NOT NULL");
    }
    columns += fmt::format("CASE WHEN {} THEN concat_ws(' ', {}) END AS {}, ",
                           fmt::join(there, " OR "), fmt::join(texts, ", "), Quoted(column.name));
    joined.types.emplace_back("VARCHAR");
  }
  joined.from = fmt::format("(SELECT {}source_line, source_reason, source_text FROM {})", columns,
                            relation.from);
  return joined;
}

}  // namespace

Result<Stage> StageParquet(warehouse::Connection& connection, const Mapping& mapping,
                           const Source& source, const std::vector<PartFile>& parts) {
  if (HasJoined(source)) {
    const Source taken = Taken(source);
    AISLE_TRY(Stage stage, StageParquet(connection, mapping, taken, parts));
    for (Relation& relation : stage.relations) relation = Joined(source, taken, relation);
    return stage;
  }
  for (const PartFile& part : parts) AISLE_CHECK(CheckMarks(part));
  AISLE_TRY(const auto files, ReadParquetFiles(connection, parts));
  Stage stage;
  std::vector<Group> groups;
  std::int64_t before = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const ParquetFile& file = files[i];
    AISLE_TRY(std::vector<Place> places, FindPlaces(mapping, source, parts[i], file));
    // The next of the last group, or a new one: the order of the files stays.
    const auto joins = [&](const Group& group) {
      return !HidesFileIndex(file) && !group.alone && group.writer == file.writer &&
             ReadAlike(group.places[0], places);
    };
    auto group = std::ranges::find_if(groups, joins);
    if (group == groups.end()) {
      if (groups.size() == kKindsOfPartsMax) {
        return Fail(
            ErrorCode::kInvalidArgument,
            fmt::format(
                "{}: its columns are of more than {} kinds in its {} files; write them alike",
                source.file, kKindsOfPartsMax, parts.size()));
      }
      groups.push_back({{}, {}, {}, file.writer, HidesFileIndex(file)});
      group = std::prev(groups.end());
    }
    group->parts.push_back(parts[i]);
    group->places.push_back(std::move(places));
    group->before.push_back(before);
    stage.parts.push_back({parts[i].name, before});
    before += file.rows;
  }
  for (const Group& group : groups) stage.relations.push_back(Read(source, group));
  return stage;
}

}  // namespace aisle::ingest
