// Times every engine of the forest on one model file, beside XGBoost itself if asked: what `aisle models bench`
// prints.
//
// All sides score the same made-up rows, in turn, in short blocks: whatever the machine does meanwhile meets
// all of them. A ratio is the median of the ratios of the blocks of one round. The sweep scores requests, not
// rows: it has rows of its own, those of a few customers and `rows` products (at most 50,000), and XGBoost's
// time on them.
//
//   units    milliseconds for all rows; of `request`, for one customer's.
//   missing  an engine that this CPU or this model rules out has `skipped`, which says why, and no times.
//   threads  one, XGBoost too.
//   errors   what LoadModel returns; kInvalidArgument where XGBoost does not read the file.
//   cost     some seconds; memory: rows x inputs x 4 bytes for the engines, and at most 500,000 rows for the sweep.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace aisle::bench {

struct EngineTimes {
  std::string engine;  // "xgboost" for XGBoost itself.
  std::string skipped;
  double build_ms = 0;
  std::size_t table_bytes = 0;   // 0: does not say.
  double score_ms = 0;           // The median.
  double times_xgboost = 0;      // How often its time goes into XGBoost's; 0: not compared.
  std::int64_t rows_differ = 0;  // From the reference, in any bit.
  double furthest = 0;           // The largest distance of a margin from the reference's.
};

struct BenchReport {
  std::size_t rows = 0;
  std::size_t inputs = 0;
  std::size_t trees = 0;
  int rounds = 0;
  std::vector<EngineTimes> engines;
  std::size_t request_products = 0;
  int request_rounds = 0;
  std::vector<EngineTimes> request;
};

Result<BenchReport> BenchModel(const std::string& file, std::size_t rows, bool against_xgboost);

}  // namespace aisle::bench
