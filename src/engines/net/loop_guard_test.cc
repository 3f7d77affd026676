// The guard's canaries: what must be caught on a loop is, and what cannot block is not.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <functional>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "net/event_loops.h"
#include "net/loop_guard_testing.h"

namespace aisle::net {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A pair of descriptors, closed at the end.
class Ends {
 public:
  explicit Ends(std::array<int, 2> descriptors) : descriptors_(descriptors) {}
  ~Ends() {
    for (const int descriptor : descriptors_) close(descriptor);
  }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  int To() const { return descriptors_[1]; }
  int From() const { return descriptors_[0]; }

 private:
  std::array<int, 2> descriptors_;
};

std::array<int, 2> Pipe(int flags = 0) {
  std::array<int, 2> ends{};
  AISLE_ASSERT(pipe2(ends.data(), O_CLOEXEC | flags) == 0);
  return ends;
}

std::array<int, 2> SocketPair() {
  std::array<int, 2> ends{};
  AISLE_ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  return ends;
}

// Two descriptors of one file without a name.
std::array<int, 2> File() {
  const int made = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  AISLE_ASSERT(made >= 0);
  return {made, dup(made)};
}

// What is noted while `work` runs on a loop.
std::vector<BlockingCall> OnALoop(const std::function<void()>& work) {
  EventLoops loops(1, "guarded");
  loops.Start();
  std::latch done(1);
  loops.Post(0, [&] {
    work();
    done.count_down();
  });
  done.wait();
  loops.Stop();
  EXPECT_TRUE(loops.Join());
  return TakeBlockingCalls();
}

std::vector<std::string> Names(const std::vector<BlockingCall>& calls) {
  std::vector<std::string> names;
  for (const BlockingCall& call : calls) names.push_back(call.name);
  return names;
}

void SleepInAFunctionWithAName() { std::this_thread::sleep_for(1ms); }

TEST(LoopGuardCanary, AHandlerThatSleepsIsCaughtAndWhereItDoes) {
  const auto calls = OnALoop([] { std::this_thread::sleep_for(1ms); });
  EXPECT_THAT(Names(calls), ElementsAre("nanosleep"));
  ASSERT_EQ(calls.size(), 1U);
  ASSERT_FALSE(calls[0].frames.empty());
  EXPECT_THAT(calls[0].frames[0], HasSubstr("sleep_for"));
}

TEST(LoopGuardCanary, ATaskThatSleepsBetweenTwoWaitsIsCaught) {
  EventLoops loops(1, "guarded");
  loops.Spawn(0, [](EventLoops& of) -> Task<void> {
    co_await Sleep(1ms);
    SleepInAFunctionWithAName();
    co_await Sleep(1ms);
    of.Stop();
  }(loops));
  loops.Start();
  EXPECT_TRUE(loops.Join());
  EXPECT_THAT(Names(TakeBlockingCalls()), ElementsAre("nanosleep"));
}

TEST(LoopGuardCanary, RunToEndRunsALoopToo) {
  RunToEnd([]() -> Task<void> {
    SleepInAFunctionWithAName();
    co_return;
  }());
  EXPECT_THAT(Names(TakeBlockingCalls()), ElementsAre("nanosleep"));
}

TEST(LoopGuardCanary, OnePlaceThatBlocksOftenIsOneReport) {
  const auto calls = OnALoop([] {
    for (int i = 0; i < 100; ++i) SleepInAFunctionWithAName();
  });
  EXPECT_EQ(calls.size(), 1U);
}

TEST(LoopGuardCanary, CallsThatWaitForADiskAreCaught) {
  const Ends file(File());
  EXPECT_THAT(Names(OnALoop([&] { fsync(file.To()); })), ElementsAre("fsync"));
  EXPECT_THAT(Names(OnALoop([&] { fdatasync(file.To()); })), ElementsAre("fdatasync"));
  EXPECT_THAT(Names(OnALoop([&] { flock(file.To(), LOCK_EX); })), ElementsAre("flock"));
  ASSERT_EQ(ftruncate(file.To(), 4096), 0);
  void* const bytes = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file.To(), 0);
  ASSERT_NE(bytes, MAP_FAILED);
  EXPECT_THAT(Names(OnALoop([&] { msync(bytes, 4096, MS_SYNC); })), ElementsAre("msync"));
  munmap(bytes, 4096);
}

TEST(LoopGuardCanary, CallsThatWaitForAPeerAreCaught) {
  const Ends pipe(Pipe());
  const Ends sockets(SocketPair());
  char byte = 0;
  EXPECT_THAT(Names(OnALoop([&] {
                EXPECT_EQ(write(pipe.To(), "a", 1), 1);
                EXPECT_EQ(read(pipe.From(), &byte, 1), 1);
                EXPECT_EQ(send(sockets.To(), "b", 1, MSG_NOSIGNAL), 1);
                EXPECT_EQ(recv(sockets.From(), &byte, 1, 0), 1);
              })),
              ElementsAre("write", "read", "send", "recv"));
  EXPECT_EQ(byte, 'b');
  EXPECT_THAT(Names(OnALoop([&] {
                const addrinfo hints{};
                addrinfo* found = nullptr;
                EXPECT_EQ(getaddrinfo("127.0.0.1", nullptr, &hints, &found), 0);
                freeaddrinfo(found);
              })),
              Contains("getaddrinfo"));
  // An address is only read.
  EXPECT_THAT(Names(OnALoop([&] {
                addrinfo hints{};
                hints.ai_flags = AI_NUMERICHOST;
                addrinfo* found = nullptr;
                EXPECT_EQ(getaddrinfo("127.0.0.1", nullptr, &hints, &found), 0);
                freeaddrinfo(found);
              })),
              testing::Not(Contains("getaddrinfo")));
}

