// Keeps a benchmark of batch jobs, and the database it reads from, to some of the cores. Private to benchmarks.
//
//   threads  the calling thread, and those that it starts while the guard lives; another guard must not live beside it.
//   errors   Enough() is false where the process has not so many cores; a system call that fails ends the run.
#pragma once

#include <fmt/format.h>
#include <sched.h>

#include "gold/shop_testing.h"

namespace aisle::publish {

class OnCores {
 public:
  OnCores(int count, gold::ShopFixture& shop) : shop_(shop) {
    AISLE_ASSERT(::sched_getaffinity(0, sizeof(before_), &before_) == 0);
    cpu_set_t some;
    CPU_ZERO(&some);
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&some) < count; ++cpu) {
      if (CPU_ISSET(cpu, &before_)) CPU_SET(cpu, &some);
    }
    enough_ = CPU_COUNT(&some) == count;
    Limit(some);
  }
  ~OnCores() { Limit(before_); }
  OnCores(const OnCores&) = delete;
  OnCores& operator=(const OnCores&) = delete;
  bool Enough() const { return enough_; }

 private:
  void Limit(const cpu_set_t& cores) {
    // Threads that a database starts have the cores of who asks for them.
    shop_.Write("SET threads = 1");
    AISLE_ASSERT(::sched_setaffinity(0, sizeof(cores), &cores) == 0);
    shop_.Write(fmt::format("SET threads = {}", CPU_COUNT(&cores)));
  }

  gold::ShopFixture& shop_;
  cpu_set_t before_{};
  bool enough_ = false;
};

}  // namespace aisle::publish
