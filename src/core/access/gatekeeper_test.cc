// What a gate makes of a store: open, closed, never open again; meters; the log of what was refused.
#include "access/gatekeeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include "access/file_token_store.h"
#include "base/files.h"
#include "base/temp_folder_testing.h"
#include "net/await.h"

namespace aisle::access {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using web::Role;

TEST(Meter, LetsInSoManyAtOnceAndThenEvenly) {
  Meter meter;
  net::SteadyTime now = net::SteadyTime() + 1h;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(meter.Take(10, now).count(), 0) << i;
  EXPECT_EQ(meter.Take(10, now), 100ms);
  now += 99ms;
  EXPECT_EQ(meter.Take(10, now), 1ms);
  now += 1ms;
  EXPECT_EQ(meter.Take(10, now).count(), 0);
  EXPECT_EQ(meter.Take(10, now), 100ms);
  // What was not used for long is no more than a second's worth.
  now += 1h;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(meter.Take(10, now).count(), 0) << i;
  EXPECT_GT(meter.Take(10, now).count(), 0);
}

TEST(Meter, AllLoopsCountTogether) {
  Meter meter;
  const net::SteadyTime now = net::SteadyTime() + 1h;
  std::atomic<int> let_in = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) let_in += meter.Take(100, now).count() == 0 ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(let_in, 100);
}

// A store that does what a test says.
class SomeStore : public TokenStore {
 public:
  Result<std::vector<TokenRecord>> Read() override {
    const std::lock_guard lock(mutex);
    ++reads;
    if (away) return Fail(ErrorCode::kUnavailable, "the store is away");
    return records;
  }
  Status Add(const TokenRecord&, const AuditEntry&) override { return {}; }
  Status Replace(const TokenRecord&, const AuditEntry&) override { return {}; }
  Status Note(std::span<const AuditEntry> entries) override {
    const std::lock_guard lock(mutex);
    noted.insert(noted.end(), entries.begin(), entries.end());
    return {};
  }
  Result<std::vector<AuditEntry>> ReadLog(std::size_t) override {
    const std::lock_guard lock(mutex);
    return noted;
  }
  std::string Where() const override { return "here"; }

  std::mutex mutex;
  std::vector<TokenRecord> records;
  std::vector<AuditEntry> noted;
  bool away = false;
  int reads = 0;
};

