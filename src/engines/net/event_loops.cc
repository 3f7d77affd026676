#include "net/event_loops.h"

#include <pthread.h>

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/result.h"

namespace aisle::net {
namespace asio = boost::asio;
namespace {

thread_local std::uint64_t running_loop = 0;

// This thread runs a loop for as long as this lives.
class RunsLoop {
 public:
  RunsLoop() {
    static std::atomic<std::uint64_t> count = 0;
    running_loop = ++count;
  }
  ~RunsLoop() { running_loop = 0; }
  RunsLoop(const RunsLoop&) = delete;
  RunsLoop& operator=(const RunsLoop&) = delete;
};

using WorkGuard = asio::executor_work_guard<asio::io_context::executor_type>;

// Makes what the loop waits for timers and sockets with. Without it a loop that has none yet would wait for a
// condition; so it waits in one place, as whoever looks for blocking calls wants to know.
void MakeReactor(asio::io_context& context) { const asio::steady_timer first(context); }

struct OneLoop {
  OneLoop() { MakeReactor(context); }
  asio::io_context context{1};
  std::optional<WorkGuard> guard{asio::make_work_guard(context)};
  std::thread thread;
};

// What runs on a loop must not end it.
void RunLogged(asio::io_context& context) {
  const RunsLoop runs;
  for (;;) {
    try {
      context.run();
      return;
    } catch (const std::exception& error) {
      base::LogError("event loop: work failed: {}", error.what());
    } catch (...) {
      base::LogError("event loop: work failed with an unknown exception");
    }
  }
}

// What the signals of a process do. On loop 0.
struct Signals {
  explicit Signals(asio::io_context& context) : stop(context), hangup(context), wait(context) {}
  asio::signal_set stop;
  asio::signal_set hangup;
  asio::steady_timer wait;  // Until what drains is stopped.
  bool draining = false;
  std::chrono::milliseconds drain_wait{};
  std::function<void()> drain;
  std::function<void()> on_hangup;
};

}  // namespace

struct EventLoops::State {
  std::string name;
  std::vector<std::unique_ptr<OneLoop>> loops;
  std::optional<Signals> signals;
  std::vector<std::function<void()>> hooks;
  std::mutex mutex;  // hooks, running_count, started
  std::condition_variable changed;
  int running_count = 0;
  bool started = false;
  std::atomic<bool> stopping = false;

  Signals& SignalsOnLoop0() {
    if (!signals) signals.emplace(loops.front()->context);
    return *signals;
  }
  void WaitUntilStopping() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return stopping.load(); });
  }
  bool WaitUntilEnded(std::chrono::milliseconds grace) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, grace, [&] { return running_count == 0; });
  }
};

EventLoops::EventLoops(int loop_count, std::string_view name) : state_(std::make_unique<State>()) {
  AISLE_ASSERT(loop_count >= 1);
  state_->name = name;
  for (int i = 0; i < loop_count; ++i) state_->loops.push_back(std::make_unique<OneLoop>());
}

EventLoops::~EventLoops() {
  Stop();
  Join(std::chrono::milliseconds{0});
}

int EventLoops::LoopCount() const { return static_cast<int>(state_->loops.size()); }

asio::io_context& EventLoops::Loop(int loop_index) {
  return state_->loops.at(static_cast<std::size_t>(loop_index))->context;
}

asio::any_io_executor EventLoops::Executor(int loop_index) {
  return Loop(loop_index).get_executor();
}

void EventLoops::Start() {
  AISLE_ASSERT(!state_->started);
  state_->started = true;
  state_->running_count = LoopCount();
  for (int i = 0; i < LoopCount(); ++i) {
    OneLoop& loop = *state_->loops[static_cast<std::size_t>(i)];
    loop.thread = std::thread([this, i, &loop] {
      const std::string suffix = "-" + std::to_string(i);
      const std::string name = state_->name.substr(0, 15 - suffix.size()) + suffix;
      pthread_setname_np(pthread_self(), name.c_str());
      RunLogged(loop.context);
      const std::lock_guard lock(state_->mutex);
      --state_->running_count;
      state_->changed.notify_all();
    });
  }
}

