// What the fuzz targets and their committed corpus both do with foreign bytes: read them as CSV, and as
// a mapping. Private to the tests.
//
//   errors   none: a crash or a broken promise is an assertion.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ingest/csv_reader.h"
#include "ingest/first_bytes.h"
#include "ingest/mapping.h"
#include "raw/plain_text.h"

namespace aisle::ingest {

// Good and bad records of `bytes` in an encoding; the lines they are on never go back.
inline std::size_t ExerciseCsv(std::string_view bytes, Encoding encoding) {
  auto reader = CsvReader::Over(std::string(bytes), "fuzz.csv", ',', true, 0, encoding);
  if (!reader) {
    AISLE_ASSERT(!reader.error().message.empty());
    return 0;
  }
  // Of what is compressed, nobody knows before.
  const bool gzip = bytes.starts_with(kGzipMark);
  const std::int64_t lines = gzip ? INT64_MAX : std::ranges::count(bytes, '\n') + 1;
  std::size_t records = 0;
  std::int64_t last = 0;
  CsvRecord record;
  for (;; ++records) {
    const auto any = reader->Next(record);
    if (!any || !*any) return records;
    AISLE_ASSERT(record.line > last && record.line <= lines);
    last = record.line;
    // A byte becomes three of UTF-8 at most.
    AISLE_ASSERT(gzip || record.text.size() <= 3 * bytes.size());
    if (!record.reject.empty()) continue;
    AISLE_ASSERT(record.fields.size() == reader->Header().size());
    for (const std::string_view field : record.fields) AISLE_ASSERT(raw::IsPlainText(field));
  }
}

// Records as UTF-8; under every other name of their encoding they only may not break anything.
inline std::size_t ExerciseCsv(std::string_view bytes) {
  for (std::size_t i = 1; i < EncodingNames().size(); ++i)
    ExerciseCsv(bytes, static_cast<Encoding>(i));
  return ExerciseCsv(bytes, Encoding::kUtf8);
}

// True when the bytes are a mapping.
inline bool ExerciseMapping(std::string_view bytes) {
  const auto mapping = ParseMapping({"fuzz.toml", bytes});
  if (!mapping) {
    AISLE_ASSERT(mapping.error().message.find("fuzz.toml") != std::string::npos);
    return false;
  }
  AISLE_ASSERT(!mapping->sources.empty() && !mapping->tables.empty());
  for (const TableStep& step : mapping->tables) AISLE_ASSERT(step.query.line >= 1);
  return true;
}

}  // namespace aisle::ingest
