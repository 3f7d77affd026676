// Fails a test in which an event loop made a call that can block its thread.
//
// It is on in every test program of net and of the modules that depend on it (loop_guard.cc is linked into those
// whole, and into nothing else). The C library's functions that can wait for a disk, a peer, a child, a thread or a
// clock are defined there once more and call the real ones; on a thread that runs a loop (RunningLoop()) they first
// note where they were called from. What libraries of the program call is seen as well; what the C library calls
// inside itself (a FILE that writes to a pipe: log lines) is not, nor is a page that has to be read before it can be
// touched, nor a mutex that somebody else holds.
//
//   fsync fdatasync syncfs msync            always (msync without MS_ASYNC)
//   flock                                   without LOCK_NB, unless it unlocks
//   read write recv send accept connect     and their kin: of a socket or a pipe that is not O_NONBLOCK
//   poll select epoll_wait                  and their kin: unless they return at once; the loop's own wait is free
//   sleep usleep nanosleep clock_nanosleep getaddrinfo fork
//   pthread_join, pthread_cond_wait         and their kin
//   wait waitpid                            without WNOHANG
//
//   threads  any.
//   errors   one failure of the running test for each place that was noted; calls after the last test are not seen.
//   cost     for each such call on a loop a look at its descriptor.
#pragma once

#include <string>
#include <vector>

namespace aisle::net {

struct BlockingCall {
  std::string name;                 // "fsync"
  std::vector<std::string> frames;  // Who called it, the innermost first, at most 16.
};

// What was noted since the last time, each place once.
std::vector<BlockingCall> TakeBlockingCalls();

}  // namespace aisle::net
