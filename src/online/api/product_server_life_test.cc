// Generations that come, break and flip under requests; ports and logs that are taken; stopping.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "api/generation_watcher.h"
#include "api/open_shop_testing.h"
#include "api/product_server.h"
#include "events/events.h"
#include "web/certificate_testing.h"

namespace aisle::api {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kAsk = "/recommend?customer_id=1000000&zip_code=10001";
constexpr const char* kReady =
    R"({"status":"ready","stores":[{"name":"embedded","breaker":"closed"}]})";

// Asks until the answer is of that generation; false after half a minute.
bool WaitForGeneration(const OpenShop& shop, std::int64_t generation) {
  const std::string wanted = fmt::format("\"generation\":{},", generation);
  for (int i = 0; i < 600; ++i) {
    if (shop.Get(kAsk).body.find(wanted) != std::string::npos) return true;
    std::this_thread::sleep_for(50ms);
  }
  return false;
}

TEST(ProductServer, WithoutAGenerationItLivesButIsNotReadyUntilOneIsPublished) {
  OpenShop shop(false);
  EXPECT_EQ(shop.Get("/livez").status, 200);
  const auto not_ready = shop.Get("/readyz");
  EXPECT_EQ(not_ready.status, 503);
  EXPECT_THAT(not_ready.body, HasSubstr("nothing is published"));
  EXPECT_EQ(shop.Get("/health").status, 503);
  EXPECT_EQ(shop.Get(kAsk).status, 503);
  EXPECT_EQ(shop.Get(kAsk).Find("Retry-After"), "1");
  EXPECT_EQ(shop.Post("/recommend", R"({"data": [[0, {"customer_id": 1}]]})").status, 503);
  EXPECT_THAT(shop.server->ReadyLine(), StartsWith("Not ready - "));
  PublishGeneration(shop.Root(), 1);
  EXPECT_TRUE(WaitForGeneration(shop, 1));
  EXPECT_THAT(shop.server->ReadyLine(), StartsWith("Ready - 200 products cached"));
}

TEST(ProductServer, ABrokenGenerationIsPassedOverAndTheNextIsServed) {
  OpenShop shop;
  {
    // A generation that is named but not there.
    std::ofstream(shop.Root() / "CURRENT") << "99\n";
  }
  std::this_thread::sleep_for(1200ms);  // Two looks.
  const auto answer = shop.Get(kAsk);
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("\"generation\":1,"));
  EXPECT_THAT(answer.body, HasSubstr(R"({"what":"generation","why":"not current"})"));
  for (const char* path : {"/readyz", "/health"}) {
    EXPECT_EQ(shop.Get(path).status, 200);
    EXPECT_THAT(shop.Get(path).body,
                HasSubstr(R"("degraded":[{"what":"generation","why":"generation 99 does not open, )"
                          R"(generation 1 stands in: see the log"}])"));
  }
  {
    std::ofstream(shop.Root() / "CURRENT") << "1\n";
  }
  const std::int64_t next = PublishGeneration(shop.Root(), 2);
  EXPECT_TRUE(WaitForGeneration(shop, next));
  EXPECT_THAT(shop.Get(kAsk).body, HasSubstr(R"("degraded":[])"));
  EXPECT_EQ(shop.Get("/readyz").body, kReady);
}

TEST(ProductServer, ADamagedGenerationAtTheStartIsStoodInForByTheNewestWholeOne) {
  base::TempFolder folder;
  for (std::uint64_t seed = 1; seed <= 2; ++seed)
    PublishGeneration(folder.Path() / "serving", seed);
  std::ofstream(folder.Path() / "serving" / "generation-2" / "shelf.bin") << "damaged";
  OpenShop shop(false, 2, folder.Path());
  EXPECT_THAT(shop.Get(kAsk).body, HasSubstr("\"generation\":1,"));
  EXPECT_THAT(shop.Get(kAsk).body, HasSubstr(R"({"what":"generation","why":"not current"})"));
  EXPECT_THAT(shop.Get("/readyz").body, HasSubstr("generation 2 does not open, generation 1"));
  EXPECT_THAT(shop.server->ReadyLine(), HasSubstr("generation 1, "));
  const std::int64_t next = PublishGeneration(shop.Root(), 3);
  EXPECT_TRUE(WaitForGeneration(shop, next));
  EXPECT_EQ(shop.Get("/readyz").body, kReady);
}

// A file where the log's folder should be: nothing can be written there, as on a read-only disk.
TEST(ProductServer, WithoutALogItStartsAndSaysThatImpressionsAreDropped) {
  base::TempFolder folder;
  PublishGeneration(folder.Path() / "serving", 1);
  std::ofstream(folder.Path() / "events") << "in the way";
  OpenShop shop(false, 1, folder.Path());
  EXPECT_EQ(shop.Get(kAsk).status, 200);
  EXPECT_EQ(shop.Get("/readyz").body,
            R"({"status":"ready","stores":[{"name":"embedded","breaker":"closed"}],)"
            R"("degraded":[{"what":"impressions","why":"they are dropped: see the log"}]})");
  for (int i = 0; i < 2000; ++i) {
    if (shop.Get("/health").body.find(R"("impressions":{"written":0,"dropped":1})") !=
        std::string::npos)
      return;
    std::this_thread::sleep_for(5ms);
  }
  ADD_FAILURE() << shop.Get("/health").body;
}

