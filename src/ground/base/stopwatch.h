// How long something took: a stopwatch, one run of some work, and the middle of many.
//
//   units    seconds, milliseconds, of the steady clock.
//   missing  Median of nothing is 0.
//   threads  any.
//   cost     Median: linear.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace aisle::base {

// Runs since it was made.
class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  }
  double Milliseconds() const { return 1e3 * Seconds(); }

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

template <typename Work>
double MillisecondsOf(Work&& work) {
  const Stopwatch watch;
  std::forward<Work>(work)();
  return watch.Milliseconds();
}

// Of an even number of values, the upper of the two in the middle.
inline double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace aisle::base
