// Some rows of a file that nobody has described yet: its kind, encoding, delimiter, header, and what
// stands in its columns.
//
//   shapes   columns[i] has a text for each sampled row; as many columns as names.
//   order    of the file; of a large one the rows of its beginning and of its end.
//   missing  a NULL of Parquet is an empty text.
//   threads  one; the connection is in use until the call returns.
//   errors   SampleFile: kInvalidArgument: no table (first_bytes.h says what it is), or nothing in it; those of the
//            warehouse.
//   cost     some MiB of the file, however large it is; a gzip'd one from its beginning alone.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/part_files.h"
#include "ingest/text_encoding.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

struct FileSample {
  bool parquet = false;
  Encoding encoding = Encoding::kUtf8;
  char delimiter = ',';
  bool header = true;  // Else the names are column_1, column_2, ….
  std::vector<std::string> names;
  std::vector<std::string> types;  // Of Parquet, as the database calls them; empty: texts.
  std::vector<std::vector<std::string>> columns;
  std::int64_t bad_rows = 0;        // Of the sample, that are no rows; they are left out.
  std::vector<std::string> doubts;  // In words: "no UTF-8; taken for windows-1252".
};

Result<FileSample> SampleFile(warehouse::Connection& connection, const PartFile& file);

}  // namespace aisle::ingest
