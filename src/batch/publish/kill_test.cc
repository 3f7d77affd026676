// A process that is killed while it scores or publishes leaves the old state whole, and the next run
// succeeds.
//
// The child makes its own database (this process opens none while it forks) and is killed by itself in
// the middle of the customers, or from outside at any moment up to the end.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <thread>

#include "publish/publish.h"
#include "publish/small_shop_testing.h"
#include "serving/state/serving_state.h"

namespace aisle::publish {
namespace {

constexpr int kTimedKills = 6;

struct Killed {
  bool by_signal = false;
  bool well = false;  // It ended by itself, successfully.
};

// Runs `work` in a child. `kill_after` counts from the byte that the child writes when it begins;
// negative: it is left alone.
Killed RunInChild(const std::function<bool(int ready)>& work,
                  std::chrono::microseconds kill_after) {
  std::array<int, 2> pipe{};
  AISLE_ASSERT(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  AISLE_ASSERT(child >= 0);
  if (child == 0) {
    ::close(pipe[0]);
    ::alarm(120);  // Whatever happens to the parent, the child ends.
    ::_exit(work(pipe[1]) ? 0 : 1);
  }
  ::close(pipe[1]);
  char byte = 0;
  const bool began = ::read(pipe[0], &byte, 1) == 1;
  ::close(pipe[0]);
  if (began && kill_after.count() >= 0) {
    std::this_thread::sleep_for(kill_after);
    ::kill(child, SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return {.by_signal = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
          .well = WIFEXITED(status) && WEXITSTATUS(status) == 0};
}

class KillTest : public testing::Test {
 protected:
  void SetUp() override {
    AddModel(registry_, "propensity", PropensitySpec(1));
    AddModel(registry_, "ranking", RankingSpec(1));
  }

  // Publishes in a child; it dies on its own when `dies_at` customers are done.
  Killed PublishInChild(std::int64_t dies_at, std::chrono::microseconds kill_after) {
    return RunInChild(
        [&](int ready) {
          SmallShop shop;
          if (::write(ready, "x", 1) != 1) return false;
          const auto manifest = PublishGeneration(shop.Database(), registry_, root_,
                                                  SmallShop::AsOf(), [&](std::int64_t done) {
                                                    if (done >= dies_at) ::raise(SIGKILL);
                                                    return true;
                                                  });
          return manifest.has_value();
        },
        kill_after);
  }

  std::int64_t ServedGeneration() {
    const auto state = serving::ServingState::OpenCurrent(root_);
    EXPECT_TRUE(state) << state.error().message;
    if (!state) return -1;
    EXPECT_EQ((*state)->Manifest().customers, 600);
    return (*state)->Manifest().generation;
  }

  static constexpr std::int64_t kNever = 1'000'000;
  base::TempFolder folder_;
  registry::Registry registry_{folder_.Path() / "models"};
  const std::filesystem::path root_ = folder_.Path() / "serving";
};

TEST_F(KillTest, KilledWhilePublishingTheOldGenerationStaysAndTheNextRunSucceeds) {
  using std::chrono::microseconds;
  ASSERT_TRUE(PublishInChild(kNever, microseconds{-1}).well);
  std::int64_t served = ServedGeneration();
  for (const std::int64_t dies_at : {256, 512, 600}) {
    EXPECT_TRUE(PublishInChild(dies_at, microseconds{-1}).by_signal);
    EXPECT_EQ(ServedGeneration(), served);
  }
  for (int i = 0; i < kTimedKills; ++i) {
    const Killed killed = PublishInChild(kNever, microseconds{5'000 + 37'000 * i});
    EXPECT_TRUE(killed.by_signal || killed.well);
    const std::int64_t now = ServedGeneration();
    EXPECT_GE(now, served);
    served = now;
  }
  EXPECT_TRUE(PublishInChild(kNever, microseconds{-1}).well);
  EXPECT_GT(ServedGeneration(), served);
  // Nothing of the killed ones is left behind.
  for (const auto& entry : std::filesystem::directory_iterator(root_))
    EXPECT_THAT(entry.path().filename().string(), testing::Not(testing::HasSubstr("staging")));
}

TEST_F(KillTest, KilledWhileScoringTheOldTableStaysAndTheNextRunSucceeds) {
  using std::chrono::microseconds;
  const std::string file = (folder_.Path() / "shop.duckdb").string();
  ASSERT_TRUE(RunInChild(
                  [&](int ready) {
                    SmallShop shop;
                    shop.Write("ATTACH '" + file + "' AS copy");
                    shop.Write("COPY FROM DATABASE memory TO copy");
                    shop.Write("DETACH copy");
                    return ::write(ready, "x", 1) == 1;
                  },
                  microseconds{-1})
                  .well);
  const auto score = [&](std::int64_t dies_at, microseconds kill_after) {
    return RunInChild(
        [&](int ready) {
          auto database = warehouse::Database::Open(file);
          if (!database || ::write(ready, "x", 1) != 1) return false;
          return ScorePropensity(*database, registry_, SmallShop::AsOf(),
                                 [&](std::int64_t done) {
                                   if (done >= dies_at) ::raise(SIGKILL);
                                   return true;
                                 })
              .has_value();
        },
        kill_after);
  };
  const auto rows_of = [&](int version) {
    return RunInChild(
               [&](int ready) {
                 auto database = warehouse::Database::Open(file);
                 if (!database) return false;
                 auto connection = database->Connect();
                 const auto rows = connection->QueryInt(
                     {"test",
                      "SELECT CASE WHEN count(*) = 1200 AND min(model_version) = "
                      "max(model_version) "
                      "THEN min(model_version) ELSE 0 END FROM gold.customer_propensity"});
                 return rows && *rows == version && ::write(ready, "x", 1) == 1;
               },
               microseconds{-1})
        .well;
  };
  ASSERT_TRUE(score(kNever, microseconds{-1}).well);
  EXPECT_TRUE(rows_of(1));
  AddModel(registry_, "propensity", PropensitySpec(2));
  EXPECT_TRUE(score(300, microseconds{-1}).by_signal);
  EXPECT_TRUE(rows_of(1));
  for (int i = 0; i < kTimedKills; ++i) {
    const Killed killed = score(kNever, microseconds{5'000 + 30'000 * i});
    EXPECT_TRUE(killed.by_signal || killed.well);
    EXPECT_TRUE(rows_of(1) || rows_of(2));
  }
  EXPECT_TRUE(score(kNever, microseconds{-1}).well);
  EXPECT_TRUE(rows_of(2));
}

}  // namespace
}  // namespace aisle::publish
