// The steps of the night, each as one function: what `generate`, `refresh`, `train`, `score` and `publish`
// do, and what `demo` and `worker` do one after the other.
//
// A step shows its progress on standard error, commits once, at its end, and is remembered in jobs.json.
//
//   errors   those of the module that does the work; kUnavailable when interrupted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/command.h"
#include "app/job.h"
#include "gold/refresh.h"
#include "publish/publish.h"
#include "serving/generation/manifest.h"
#include "training/training.h"

namespace aisle::app {

struct LoadedTable {
  std::string table;
  std::int64_t rows = 0;
};

struct GenerateReport {
  workspace::AboutData about;
  std::vector<LoadedTable> tables;
  double seconds = 0;
};
// Replaces the raw tables by a synthetic retailer's. Imported data are only replaced under `replace`.
Result<GenerateReport> GenerateStep(const Context& context, Job& job, base::Timestamp as_of,
                                    bool replace);

struct RefreshOutcome {
  std::vector<gold::RefreshReport> tables;
  double seconds = 0;
};
Result<RefreshOutcome> RefreshStep(const Context& context, Job& job, base::Timestamp as_of);

Result<training::TrainReport> TrainStep(const Context& context, Job& job, const std::string& recipe,
                                        base::Timestamp as_of, training::Promote promote);
Result<publish::ScoreReport> ScoreStep(const Context& context, Job& job, base::Timestamp as_of);
Result<serving::GenerationManifest> PublishStep(const Context& context, Job& job,
                                                base::Timestamp as_of);

}  // namespace aisle::app
