#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>

#include "net/event_loops.h"
#include "net/loop_guard_testing.h"

namespace aisle::net {
namespace {

constexpr int kFramesMax = 16;
constexpr int kOwnFramesMax = 6;  // Of this file and of a sanitizer.
constexpr std::size_t kPlacesMax = 64;

struct Noted {
  const char* name;
  int count = 0;
  std::array<void*, kFramesMax> frames{};
  friend bool operator==(const Noted&, const Noted&) = default;
};

struct Places {
  std::mutex mutex;
  std::vector<Noted> noted;
};
Places& ThePlaces() {
  static auto* places = new Places;  // Never destroyed: threads may outlive main().
  return *places;
}

thread_local bool noting = false;  // What backtrace() calls is not the loop's.

// `caller`: where the call returns to. What lies deeper is this file's.
void Note(const char* name, void* caller) {
  if (noting) return;
  noting = true;
  const int error = errno;
  Noted now{name};
  std::array<void*, kFramesMax + kOwnFramesMax> frames{};
  auto end = frames.begin() + backtrace(frames.data(), static_cast<int>(frames.size()));
  const auto begin = std::find(frames.begin(), end, caller);
  if (end - begin > kFramesMax) end = begin + kFramesMax;
  now.count = static_cast<int>(std::copy(begin, end, now.frames.begin()) - now.frames.begin());
  {
    Places& places = ThePlaces();
    const std::lock_guard lock(places.mutex);
    if (places.noted.size() < kPlacesMax && std::ranges::count(places.noted, now) == 0)
      places.noted.push_back(now);
  }
  errno = error;
  noting = false;
}

// A socket or a pipe whose calls wait.
bool Waits(int descriptor) {
  const int error = errno;
  struct stat there{};
  const int flags = fcntl(descriptor, F_GETFL);
  const bool waits = flags >= 0 && (flags & O_NONBLOCK) == 0 && fstat(descriptor, &there) == 0 &&
                     (S_ISSOCK(there.st_mode) || S_ISFIFO(there.st_mode));
  errno = error;
  return waits;
}
bool Waits(int descriptor, int message_flags) {
  return (message_flags & MSG_DONTWAIT) == 0 && Waits(descriptor);
}

bool IsNone(const timespec* wait) {
  return wait != nullptr && wait->tv_sec == 0 && wait->tv_nsec == 0;
}
bool IsNone(const timeval* wait) {
  return wait != nullptr && wait->tv_sec == 0 && wait->tv_usec == 0;
}

// A loop waits in one place (event_loops.cc), and that is what it does before anything else; whoever is mistaken for
// it puts the loop's next wait into the report.
bool IsTheLoops(int descriptor) {
  thread_local std::uint64_t loop = 0;
  thread_local int waits_on = -1;
  if (loop != RunningLoop()) {
    loop = RunningLoop();
    waits_on = descriptor;
  }
  return waits_on == descriptor;
}

// The next definition of the function behind ours: the C library's.
void* Behind(const char* name) {
  // Conditions have an older form of the same name, which takes the newer one's memory for something else.
  void* found = nullptr;
  if (std::strncmp(name, "pthread_cond_", 13) == 0) found = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
  if (found == nullptr) found = dlsym(RTLD_NEXT, name);
  if (found == nullptr) std::abort();
  return found;
}

// "aisle::net::RunToEnd(...)", or where addr2line finds it: "/build/aisle_net_test+0x2a1e59".
std::string NameOf(const void* address) {
  Dl_info found{};
  if (dladdr(address, &found) == 0) return fmt::format("{}", address);
  if (found.dli_sname == nullptr) {
    return fmt::format("{}+{:#x}", found.dli_fname,
                       static_cast<const char*>(address) - static_cast<char*>(found.dli_fbase));
  }
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> plain(
      abi::__cxa_demangle(found.dli_sname, nullptr, nullptr, &status), &std::free);
  return status == 0 ? plain.get() : found.dli_sname;
}

class LoopGuard final : public testing::EmptyTestEventListener {
  void OnTestEnd(const testing::TestInfo&) override {
    for (const BlockingCall& call : TakeBlockingCalls()) {
      std::string text = call.name + " was called on an event loop, by";
      for (const std::string& frame : call.frames) text += "\n  " + frame;
      ADD_FAILURE() << text;
    }
  }
};

// Before main().
const bool kOn = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new LoopGuard);
  return true;
}();

}  // namespace

