// What benchmarks of batches say of two sides that take turns in one run: medians, how often the bits differ, and the
// median of the rounds' ratios. Private to the parity benchmarks.
//
//   units    milliseconds.
//   errors   none.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "base/stopwatch.h"

namespace aisle {

// What the environment says, or `otherwise`.
inline std::size_t SizeFromEnvironment(const char* name, std::size_t otherwise) {
  const char* asked = std::getenv(name);
  return std::max<std::size_t>(
      1, asked == nullptr ? otherwise : static_cast<std::size_t>(std::atoll(asked)));
}

inline double CountDifferent(std::span<const float> a, std::span<const float> b) {
  double count = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    count += std::bit_cast<std::uint32_t>(a[i]) == std::bit_cast<std::uint32_t>(b[i]) ? 0 : 1;
  return count;
}

// ours[i] and theirs[i] are of one round.
inline void ReportSides(benchmark::State& state, const std::vector<double>& ours,
                        const std::vector<double>& theirs) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(theirs[i] / ours[i]);
  state.counters["ours_ms"] = base::Median(ours);
  state.counters["xgboost_ms"] = base::Median(theirs);
  state.counters["times_as_fast"] = base::Median(ratios);
}

}  // namespace aisle
