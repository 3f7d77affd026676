// One event loop per core, each a single thread with a name: the only threads that answer requests.
//
//   net::EventLoops loops(2, "serve");
//   ... a server registers its listeners ...
//   loops.StopOnSignals();
//   loops.Start();
//   loops.Join();          // until Stop(), SIGINT or SIGTERM
//
// Stopping is graceful: the stop hooks tell servers to accept nothing more; the loops then run
// until their work is done, at most `grace` long, and what is left is dropped.
//
//   order    hooks run in the order they were added, once, on the thread that called Stop(); one
//            that is added after Stop() runs at once, on the thread that adds it.
//   threads  Start, Join and the destructor belong to one thread; Post*, Stop and OnStop may be
//            called from any. What is posted to one loop runs there one after the other.
//   errors   an exception that leaves posted work or a spawned task is logged; the loop goes on.
//            Join and RunToEnd on a loop are our own bug (asserted).
//   cost     PostToEach makes one copy of the function per loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/deadline.h"
#include "net/task.h"

namespace boost::asio {
class any_io_executor;
class io_context;
}  // namespace boost::asio

namespace aisle::net {

class EventLoops {
 public:
  // loop_count >= 1. Threads are called "<name>-0", "<name>-1", ... (15 characters are kept).
  EventLoops(int loop_count, std::string_view name);
  // Stops without grace if still running.
  ~EventLoops();
  EventLoops(const EventLoops&) = delete;
  EventLoops& operator=(const EventLoops&) = delete;

  int LoopCount() const;
  boost::asio::io_context& Loop(int loop_index);
  // For what lives on that loop and waits there: a pool of connections.
  boost::asio::any_io_executor Executor(int loop_index);

  void Start();
  // Blocks until Stop() was called and the loops have ended, by themselves within `grace` or not.
  // True if they ended by themselves. Work that blocks its thread cannot be dropped: it is waited for
  // beyond `grace`, so handlers must not block.
  bool Join(std::chrono::milliseconds grace = std::chrono::seconds{5});
  // Does not wait. Calling it again does nothing.
  void Stop();
  bool Stopping() const;
  // SIGINT calls Stop(). SIGTERM calls `drain`, on loop 0, and Stop() when `drain_wait` is over, or at the next signal.
  // Once Stopping() is true the next one finds the default handler and ends the process at once. Loop 0 receives
  // them: while its thread is blocked, none is.
  void StopOnSignals(std::chrono::milliseconds drain_wait = {}, std::function<void()> drain = {});
  // Each SIGHUP calls `hook`, on loop 0; without this it ends the process. Before Start().
  void OnHangup(std::function<void()> hook);
  void OnStop(std::function<void()> hook);

  void Post(int loop_index, std::function<void()> work);
  void PostToEach(const std::function<void(int loop_index)>& work);
  void Spawn(int loop_index, Task<void> task);

 private:
  struct State;
  void AwaitStopSignal();
  void StopBySignal();
  void AwaitHangup();
  std::unique_ptr<State> state_;
};

// Resumes on the same loop after `wait`.
Task<void> Sleep(std::chrono::steady_clock::duration wait);

// Runs one task to its end on a loop of its own, on this thread: for commands and tests.
// An exception of the task comes out of here. Not from a loop, which would stand still meanwhile.
void RunToEnd(Task<void> task);

// A loop that stands still between the tasks it is given: for what lives on one loop (a connection) and is used by a
// thread that may block. One task at a time, not from a loop.
class StandingLoop {
 public:
  StandingLoop();
  ~StandingLoop();
  StandingLoop(const StandingLoop&) = delete;
  StandingLoop& operator=(const StandingLoop&) = delete;

  // To its end. An exception of the task comes out of here.
  void Run(Task<void> task);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Which run of an event loop this thread is in: a number that no other run has. 0: none.
std::uint64_t RunningLoop();

}  // namespace aisle::net
