// A moment on the monotonic clock by which something must be done, shared by all steps of a
// request.
//
//   units    steady clock; durations are milliseconds at the edges.
//   threads  a value.
#pragma once

#include <algorithm>
#include <chrono>

namespace aisle::net {

using SteadyTime = std::chrono::steady_clock::time_point;

class Deadline {
 public:
  // Never passes.
  Deadline() = default;
  explicit Deadline(SteadyTime at) : at_(at) {}
  static Deadline After(std::chrono::steady_clock::duration wait) {
    return Deadline(std::chrono::steady_clock::now() + wait);
  }

  SteadyTime At() const { return at_; }
  bool IsNever() const { return at_ == SteadyTime::max(); }
  bool Passed(SteadyTime now = std::chrono::steady_clock::now()) const { return now >= at_; }
  // 0 once it has passed.
  std::chrono::milliseconds Left(SteadyTime now = std::chrono::steady_clock::now()) const {
    if (IsNever()) return std::chrono::milliseconds::max();
    return std::max(std::chrono::milliseconds{0},
                    std::chrono::ceil<std::chrono::milliseconds>(at_ - now));
  }
  // The earlier of the two: a look-up's own share within the request's deadline.
  Deadline Within(Deadline other) const { return Deadline(std::min(at_, other.at_)); }

 private:
  SteadyTime at_ = SteadyTime::max();
};

}  // namespace aisle::net
