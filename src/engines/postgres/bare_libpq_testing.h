// One look-up by libpq alone, blocking, in pipeline mode: what the pool is measured against.
//
//   errors   none: whatever goes wrong stops the program.
//   source   libpq, "Pipeline Mode".
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "postgres/settings.h"

namespace aisle::postgres {

class BareLibpq {
 public:
  // To the first host, at the address given; prepares `sql`, which takes one int8.
  BareLibpq(const ConnectionSettings& settings, const std::string& address, const std::string& sql);
  ~BareLibpq();
  BareLibpq(const BareLibpq&) = delete;
  BareLibpq& operator=(const BareLibpq&) = delete;

  // One round trip: the sum of the second column, an int8, of the rows that came.
  std::int64_t Ask(std::int64_t key);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::postgres
