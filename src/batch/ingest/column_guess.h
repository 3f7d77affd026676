// What type a mapping would declare a column as, by what stands in some of its rows.
//
// A declaration is tried with the very SQL that the import reads it with (sql_text.h), so a guess fits as many rows of
// the sample as it says. What could as well be something else has a doubt, in words.
//
//   missing  empty texts, and what means none ("n/a") where the rest is no text.
//   threads  one; the connection is in use until the call returns.
//   errors   those of the warehouse.
//   cost     some dozen expressions over 5,000 different texts a column.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/file_sample.h"
#include "ingest/mapping.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

struct ColumnGuess {
  SourceColumn column;            // TEXT where nothing else fits most of it.
  bool is_clock = false;          // Times of a day: "18:30". TEXT, too.
  std::int64_t filled = 0;        // Rows of the sample with a text.
  std::int64_t different = 0;     // Texts.
  std::vector<std::string> none;  // Texts that stand for no value.
  std::vector<std::string> doubts;
};

// One for each column of the sample.
Result<std::vector<ColumnGuess>> GuessColumns(warehouse::Connection& connection,
                                              const FileSample& sample);

}  // namespace aisle::ingest