void EventLoops::Stop() {
  std::vector<std::function<void()>> hooks;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping.exchange(true)) return;
    hooks.swap(state_->hooks);
  }
  for (const auto& hook : hooks) hook();
  // The signal set and the guards are touched on their own loops only.
  for (auto& loop : state_->loops) {
    asio::post(loop->context, [this, first = loop == state_->loops.front(), &loop] {
      if (first) state_->signals.reset();
      loop->guard.reset();
    });
  }
  const std::lock_guard lock(state_->mutex);
  state_->changed.notify_all();
}

bool EventLoops::Stopping() const { return state_->stopping.load(); }

bool EventLoops::Join(std::chrono::milliseconds grace) {
  AISLE_ASSERT(RunningLoop() == 0);
  if (!state_->started) return true;
  state_->WaitUntilStopping();
  const bool ended = state_->WaitUntilEnded(grace);
  if (!ended) {
    for (auto& loop : state_->loops) loop->context.stop();
  }
  for (auto& loop : state_->loops) {
    if (loop->thread.joinable()) loop->thread.join();
  }
  return ended;
}

void EventLoops::StopOnSignals(std::chrono::milliseconds drain_wait, std::function<void()> drain) {
  Signals& signals = state_->SignalsOnLoop0();
  signals.drain_wait = drain_wait;
  signals.drain = std::move(drain);
  signals.stop.add(SIGINT);
  signals.stop.add(SIGTERM);
  AwaitStopSignal();
}

void EventLoops::AwaitStopSignal() {
  state_->signals->stop.async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    Signals& signals = *state_->signals;
    const bool drains = number == SIGTERM && !signals.draining;
    if (drains && signals.drain) signals.drain();
    if (!drains || signals.drain_wait.count() == 0) {
      StopBySignal();
      return;
    }
    signals.draining = true;
    signals.wait.expires_after(signals.drain_wait);
    signals.wait.async_wait([this](const boost::system::error_code& cancelled) {
      if (!cancelled) StopBySignal();
    });
    AwaitStopSignal();
  });
}

void EventLoops::StopBySignal() {
  // Before Stop(), so that whoever sees Stopping() may count on the next signal.
  state_->signals.reset();
  Stop();
}

void EventLoops::OnHangup(std::function<void()> hook) {
  Signals& signals = state_->SignalsOnLoop0();
  signals.on_hangup = std::move(hook);
  signals.hangup.add(SIGHUP);
  AwaitHangup();
}

void EventLoops::AwaitHangup() {
  state_->signals->hangup.async_wait([this](const boost::system::error_code& error, int) {
    if (error || !state_->signals) return;
    state_->signals->on_hangup();
    AwaitHangup();
  });
}

void EventLoops::OnStop(std::function<void()> hook) {
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->stopping.load()) {
      state_->hooks.push_back(std::move(hook));
      return;
    }
  }
  hook();  // Too late to wait for: a server that registers now must not go on accepting.
}

void EventLoops::Post(int loop_index, std::function<void()> work) {
  asio::post(Loop(loop_index), std::move(work));
}

void EventLoops::PostToEach(const std::function<void(int)>& work) {
  for (int i = 0; i < LoopCount(); ++i) {
    asio::post(Loop(i), [work, i] { work(i); });
  }
}

void EventLoops::Spawn(int loop_index, Task<void> task) {
  asio::co_spawn(Loop(loop_index), std::move(task), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);  // logged by RunLogged
  });
}

Task<void> Sleep(std::chrono::steady_clock::duration wait) {
  asio::steady_timer timer(co_await asio::this_coro::executor, wait);
  co_await timer.async_wait(asio::use_awaitable);
}

std::uint64_t RunningLoop() { return running_loop; }

void RunToEnd(Task<void> task) { StandingLoop().Run(std::move(task)); }

struct StandingLoop::State {
  asio::io_context context{1};
};

StandingLoop::StandingLoop() : state_(std::make_unique<State>()) { MakeReactor(state_->context); }
StandingLoop::~StandingLoop() = default;

void StandingLoop::Run(Task<void> task) {
  AISLE_ASSERT(RunningLoop() == 0);
  state_->context.restart();
  std::exception_ptr failed;
  asio::co_spawn(state_->context, std::move(task),
                 [&failed](std::exception_ptr failure) { failed = std::move(failure); });
  {
    const RunsLoop runs;
    state_->context.run();
  }
  if (failed) std::rethrow_exception(failed);
}

}  // namespace aisle::net
