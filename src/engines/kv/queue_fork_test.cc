// Children of a program whose threads open and close queues.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stop_token>
#include <thread>

#include "base/temp_folder_testing.h"
#include "kv/queue.h"

namespace aisle::kv {
namespace {

constexpr unsigned kPatienceSeconds = 120;

// In the child: ends with 0 when the queue opened. Whoever waits for a lock that nobody holds ends by the alarm.
[[noreturn]] void OpenInTheChild(const std::filesystem::path& folder) {
  alarm(kPatienceSeconds);
  _exit(Queue::Open(folder, Queue::Access::kRead, {}) ? 0 : 1);
}

TEST(Queue, AChildOpensOneWhateverTheThreadsOfItsParentDo) {
  const base::TempFolder folder;
  const auto path = folder.Path() / "queue";
  const auto other = folder.Path() / "other";
  for (const auto& made : {path, other}) ASSERT_TRUE(Queue::Open(made, Queue::Access::kWrite, {}));
  const std::jthread opens([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) EXPECT_TRUE(Queue::Open(other, Queue::Access::kRead, {}));
  });
  for (int i = 0; i < 40; ++i) {
    const pid_t child = fork();
    if (child == 0) OpenInTheChild(path);
    ASSERT_GT(child, 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "child " << i << ": " << status;
  }
}

}  // namespace
}  // namespace aisle::kv
