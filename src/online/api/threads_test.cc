// Everything that a server's threads do, at the same time: requests, writes, flips, questions from outside, the end.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

#include "api/generation_watcher.h"
#include "api/local_change_writer.h"
#include "api/open_shop_testing.h"
#include "events/events.h"

namespace aisle::api {
namespace {

using namespace std::chrono_literals;

constexpr const char* kAsk = "/recommend?customer_id=1000000&zip_code=10001&dry_run=true";

bool WaitForGeneration(const OpenShop& shop, std::int64_t generation) {
  const std::string wanted = fmt::format("\"generation\":{},", generation);
  for (int i = 0; i < 600; ++i) {
    if (shop.Get("/health").body.find(wanted) != std::string::npos) return true;
    std::this_thread::sleep_for(50ms);
  }
  return false;
}

// Clients that ask or write without a pause until they are told to end, or the server goes.
class Clients {
 public:
  explicit Clients(const OpenShop& shop) : shop_(shop) {}
  ~Clients() { End(); }
  void Reader(std::string target) {
    threads_.emplace_back([this, target, client = shop_.Connect()]() mutable {
      while (!ending) {
        if (!Count(client.Get(target))) return;
      }
    });
  }
  // `of`: the writer's own products are every third, from this one on.
  void Writer(int of) {
    threads_.emplace_back([this, of, client = shop_.Connect()]() mutable {
      for (int turn = 0; !ending; ++turn) {
        const int product =
            1 + 2 * ((of + 3 * turn) % static_cast<int>(kProducts));  // As the sample has them.
        auto answer = turn % 2 == 0 ? client.Put("/v1/inventory", Stock(product, turn % 5))
                                    : client.Put(fmt::format("/v1/products/{}", product),
                                                 fmt::format(R"({{"price": {}.50, "hidden": {}}})",
                                                             1 + turn % 90, turn % 7 == 0));
        const bool taken = answer && answer->status == 200;
        if (!Count(std::move(answer))) return;
        if (taken) ++written;
      }
    });
  }
  void End() {
    ending = true;
    threads_.clear();
  }
  std::atomic<int> answered = 0;
  std::atomic<int> written = 0;
  std::atomic<int> failed = 0;
  std::atomic<bool> ending = false;

 private:
  static std::string Stock(int product, int quantity) {
    return fmt::format(
        R"({{"product_id":{},"region":"Northeast","qty_on_hand":{},"est_delivery_days":2}})",
        product, quantity);
  }
  // False: the connection ended.
  bool Count(Result<web::ClientAnswer> answer) {
    if (!answer) return false;
    if (answer->status != 200) {
      ++failed;
      ADD_FAILURE() << answer->status << ' ' << answer->body;
    }
    ++answered;
    return answer->status == 200;
  }

