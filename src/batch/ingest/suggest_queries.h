// The steps and tables of a suggested mapping: what the queries over files of known roles are. Private to suggest.cc.
//
//   order    the shape, products, stock, customers, events.
//   missing  without a file of products or customers they are made of the sales.
//   threads  pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ingest/column_guess.h"
#include "ingest/file_role.h"
#include "ingest/file_sample.h"

namespace aisle::ingest {

// The column that a day and a clock make.
inline constexpr std::string_view kJoinedTime = "day_and_time";

// The step that has each product once.
inline constexpr std::string_view kEachProduct = "each_product";

struct SuggestedFile {
  std::string file;
  std::string source;
  FileSample sample;
  std::vector<ColumnGuess> guesses;
  FileRole role = {};
  // Whether day and clock become one column.
  bool Joins() const;
};

struct SuggestedTables {
  std::string text;  // TOML
  std::vector<std::string> unsure;
};

// Of the first file of each kind; one of sales must be there.
SuggestedTables SuggestTables(const std::vector<SuggestedFile>& files);
// What stands in for what the files lack.
std::vector<std::string> SuggestedDefaults(const std::vector<SuggestedFile>& files);

}  // namespace aisle::ingest
