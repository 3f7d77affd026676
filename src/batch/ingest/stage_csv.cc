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
    const auto key = [&](const SourceColumn& column) {
      return std::ranges::find(part.keys, column.name, [](const auto& one) { return one.first; });
    };
    const auto in_file = static_cast<std::size_t>(std::ranges::count_if(
        source_.columns,
        [&](const SourceColumn& column) { return key(column) == part.keys.end(); }));
    // A batch program's part without rows may be without anything.
    const bool may_be_empty = parts_.size() > 1;
    AISLE_TRY(CsvReader reader, CsvReader::Open(part.path, source_.delimiter, source_.header,
                                                in_file, part.name, may_be_empty));
    places_.clear();
    const std::vector<std::string>& header = reader.Header();
    any_header_ = any_header_ || !header.empty();
    std::size_t next = 0;  // Without a header: the columns in their order.
    for (const SourceColumn& column : source_.columns) {
      const auto of_folder = key(column);
      const auto at = std::ranges::find(header, column.name);
      if (source_.header && at != header.end()) {
        places_.push_back({static_cast<std::size_t>(at - header.begin()), {}, false});
      } else if (of_folder != part.keys.end()) {
        places_.push_back({0, of_folder->second, true});
      } else if (!source_.header) {
        places_.push_back({next++, {}, false});
      } else if (!header.empty()) {
        return Lacks(column, part, header);
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

  std::unexpected<Error> Lacks(const SourceColumn& column, const PartFile& part,
                               const std::vector<std::string>& header) const {
    std::vector<std::string> present;
    for (const std::string& name : header) {
      if (!name.empty()) present.push_back(name);
    }
    for (const auto& one : part.keys) present.push_back(one.first + " (of its folder)");
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{}:{}: {} has no column '{}'; it has {}", mapping_file_, column.line,
                            part.name, column.name, fmt::join(present, ", ")));
  }

  void AppendText(arrow::BatchBuilder& builder, int column,
                  const std::optional<std::string_view>& text) const {
    if (!text || std::ranges::find(source_.null_texts, *text) != source_.null_texts.end()) {
      builder.AppendNull(column);
    } else {
      builder.AppendString(column, *text);
    }
  }

  void Append(arrow::BatchBuilder& builder) {
    const int count = static_cast<int>(source_.columns.size());
    for (int i = 0; i < count; ++i) {
      const Place& place = places_[static_cast<std::size_t>(i)];
      if (!record_.reject.empty()) {
        builder.AppendNull(i);
      } else if (place.of_folder) {
        AppendText(builder, i, place.value);
      } else {
        AppendText(builder, i, record_.fields[place.field]);
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
  std::optional<CsvReader> reader_;  // Of the last of lines_; nothing: between two parts.
  std::vector<Place> places_;        // Of each declared column in it.
  CsvRecord record_;
  std::optional<Error> failure_;
};

}  // namespace

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