  const OpenShop& shop_;
  std::vector<std::jthread> threads_;
};

TEST(Threads, WritesAndFlipsAndQuestionsGoOnBesideEachOther) {
  OpenShop shop;
  Clients clients(shop);
  for (const char* target : {kAsk, "/health", "/readyz"}) clients.Reader(target);
  for (int i = 0; i < 3; ++i) clients.Writer(i);
  for (std::uint64_t seed = 2; seed <= 4; ++seed)
    EXPECT_TRUE(WaitForGeneration(shop, PublishGeneration(shop.Root(), seed)));
  while (clients.written < 50 && clients.failed == 0) std::this_thread::sleep_for(5ms);
  EXPECT_THAT(shop.server->ReadyLine(), testing::StartsWith("Ready - "));
  clients.End();
  EXPECT_EQ(clients.failed, 0);
  shop.ExpectWell();
}

// What was acknowledged is in the log, whatever the server was doing when it ended.
TEST(Threads, AServerThatEndsUnderWritesKeepsWhatItAcknowledged) {
  OpenShop shop;
  std::uint64_t written = 0;
  {
    Clients clients(shop);
    clients.Reader(kAsk);
    for (int i = 0; i < 3; ++i) clients.Writer(i);
    while (clients.written < 20 && clients.failed == 0) std::this_thread::sleep_for(1ms);
    PublishGeneration(shop.Root(), 2);
    EXPECT_TRUE(shop.Close());
    shop.server.reset();
    clients.End();
    EXPECT_EQ(clients.failed, 0);
    written = static_cast<std::uint64_t>(clients.written);
  }
  const auto log =
      events::EventLog::Open(shop.Options().change_log, events::EventLog::Access::kRead);
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_GE(log->LastPosition().value_or(0), written);
}

events::Change SoldOut(const std::string& region) {
  events::Change change;
  change.envelope.kind = events::Kind::kStock;
  change.row = {
      {"product_id", std::int64_t{1}}, {"region", region}, {"qty_on_hand", std::int64_t{0}}};
  return change;
}

// The quickstart's, with its first region under another name.
domain::RetailerShape WithRegion(const std::string& name) {
  auto parts = domain::RetailerShape::Quickstart().All();
  const std::string old = std::exchange(parts.regions[0].name, name);
  for (auto& rule : parts.postal_rules) {
    if (rule.region == old) rule.region = name;
  }
  auto shape = domain::RetailerShape::Make(std::move(parts));
  AISLE_ASSERT(shape);
  return *std::move(shape);
}

TEST(ChangeWriter, WritesOfTwoShapesThatComeTogetherAreAllTaken) {
  const base::TempFolder folder;
  const auto writer = LocalChangeWriter::Start(folder.Path() / "changes", folder.Path() / "serving",
                                               [](const ShelfPointer&, const std::string&) {});
  ASSERT_TRUE(writer) << writer.error().message;
  constexpr int kWrites = 40;
  net::EventLoops loops(1, "writes");
  std::latch done(kWrites);
  std::vector<Status> results(kWrites);
  for (int i = 0; i < kWrites; ++i) {
    const std::string region = i % 2 == 0 ? "Here" : "There";
    loops.Spawn(0,
                [](ChangeWriter& to, std::string name, Status& result,
                   std::latch& ended) -> net::Task<void> {
                  std::vector<events::Change> changes(1, SoldOut(name));
                  result = co_await to.Write(std::move(changes), WithRegion(name));
                  ended.count_down();
                }(**writer, region, results[static_cast<std::size_t>(i)], done));
  }
  loops.Start();
  done.wait();
  for (const Status& result : results) EXPECT_TRUE(result) << result.error().message;
  EXPECT_EQ((*writer)->Taken(), static_cast<std::uint64_t>(kWrites));
  EXPECT_EQ((*writer)->Trouble(), "");
  (*writer)->Stop();
  loops.Stop();
  EXPECT_TRUE(loops.Join());
}

// An event loop stops the watcher on a signal: it must not wait for what a publish waits for.
TEST(GenerationWatcher, WhoAsksOrStopsDoesNotWaitForAPublish) {
  const base::TempFolder folder;
  PublishGeneration(folder.Path(), 1);
  std::promise<void> begun;
  std::promise<void> asked;
  std::atomic<int> published = 0;
  std::atomic<bool> in_time = false;
  GenerationWatcher watcher(folder.Path(), [&](const StatePointer&, const std::string&) {
    if (++published != 2) return;
    begun.set_value();
    in_time = asked.get_future().wait_for(30s) == std::future_status::ready;
  });
  watcher.Start(5ms);
  PublishGeneration(folder.Path(), 2);
  begun.get_future().wait();
  EXPECT_EQ(watcher.State()->Manifest().generation, 2);
  EXPECT_EQ(watcher.Reason(), "");
  watcher.Stop();
  asked.set_value();
  for (int i = 0; i < 2000 && !in_time; ++i) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(in_time);
}

}  // namespace
}  // namespace aisle::api
