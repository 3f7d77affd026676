// A process that gets little more memory than it has, for tests of what happens when memory runs out.
//
//   units    bytes of address space.
//   threads  the whole process, for good: call it in a child.
//   errors   false where the system refuses.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>

namespace aisle::base {

// Sanitizers reserve address space of their own, so that a limit on it says nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
inline constexpr bool kMemoryCanBeLimited = false;
#else
inline constexpr bool kMemoryCanBeLimited = true;
#endif

inline bool LimitMemory(std::size_t more_bytes) {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0) return false;
  limit.rlim_cur = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + more_bytes;
  return ::setrlimit(RLIMIT_AS, &limit) == 0;
}

}  // namespace aisle::base