std::vector<BlockingCall> TakeBlockingCalls() {
  std::vector<Noted> taken;
  {
    Places& places = ThePlaces();
    const std::lock_guard lock(places.mutex);
    taken.swap(places.noted);
  }
  std::vector<BlockingCall> calls;
  for (const Noted& noted : taken) {
    BlockingCall& call = calls.emplace_back(noted.name);
    for (int i = 0; i < noted.count; ++i)
      call.frames.push_back(NameOf(noted.frames[static_cast<std::size_t>(i)]));
  }
  return calls;
}

}  // namespace aisle::net

// A function of the C library, defined once more. Under a sanitizer the one behind it is the sanitizer's, which has
// to see the call; else the C library's. The names in the object file are the library's, not those in this text: the
// library's own declarations differ in what they throw.
#define AISLE_GUARDED(name, result, parameters, arguments, blocks)                     \
  extern "C" result ___interceptor_##name parameters __attribute__((weak));            \
  extern "C" result Guarded_##name parameters __asm__(#name);                          \
  extern "C" __attribute__((visibility("default"))) result Guarded_##name parameters { \
    using namespace aisle::net;                                                        \
    if (RunningLoop() != 0 && (blocks)) Note(#name, __builtin_return_address(0));      \
    if (___interceptor_##name != nullptr) return ___interceptor_##name arguments;      \
    static const auto kBehind = reinterpret_cast<result(*) parameters>(Behind(#name)); \
    return kBehind arguments;                                                          \
  }

// NOLINTBEGIN: not our names.
AISLE_GUARDED(fsync, int, (int fd), (fd), true)
AISLE_GUARDED(fdatasync, int, (int fd), (fd), true)
AISLE_GUARDED(syncfs, int, (int fd), (fd), true)
AISLE_GUARDED(msync, int, (void* at, size_t size, int flags), (at, size, flags),
              (flags & MS_ASYNC) == 0)
AISLE_GUARDED(flock, int, (int fd, int what), (fd, what), (what & (LOCK_NB | LOCK_UN)) == 0)

AISLE_GUARDED(read, ssize_t, (int fd, void* to, size_t size), (fd, to, size), Waits(fd))
AISLE_GUARDED(readv, ssize_t, (int fd, const iovec* to, int count), (fd, to, count), Waits(fd))
AISLE_GUARDED(write, ssize_t, (int fd, const void* from, size_t size), (fd, from, size), Waits(fd))
AISLE_GUARDED(writev, ssize_t, (int fd, const iovec* from, int count), (fd, from, count), Waits(fd))
AISLE_GUARDED(recv, ssize_t, (int fd, void* to, size_t size, int flags), (fd, to, size, flags),
              Waits(fd, flags))
AISLE_GUARDED(recvfrom, ssize_t,
              (int fd, void* to, size_t size, int flags, sockaddr* peer, socklen_t* peer_size),
              (fd, to, size, flags, peer, peer_size), Waits(fd, flags))
AISLE_GUARDED(recvmsg, ssize_t, (int fd, msghdr* to, int flags), (fd, to, flags), Waits(fd, flags))
AISLE_GUARDED(send, ssize_t, (int fd, const void* from, size_t size, int flags),
              (fd, from, size, flags), Waits(fd, flags))
AISLE_GUARDED(sendto, ssize_t,
              (int fd, const void* from, size_t size, int flags, const sockaddr* peer,
               socklen_t peer_size),
              (fd, from, size, flags, peer, peer_size), Waits(fd, flags))
AISLE_GUARDED(sendmsg, ssize_t, (int fd, const msghdr* from, int flags), (fd, from, flags),
              Waits(fd, flags))
AISLE_GUARDED(accept, int, (int fd, sockaddr* peer, socklen_t* size), (fd, peer, size), Waits(fd))
AISLE_GUARDED(accept4, int, (int fd, sockaddr* peer, socklen_t* size, int flags),
              (fd, peer, size, flags), Waits(fd))
AISLE_GUARDED(connect, int, (int fd, const sockaddr* to, socklen_t size), (fd, to, size), Waits(fd))
AISLE_GUARDED(getaddrinfo, int,
              (const char* node, const char* service, const addrinfo* hints, addrinfo** found),
              (node, service, hints, found),
              hints == nullptr ||
                  (hints->ai_flags & AI_NUMERICHOST) == 0)  // Addresses are only read.

AISLE_GUARDED(poll, int, (pollfd * fds, nfds_t count, int wait), (fds, count, wait), wait != 0)
AISLE_GUARDED(ppoll, int,
              (pollfd * fds, nfds_t count, const timespec* wait, const sigset_t* signals),
              (fds, count, wait, signals), !IsNone(wait))
AISLE_GUARDED(select, int,
              (int count, fd_set* reading, fd_set* writing, fd_set* other, timeval* wait),
              (count, reading, writing, other, wait), !IsNone(wait))
AISLE_GUARDED(pselect, int,
              (int count, fd_set* reading, fd_set* writing, fd_set* other, const timespec* wait,
               const sigset_t* signals),
              (count, reading, writing, other, wait, signals), !IsNone(wait))
AISLE_GUARDED(epoll_wait, int, (int fd, epoll_event* events, int count, int wait),
              (fd, events, count, wait), !IsTheLoops(fd) && wait != 0)
AISLE_GUARDED(epoll_pwait, int,
              (int fd, epoll_event* events, int count, int wait, const sigset_t* signals),
              (fd, events, count, wait, signals), !IsTheLoops(fd) && wait != 0)

AISLE_GUARDED(sleep, unsigned, (unsigned seconds), (seconds), true)
AISLE_GUARDED(usleep, int, (useconds_t microseconds), (microseconds), true)
AISLE_GUARDED(nanosleep, int, (const timespec* wait, timespec* left), (wait, left), true)
AISLE_GUARDED(clock_nanosleep, int,
              (clockid_t clock, int flags, const timespec* wait, timespec* left),
              (clock, flags, wait, left), true)

AISLE_GUARDED(wait, pid_t, (int* status), (status), true)
AISLE_GUARDED(waitpid, pid_t, (pid_t child, int* status, int options), (child, status, options),
              (options & WNOHANG) == 0)
AISLE_GUARDED(waitid, int, (idtype_t of, id_t id, siginfo_t* what, int options),
              (of, id, what, options), (options & WNOHANG) == 0)
AISLE_GUARDED(wait4, pid_t, (pid_t child, int* status, int options, rusage* usage),
              (child, status, options, usage), (options & WNOHANG) == 0)
AISLE_GUARDED(fork, pid_t, (), (), true)

AISLE_GUARDED(pthread_join, int, (pthread_t thread, void** value), (thread, value), true)
AISLE_GUARDED(pthread_cond_wait, int, (pthread_cond_t * condition, pthread_mutex_t* mutex),
              (condition, mutex), true)
AISLE_GUARDED(pthread_cond_timedwait, int,
              (pthread_cond_t * condition, pthread_mutex_t* mutex, const timespec* until),
              (condition, mutex, until), true)
AISLE_GUARDED(pthread_cond_clockwait, int,
              (pthread_cond_t * condition, pthread_mutex_t* mutex, clockid_t clock,
               const timespec* until),
              (condition, mutex, clock, until), true)
// NOLINTEND
