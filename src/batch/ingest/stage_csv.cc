#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "arrow/batch.h"
#include "ingest/csv_reader.h"
#include "ingest/first_bytes.h"
#include "ingest/stage.h"
#include "raw/plain_text.h"

namespace aisle::ingest {
namespace {

constexpr std::int64_t kBatchRows = 20'000;

// Rejected text may be anything; what is not text becomes a question mark.
std::string Readable(std::string_view bytes) {
  std::string text(bytes.substr(0, kRejectTextBytesMax));
  if (!raw::IsPlainText(text))
    std::ranges::replace_if(text, [](char c) { return c == '\0' || (c & 0x80) != 0; }, '?');
  return text;
}

// Carries the declared columns of CSV files as text, with source_line, source_reason, source_text.
class CsvRows {
 public:
  CsvRows(std::string mapping_file, Source source, std::vector<PartFile> parts)
      : mapping_file_(std::move(mapping_file)),
        source_(std::move(source)),
        parts_(std::move(parts)) {
    for (const SourceColumn& column : source_.columns)
      schema_.push_back({column.name, arrow::Type::kString});
    schema_.push_back({"source_line", arrow::Type::kInt64});
    schema_.push_back({"source_reason", arrow::Type::kString});
    schema_.push_back({"source_text", arrow::Type::kString});
  }

  const arrow::Schema& Schema() const { return schema_; }
  // Of the parts that were begun.
  const std::vector<PartLines>& Lines() const { return lines_; }

  Result<std::optional<arrow::Batch>> Next() {
    auto batch = Fill();
    if (!batch) failure_ = batch.error();
    return batch;
  }
  // What Next() failed with, as it was said: the database adds the name of a table that nobody knows.
  const std::optional<Error>& Failure() const { return failure_; }

  Status OpenNext() {
    const PartFile& part = parts_[lines_.size()];
    lines_.push_back({part.name, before_});
    const auto key = [&](const std::string& name) {
      return std::ranges::find(part.keys, name, [](const auto& one) { return one.first; });
    };
    const auto in_file = static_cast<std::size_t>(std::ranges::count_if(
        source_.columns,
        [&](const SourceColumn& column) { return key(column.name) == part.keys.end(); }));
    // A batch program's part without rows may be without anything.
    const bool may_be_empty = parts_.size() > 1;
    AISLE_TRY(CsvReader reader,
              CsvReader::Open(part.path, source_.delimiter, source_.header, in_file, part.name,
                              may_be_empty, source_.encoding));
    places_.clear();
    const std::vector<std::string>& header = reader.Header();
    any_header_ = any_header_ || !header.empty();
    std::size_t next = 0;  // Without a header: the columns in their order.
    for (const SourceColumn& column : source_.columns) {
      std::vector<Place>& places = places_.emplace_back();
      for (const std::string& name : NamesInFile(column)) {
        const auto of_folder = key(name);
        const auto at = std::ranges::find(header, name);
        if (source_.header && at != header.end()) {
          places.push_back({static_cast<std::size_t>(at - header.begin()), {}, false});
        } else if (of_folder != part.keys.end()) {
          places.push_back({0, of_folder->second, true});
        } else if (!source_.header) {
          places.push_back({next++, {}, false});
        } else if (!header.empty()) {
          return Lacks(column, name, part, header);
        }
      }
    }
    reader_.emplace(std::move(reader));
    return {};
  }