class GatekeeperTest : public testing::Test {
 protected:
  ~GatekeeperTest() override {
    if (gate) gate->Close();
    loops.Stop();
    loops.Join();
  }
  void Open(std::chrono::milliseconds look_every = 5ms) {
    auto started = Gatekeeper::Start(
        loops, {.store = store, .remembered = remembered, .look_every = look_every});
    ASSERT_TRUE(started) << started.error().message;
    gate = *std::move(started);
    loops.Start();
  }
  // Its text.
  std::string Make(Role role, std::int64_t per_second = 0) {
    const auto token = NewToken();
    TokenRecord record;
    record.id = token->id;
    record.role = role;
    record.hash = HashOf(token->secret);
    record.expires = base::Now() + 1h;
    record.requests_per_second = per_second;
    const std::lock_guard lock(store->mutex);
    store->records.push_back(record);
    return token->Text();
  }
  template <typename Work>
  auto OnLoop(const Work& work) {
    std::promise<decltype(work())> given;
    loops.Post(0, [&] { given.set_value(work()); });
    return given.get_future().get();
  }
  web::Gate::Verdict Admit(const std::string& token, Role needed = Role::kReader,
                           std::string_view method = "GET") {
    web::Route route{.method = method, .pattern = "/x", .role = needed};
    const std::string field = "Bearer " + token;
    return OnLoop([&] {
      web::Request request;
      request.method = method;
      request.route = &route;
      if (!token.empty()) request.fields.push_back({"Authorization", field});
      return gate->Admit(request, true);
    });
  }
  int StatusOf(const std::string& token, Role needed = Role::kReader) {
    const auto verdict = Admit(token, needed);
    return verdict.refused ? verdict.refused->status : 200;
  }
  void Wait(const std::function<bool()>& until) {
    for (int i = 0; i < 10'000 && !until(); ++i) std::this_thread::sleep_for(1ms);
    EXPECT_TRUE(until());
  }

  base::TempFolder folder;
  std::filesystem::path remembered = folder.Path() / "access" / "remembered.json";
  std::shared_ptr<SomeStore> store = std::make_shared<SomeStore>();
  net::EventLoops loops{1, "gate"};
  std::shared_ptr<Gatekeeper> gate;
};

TEST_F(GatekeeperTest, TheFirstTokenClosesItAndNothingOpensItAgain) {
  Open();
  EXPECT_EQ(StatusOf(""), 200);
  EXPECT_EQ(Admit("").principal->role, Role::kAdmin);
  EXPECT_THAT(gate->Line(), HasSubstr("open"));
  const std::string token = Make(Role::kReader);
  Wait([&] { return StatusOf("") == 401; });
  EXPECT_EQ(StatusOf(token), 200);
  EXPECT_THAT(gate->Line(), HasSubstr("1 of 1"));
  {
    const std::lock_guard lock(store->mutex);
    store->records.clear();
  }
  Wait([&] { return !gate->Trouble().empty(); });
  EXPECT_EQ(StatusOf(""), 401);
  EXPECT_EQ(StatusOf(token), 200);
}

TEST_F(GatekeeperTest, ATokenIsRevokedAndRotatedUnderRequests) {
  const std::string token = Make(Role::kWriter);
  Open();
  EXPECT_EQ(StatusOf(token), 200);
  const auto fresh = NewSecretFor(ParseToken(token)->id);
  {
    const std::lock_guard lock(store->mutex);
    store->records[0].old_hash = std::exchange(store->records[0].hash, HashOf(fresh->secret));
    store->records[0].old_until = base::Now() + 1h;
  }
  Wait([&] { return StatusOf(fresh->Text()) == 200; });
  EXPECT_EQ(StatusOf(token), 200) << "the old secret has its grace";
  {
    const std::lock_guard lock(store->mutex);
    store->records[0].old_until = base::Now() - 1s;
  }
  Wait([&] { return StatusOf(token) == 401; });
  EXPECT_EQ(StatusOf(fresh->Text()), 200);
  {
    const std::lock_guard lock(store->mutex);
    store->records[0].revoked = base::Now();
  }
  Wait([&] { return StatusOf(fresh->Text()) == 401; });
  EXPECT_THAT(Admit(fresh->Text()).refused->detail, HasSubstr("revoked"));
}

TEST_F(GatekeeperTest, WhatIsNotKnownYetIsLookedForAtOnce) {
  Make(Role::kReader);
  Open(1h);
  const std::string later = Make(Role::kReader);
  EXPECT_EQ(StatusOf(later), 401);
  std::promise<void> looked;
  loops.Spawn(0, [](Gatekeeper& of, std::promise<void>& done) -> net::Task<void> {
    co_await of.LookAgain();
    done.set_value();
  }(*gate, looked));
  looked.get_future().get();
  EXPECT_EQ(StatusOf(later), 200);
}

TEST_F(GatekeeperTest, AStoreThatIsAwayLeavesWhatWasKnown) {
  const std::string token = Make(Role::kReader);
  Open();
  {
    const std::lock_guard lock(store->mutex);
    store->away = true;
  }
  Wait([&] { return !gate->Trouble().empty(); });
  EXPECT_EQ(StatusOf(token), 200);
  EXPECT_EQ(StatusOf(""), 401);
  {
    const std::lock_guard lock(store->mutex);
    store->away = false;
  }
  Wait([&] { return gate->Trouble().empty(); });
}

TEST_F(GatekeeperTest, AStartWhileTheStoreIsAwayKnowsWhatWasRemembered) {
  const std::string token = Make(Role::kReader);
  Open();
  gate->Close();
  struct stat is{};
  ASSERT_EQ(stat(remembered.c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777U, 0600U);
  ASSERT_EQ(stat(remembered.parent_path().c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777U, 0700U);
  {
    const std::lock_guard lock(store->mutex);
    store->away = true;
  }
  auto again = Gatekeeper::Start(loops, {.store = store, .remembered = remembered});
  ASSERT_TRUE(again);
  gate = *again;
  EXPECT_TRUE(gate->MayListenAt("0.0.0.0:80"));
  Wait([&] { return StatusOf(token) == 200; });
  EXPECT_EQ(StatusOf(""), 401);
}

// Nobody knows whether there are tokens: that is not as if there were none.
TEST_F(GatekeeperTest, AStartThatKnowsNothingLetsNobodyIn) {
  store->away = true;
  Open();
  EXPECT_EQ(StatusOf(""), 503);
  EXPECT_EQ(StatusOf("", Role::kPublic), 200);
  EXPECT_TRUE(gate->MayListenAt("127.0.0.1:80"));
  EXPECT_EQ(gate->MayListenAt("0.0.0.0:80").error().code, ErrorCode::kUnavailable);
  {
    const std::lock_guard lock(store->mutex);
    store->away = false;
  }
  Wait([&] { return StatusOf("") == 200; });
}

TEST_F(GatekeeperTest, ItListensElsewhereWithTokensOnly) {
  Open(1h);
  for (const char* local : {"127.0.0.1:80", "[::1]:80", "unix:/run/x"})
    EXPECT_TRUE(gate->MayListenAt(local)) << local;
  for (const char* elsewhere : {"0.0.0.0:80", "[::]:80", "192.0.2.1:80"}) {
    const auto refused = gate->MayListenAt(elsewhere);
    ASSERT_FALSE(refused) << elsewhere;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(refused.error().message, HasSubstr("aisle tokens create"));
    EXPECT_EQ(StartGate(loops, elsewhere, std::nullopt).error().code, ErrorCode::kInvalidArgument);
  }
  gate->Close();
  Make(Role::kReader);
  auto with = StartGate(loops, "0.0.0.0:80", GatekeeperOptions{.store = store});
  ASSERT_TRUE(with) << with.error().message;
  gate = *with;
}

TEST_F(GatekeeperTest, AMeterOutlivesANewBookAndSaysWhenToComeAgain) {
  const std::string token = Make(Role::kReader, 2);
  Open();
  EXPECT_EQ(StatusOf(token), 200);
  EXPECT_EQ(StatusOf(token), 200);
  Make(Role::kReader);
  Wait([&] { return gate->BookOf(0).Count() == 2; });
  const auto verdict = Admit(token);
  ASSERT_TRUE(verdict.refused);
  EXPECT_EQ(verdict.refused->status, 429);
  EXPECT_EQ(verdict.fields.at(0), (std::pair<std::string_view, std::string>("Retry-After", "1")));
}

TEST_F(GatekeeperTest, ACookieChangesNothingFromAnotherSitesPage) {
  const std::string token = Make(Role::kWriter);
  Open(1h);
  const auto by_cookie = [&](std::string_view method, std::vector<web::Field> fields) {
    const std::string cookie = "aisle_session=" + token;
    web::Route route{.method = method, .pattern = "/x", .role = Role::kReader};
    return OnLoop([&] {
      web::Request request;
      request.method = method;
      request.route = &route;
      request.fields = std::move(fields);
      request.fields.push_back({"Cookie", cookie});
      request.fields.push_back({"Host", "localhost:8000"});
      const auto verdict = gate->Admit(request, true);
      return verdict.refused ? verdict.refused->status : 200;
    });
  };
  EXPECT_EQ(by_cookie("GET", {}), 200);
  EXPECT_EQ(by_cookie("PUT", {{"Origin", "http://localhost:8000"}}), 200);
  EXPECT_EQ(by_cookie("PUT", {{"Origin", "http://localhost:8001"}}), 403);
  EXPECT_EQ(by_cookie("PUT", {}), 403);
  EXPECT_EQ(by_cookie("DELETE", {{"Origin", "null"}}), 403);
}

TEST_F(GatekeeperTest, RefusedAdministrationIsNotedWithoutSecretsAndWithinLimits) {
  const std::string reader = Make(Role::kReader);
  Make(Role::kAdmin);
  Open(50ms);
  EXPECT_EQ(StatusOf(reader, Role::kAdmin), 403);
  EXPECT_EQ(StatusOf("", Role::kAdmin), 401);
  EXPECT_EQ(StatusOf("", Role::kReader), 401);
  for (int i = 0; i < 100; ++i) Admit("", Role::kAdmin);
  Wait([&] { return store->ReadLog(100)->size() >= 2; });
  const auto log = *store->ReadLog(100);
  EXPECT_LT(log.size(), 60U);
  EXPECT_EQ(log[0].action, "refused");
  EXPECT_EQ(log[0].token, ParseToken(reader)->id);
  EXPECT_EQ(log[0].detail, "GET /x: role-too-low");
  EXPECT_EQ(log[1].by, "nobody known");
  for (const AuditEntry& entry : log)
    EXPECT_THAT(LineOf(entry), testing::Not(HasSubstr(ParseToken(reader)->secret)));
}

TEST(FileTokenStore, IsForItsOwnerAndKeepsALog) {
  const base::TempFolder folder;
  FileTokenStore store(folder.Path() / "access");
  EXPECT_TRUE(store.Read()->empty());
  EXPECT_TRUE(store.ReadLog(10)->empty());
  TokenRecord record;
  record.id = NewToken()->id;
  const AuditEntry entry{
      .at = base::Now(), .action = "create", .by = "me", .token = record.id, .detail = ""};
  ASSERT_TRUE(store.Add(record, entry));
  for (const char* name : {"tokens.json", "audit.jsonl"}) {
    struct stat is{};
    ASSERT_EQ(stat((folder.Path() / "access" / name).c_str(), &is), 0);
    EXPECT_EQ(is.st_mode & 0777U, 0600U) << name;
  }
  record.name = "changed";
  ASSERT_TRUE(store.Replace(record, entry));
  EXPECT_EQ(store.Read()->at(0).name, "changed");
  EXPECT_EQ(store.ReadLog(10)->size(), 2U);
  EXPECT_EQ(store.ReadLog(1)->size(), 1U);
  TokenRecord other;
  other.id = NewToken()->id;
  EXPECT_EQ(store.Replace(other, entry).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store.ReadLog(10)->size(), 2U) << "what was not done is not in the log";
  // Half a line of a machine that went down, and a damaged file.
  std::ofstream(folder.Path() / "access" / "audit.jsonl", std::ios::app) << "{\"at\":";
  EXPECT_EQ(store.ReadLog(10)->size(), 2U);
  std::ofstream(folder.Path() / "access" / "tokens.json") << "{}";
  EXPECT_EQ(store.Read().error().code, ErrorCode::kInternal);
  EXPECT_THAT(store.Read().error().message, HasSubstr("tokens.json"));
  EXPECT_FALSE(store.Add(other, entry)) << "what is damaged is not written over";
}

}  // namespace
}  // namespace aisle::access