TEST(LoopGuardCanary, AConnectionThatIsWaitedForIsCaught) {
  const Ends sockets({socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                      socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)});
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ASSERT_EQ(bind(sockets.From(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ASSERT_EQ(listen(sockets.From(), 1), 0);
  ASSERT_EQ(getsockname(sockets.From(), reinterpret_cast<sockaddr*>(&at), &size), 0);
  EXPECT_THAT(Names(OnALoop([&] {
                EXPECT_EQ(connect(sockets.To(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
                const int accepted = accept(sockets.From(), nullptr, nullptr);
                EXPECT_GE(accepted, 0);
                close(accepted);
              })),
              ElementsAre("connect", "accept"));
}

TEST(LoopGuardCanary, CallsThatWaitForSomethingToHappenAreCaught) {
  const Ends pipe(Pipe());
  pollfd one{pipe.From(), POLLIN, 0};
  EXPECT_THAT(Names(OnALoop([&] { poll(&one, 1, 1); })), ElementsAre("poll"));
  timeval wait{0, 1000};
  EXPECT_THAT(Names(OnALoop([&] { select(0, nullptr, nullptr, nullptr, &wait); })),
              ElementsAre("select"));
  const Ends mine({epoll_create1(EPOLL_CLOEXEC), -1});
  epoll_event event{};
  EXPECT_THAT(Names(OnALoop([&] { epoll_wait(mine.From(), &event, 1, 1); })),
              ElementsAre("epoll_wait"));
  EXPECT_THAT(Names(OnALoop([] { usleep(1); })), ElementsAre("usleep"));
  EXPECT_THAT(Names(OnALoop([] {
                const timespec none{};
                clock_nanosleep(CLOCK_MONOTONIC, 0, &none, nullptr);
              })),
              ElementsAre("clock_nanosleep"));
}

TEST(LoopGuardCanary, CallsThatWaitForAnotherThreadOrProcessAreCaught) {
  EXPECT_THAT(Names(OnALoop([] { std::thread([] {}).join(); })), ElementsAre("pthread_join"));
  std::mutex mutex;
  std::condition_variable changed;
  bool ready = false;
  EXPECT_THAT(Names(OnALoop([&] {
                std::unique_lock lock(mutex);
                changed.wait_for(lock, 1ms);
              })),
              ElementsAre("pthread_cond_clockwait"));
  EXPECT_THAT(Names(OnALoop([&] {
                std::unique_lock lock(mutex);
                changed.wait_until(lock, std::chrono::system_clock::now() + 1ms);
              })),
              ElementsAre("pthread_cond_timedwait"));
  EXPECT_THAT(Names(OnALoop([&] {
                std::unique_lock lock(mutex);
                std::jthread other([&] {
                  const std::lock_guard held(mutex);
                  ready = true;
                  changed.notify_all();
                });
                changed.wait(lock, [&] { return ready; });
                lock.unlock();
                other.detach();
              })),
              ElementsAre("pthread_cond_wait"));
  EXPECT_THAT(Names(OnALoop([] {
                const pid_t child = fork();
                if (child == 0) _exit(0);
                EXPECT_EQ(waitpid(child, nullptr, 0), child);
              })),
              ElementsAre("fork", "waitpid"));
}

TEST(LoopGuard, CallsThatReturnAtOnceAreNotCaught) {
  const Ends pipe(Pipe(O_NONBLOCK));
  const Ends sockets(SocketPair());
  const Ends file(File());
  const Ends mine({epoll_create1(EPOLL_CLOEXEC), -1});
  EXPECT_THAT(Names(OnALoop([&] {
                char byte = 0;
                EXPECT_EQ(read(pipe.From(), &byte, 1), -1);
                EXPECT_EQ(write(pipe.To(), "a", 1), 1);
                EXPECT_EQ(recv(sockets.From(), &byte, 1, MSG_DONTWAIT), -1);
                EXPECT_EQ(write(file.To(), "a", 1), 1);
                EXPECT_EQ(flock(file.To(), LOCK_EX | LOCK_NB), 0);
                EXPECT_EQ(flock(file.To(), LOCK_UN), 0);
                pollfd one{sockets.From(), POLLIN, 0};
                EXPECT_EQ(poll(&one, 1, 0), 0);
                epoll_event event{};
                EXPECT_EQ(epoll_wait(mine.From(), &event, 1, 0), 0);
                EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
              })),
              IsEmpty());
}

TEST(LoopGuard, ALoopMayWaitForItsOwnTimersAndWork) {
  EventLoops loops(2, "guarded");
  for (int i = 0; i < 2; ++i) {
    loops.Spawn(i, []() -> Task<void> {
      for (int turn = 0; turn < 5; ++turn) co_await Sleep(1ms);
    }());
  }
  loops.Start();
  std::this_thread::sleep_for(10ms);
  std::latch done(2);
  loops.PostToEach([&](int) { done.count_down(); });
  done.wait();
  loops.Stop();
  EXPECT_TRUE(loops.Join());
  EXPECT_THAT(Names(TakeBlockingCalls()), IsEmpty());
}

TEST(LoopGuard, OtherThreadsMayBlock) {
  const Ends file(File());
  fsync(file.To());
  SleepInAFunctionWithAName();
  EXPECT_THAT(Names(TakeBlockingCalls()), IsEmpty());
}

TEST(EventLoopsDeathTest, ALoopDoesNotRunAnotherToItsEnd) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(OnALoop([] { RunToEnd([]() -> Task<void> { co_return; }()); }), "RunningLoop");
}

}  // namespace
}  // namespace aisle::net