 private:
  Result<std::optional<arrow::Batch>> Fill() {
    arrow::BatchBuilder builder(schema_);
    while (builder.RowCount() < kBatchRows) {
      if (!reader_ && lines_.size() == parts_.size()) break;
      if (!reader_) AISLE_CHECK(OpenNext());
      AISLE_TRY(const bool any, reader_->Next(record_));
      if (any) {
        Append(builder);
      } else {
        before_ += reader_->Lines();
        reader_.reset();
      }
    }
    if (builder.RowCount() > 0) return builder.Finish();
    if (source_.header && !any_header_) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: its {} files are empty, not even a header", source_.file,
                              parts_.size()));
    }
    return std::nullopt;
  }

  // Where a declared column's text is: a field of the record, or the part's folder.
  struct Place {
    std::size_t field = 0;
    std::optional<std::string> value;
    bool of_folder = false;
  };

  std::unexpected<Error> Lacks(const SourceColumn& column, const std::string& name,
                               const PartFile& part, const std::vector<std::string>& header) const {
    std::vector<std::string> present;
    for (const std::string& column_there : header) {
      if (!column_there.empty()) present.push_back(column_there);
    }
    for (const auto& one : part.keys) present.push_back(one.first + " (of its folder)");
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{}:{}: {} has no column '{}'; it has {}", mapping_file_, column.line,
                            part.name, name, fmt::join(present, ", ")));
  }

  // Nothing where it says that there is none.
  std::optional<std::string_view> TextAt(const Place& place) const {
    if (place.of_folder && !place.value) return std::nullopt;
    const std::string_view text = place.of_folder ? *place.value : record_.fields[place.field];
    const bool none = std::ranges::find(source_.null_texts, text) != source_.null_texts.end();
    return none ? std::nullopt : std::optional(text);
  }

  // A part that is missing shows as "?", so that half a time is no time and says so.
  void AppendJoined(arrow::BatchBuilder& builder, int column, const std::vector<Place>& places) {
    bool any = false;
    joined_.clear();
    for (const Place& place : places) {
      const auto text = TextAt(place);
      any = any || text.has_value();
      joined_ += fmt::format("{}{}", joined_.empty() ? "" : " ", text.value_or(kMissingPart));
    }
    if (any) {
      builder.AppendString(column, joined_);
    } else {
      builder.AppendNull(column);
    }
  }

  void AppendText(arrow::BatchBuilder& builder, int column, const std::vector<Place>& places) {
    if (places.size() > 1) return AppendJoined(builder, column, places);
    if (const auto text = TextAt(places[0])) {
      builder.AppendString(column, *text);
    } else {
      builder.AppendNull(column);
    }
  }

  void Append(arrow::BatchBuilder& builder) {
    const int count = static_cast<int>(source_.columns.size());
    for (int i = 0; i < count; ++i) {
      if (!record_.reject.empty()) {
        builder.AppendNull(i);
      } else {
        AppendText(builder, i, places_[static_cast<std::size_t>(i)]);
      }
    }
    builder.AppendInt(count, before_ + record_.line);
    if (record_.reject.empty()) {
      builder.AppendNull(count + 1);
      builder.AppendNull(count + 2);
    } else {
      builder.AppendString(count + 1, record_.reject);
      builder.AppendString(count + 2, Readable(record_.text));
    }
  }

  std::string mapping_file_;
  Source source_;
  std::vector<PartFile> parts_;
  arrow::Schema schema_;
  std::vector<PartLines> lines_;
  std::int64_t before_ = 0;  // Lines of the parts before the one that is open.
  bool any_header_ = false;
  std::optional<CsvReader> reader_;         // Of the last of lines_; nothing: between two parts.
  std::vector<std::vector<Place>> places_;  // Of each declared column in it.
  std::string joined_;
  CsvRecord record_;
  std::optional<Error> failure_;
};

}  // namespace

std::vector<std::string> NamesInFile(const SourceColumn& column) {
  return column.of.empty() ? std::vector{column.name} : column.of;
}

SourceFormat FormatOf(const Source& source, const PartFile& first) {
  if (source.says_format) return source.format;
  std::ifstream in(first.path, std::ios::binary);
  std::string mark(kParquetMark.size(), ' ');
  in.read(mark.data(), static_cast<std::streamsize>(mark.size()));
  return in && mark == kParquetMark ? SourceFormat::kParquet : source.format;
}

std::string StageName(const Source& source) { return "aisle_stage_" + source.name; }

Result<Stage> StageCsv(warehouse::Connection& connection, const Mapping& mapping,
                       const Source& source, std::vector<PartFile> parts) {
  auto rows = std::make_shared<CsvRows>(mapping.file, source, std::move(parts));
  AISLE_CHECK(rows->OpenNext());
  const auto loaded =
      connection.Ingest("raw." + StageName(source),
                        arrow::MakeStream(rows->Schema(), [rows] { return rows->Next(); }),
                        warehouse::IngestMode::kCreate);
  if (!loaded) return std::unexpected(rows->Failure().value_or(loaded.error()));
  Stage stage;
  stage.relations.push_back(
      {"raw." + StageName(source), std::vector<std::string>(source.columns.size(), "VARCHAR")});
  stage.parts = rows->Lines();
  return stage;
}

}  // namespace aisle::ingest