// Clients that ask without a pause until they are told to end.
class Askers {
 public:
  Askers(const OpenShop& shop, int count) {
    // All are connected before anybody asks: the server may stop soon after the first answers.
    std::vector<web::Client> clients;
    for (int i = 0; i < count; ++i) clients.push_back(shop.Connect());
    for (web::Client& client : clients)
      threads_.emplace_back([this, asker = std::move(client)]() mutable { Ask(asker); });
  }
  ~Askers() { End(); }
  void End() {
    ending = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  std::atomic<int> answered = 0;
  std::atomic<int> failed = 0;  // Answered, but not with 200.
  std::atomic<int> closed = 0;  // Connections that ended instead of an answer.
  std::atomic<bool> ending = false;

 private:
  void Ask(web::Client& client) {
    while (!ending) {
      const auto answer = client.Get(kAsk);
      if (!answer) {
        ++closed;
        return;
      }
      ++(answer->status == 200 && answer->body.ends_with("]}") ? answered : failed);
    }
  }
  std::vector<std::thread> threads_;
};

TEST(ProductServer, GenerationsFlipUnderRequestsAndNoneFails) {
  OpenShop shop;
  Askers askers(shop, 4);
  for (std::uint64_t seed = 2; seed <= 5; ++seed) {
    const std::int64_t generation = PublishGeneration(shop.Root(), seed, seed % 2 == 0 ? 7 : 0);
    EXPECT_TRUE(WaitForGeneration(shop, generation));
  }
  askers.End();
  EXPECT_GT(askers.answered, 10);
  EXPECT_EQ(askers.failed, 0);
  EXPECT_EQ(askers.closed, 0);
}

TEST(ProductServer, StoppingUnderRequestsTearsNoAnswer) {
  OpenShop shop;
  Askers askers(shop, 4);
  while (askers.answered < 20) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(shop.Close());
  askers.End();
  EXPECT_EQ(askers.failed, 0);
}

TEST(ProductServer, WhatWasShownIsInTheEventLogAfterwards) {
  base::TempFolder folder;
  std::string request_id;
  std::filesystem::path kept = folder.Path() / "events";
  {
    OpenShop shop;
    request_id = shop.Get(kAsk).Find("X-Request-Id");
    const auto batch =
        Json(shop.Post("/recommend", R"({"data": [[0, {"customer_id": 1000001}]]})"));
    EXPECT_THAT(Text(batch.at("data").at(0).at(1).at("request_id")), testing::EndsWith(".0"));
    const auto second = ProductServer::Start(shop.loops, shop.Options());
    ASSERT_FALSE(second);  // Another server owns this event log.
    EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
    EXPECT_TRUE(shop.Close());
    std::filesystem::rename(shop.Options().event_log, kept);
  }
  const auto log = events::EventLog::Open(kept, events::EventLog::Access::kRead);
  ASSERT_TRUE(log) << log.error().message;
  const auto records = log->Read(0, 10);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 2U);
  const auto impression = events::DecodeImpression(records->front().bytes);
  ASSERT_TRUE(impression);
  EXPECT_EQ(impression->request_id, request_id);
  EXPECT_EQ(impression->customer.value, 1'000'000);
  EXPECT_EQ(impression->shown.size(), 5U);
  EXPECT_EQ(impression->generation, 1);
}

TEST(ProductServer, AddressesThatCannotBeAreErrors) {
  OpenShop shop;
  net::EventLoops loops(1, "second");
  ServerOptions options = shop.Options();
  options.log_impressions = false;
  options.change_log = shop.folder.Path() / "changes-of-the-second";
  options.listen = shop.server->Address();
  const auto taken = ProductServer::Start(loops, options);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(taken.error().message, HasSubstr("the port is taken"));
  for (const char* listen : {"0.0.0.0:8000", "[::]:8000", "10.0.0.1:80", "8000", "nowhere:80"}) {
    options.listen = listen;
    const auto refused = ProductServer::Start(loops, options);
    ASSERT_FALSE(refused) << listen;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument) << listen;
  }
  shop.ExpectWell();
}

TEST(ProductServer, AnswersOnAUnixSocketToWhomeverMayOpenIt) {
  OpenShop shop;
  net::EventLoops loops(2, "unix");
  ServerOptions options = shop.Options();
  options.log_impressions = false;
  options.change_log = shop.folder.Path() / "changes-of-the-second";
  options.listen = "unix:" + (shop.folder.Path() / "aisle.sock").string();
  const auto server = ProductServer::Start(loops, options);
  ASSERT_TRUE(server) << server.error().message;
  loops.Start();
  EXPECT_EQ((*server)->Address(), options.listen);
  auto client = web::Client::Connect(*web::ParseAddress((*server)->Address()));
  ASSERT_TRUE(client) << client.error().message;
  // A proxy passes on the name it is known by.
  ASSERT_TRUE(client->Send(fmt::format("GET {} HTTP/1.1\r\nHost: shop.example\r\n\r\n", kAsk)));
  EXPECT_EQ(client->Receive()->status, 200);
  loops.Stop();
  EXPECT_TRUE(loops.Join());
}

// A server beside the shop's own, over the same generation.
struct Beside {
  Beside(const OpenShop& shop, web::ServerOptions http) : loops(1, "beside") {
    ServerOptions options = shop.Options();
    options.log_impressions = false;
    options.change_log = shop.folder.Path() / "changes-of-the-second";
    options.http = std::move(http);
    server = OpenShop::MustStart(loops, options);
    loops.Start();
  }
  ~Beside() {
    loops.Stop();
    EXPECT_TRUE(loops.Join());
  }
  web::ClientAnswer Ask(const std::string& target, const std::string& fields = {}) const {
    auto client = web::Client::Connect(*web::ParseAddress(server->Address()));
    AISLE_ASSERT(client);
    AISLE_ASSERT(
        client->Send(fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", target, fields)));
    return OpenShop::MustHave(client->Receive());
  }
  net::EventLoops loops;
  std::unique_ptr<ProductServer> server;
};

TEST(ProductServer, SaysThatItIsAboutToStopAndStillAnswers) {
  const OpenShop shop;
  const Beside beside(shop, {});
  EXPECT_EQ(beside.Ask("/readyz").status, 200);
  beside.server->Drain();
  const auto ready = beside.Ask("/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_THAT(ready.body, HasSubstr("urn:problem-type:aisle:draining"));
  EXPECT_EQ(beside.Ask("/livez").status, 200);
  EXPECT_EQ(beside.Ask(kAsk).status, 200);
}

TEST(ProductServer, OverTlsItSaysWhatIsWrongWithItsCertificate) {
  const OpenShop shop;
  const base::TempFolder folder;
  web::TlsOptions tls = web::WritePair(folder.Path(), web::MakeCertificate("shop.example"));
  tls.look_every = 5ms;
  const Beside beside(shop, {.certificate = *web::CertificateKeeper::Start(tls)});
  EXPECT_THAT(beside.server->Address(), StartsWith("https://127.0.0.1:"));
  EXPECT_EQ(beside.Ask(kAsk).status, 200);
  EXPECT_EQ(beside.Ask("/readyz").body, kReady);
  std::ofstream(tls.certificate) << "nonsense";
  const std::string wrong = R"("degraded":[{"what":"certificate","why":"the new certificate)";
  for (int i = 0; i < 2000; ++i) {
    if (beside.Ask("/readyz").body.find(wrong) != std::string::npos) return;
    std::this_thread::sleep_for(5ms);
  }
  ADD_FAILURE() << beside.Ask("/readyz").body;
}

TEST(ProductServer, TheClientsOwnDeadlineHoldsForItsAnswer) {
  const OpenShop shop;
  const Beside beside(shop, {});
  EXPECT_EQ(beside.Ask(kAsk, "X-Envoy-Expected-Rq-Timeout-Ms: 60000\r\n").status, 200);
  const auto wrong = beside.Ask(kAsk, "X-Envoy-Expected-Rq-Timeout-Ms: soon\r\n");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.body, HasSubstr(R"("field":"X-Envoy-Expected-Rq-Timeout-Ms")"));
}

TEST(ProductServer, ALongAnswerIsCompressedForWhoeverTakesIt) {
  const OpenShop shop;
  const Beside beside(shop, {.compress_bytes = 4096});
  const auto page = beside.Ask("/");
  const auto packed = beside.Ask("/", "Accept-Encoding: gzip\r\n");
  for (const auto* answer : {&page, &packed}) EXPECT_EQ(answer->Find("Vary"), "Accept-Encoding");
  EXPECT_EQ(page.Find("Content-Encoding"), "");
  EXPECT_EQ(packed.Find("Content-Encoding"), "gzip");
  EXPECT_LT(packed.body.size() * 2, page.body.size());
  EXPECT_EQ(beside.Ask("/livez", "Accept-Encoding: gzip\r\n").Find("Content-Encoding"), "");
}

TEST(GenerationWatcher, AReplacedGenerationIsLetGo) {
  base::TempFolder folder;
  PublishGeneration(folder.Path(), 1);
  std::atomic<int> published = 0;
  GenerationWatcher watcher(folder.Path(),
                            [&](const StatePointer&, const std::string&) { ++published; });
  watcher.Start(5ms);
  EXPECT_EQ(published, 1);
  const std::weak_ptr<const serving::ServingState> first = watcher.State();
  PublishGeneration(folder.Path(), 2);
  for (int i = 0; i < 2000 && !first.expired(); ++i) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(first.expired());
  EXPECT_EQ(published, 2);
  EXPECT_EQ(watcher.State()->Manifest().generation, 2);
  EXPECT_EQ(watcher.Reason(), "");
}

}  // namespace
}  // namespace aisle::api
