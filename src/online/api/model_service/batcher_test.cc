#include "api/model_service/batcher.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api/model_service/open_service_testing.h"
#include "base/random.h"
#include "net/event_loops.h"
#include "web/json_body.h"

namespace aisle::api {
namespace {

using namespace std::chrono_literals;

std::vector<float> RandomRows(std::uint64_t seed, std::size_t count) {
  base::Stream stream(seed, count, 0);
  std::vector<float> rows(count * 3);
  for (float& value : rows) value = static_cast<float>(stream.Uniform(-3, 3));
  return rows;
}

std::vector<float> Alone(const ServedModel& model, const std::vector<float>& rows) {
  std::vector<float> predictions(rows.size() / 3 * model.PredictionCount());
  model.Forest().Predict(rows, predictions);
  return predictions;
}

net::Task<void> Ask(Batcher& batcher, ServedPointer model, std::uint64_t seed, std::size_t count,
                    int& left, std::function<void()> done) {
  const std::vector<float> rows = RandomRows(seed, count);
  const Scores scores = co_await batcher.Score(model, rows);
  EXPECT_EQ(std::get<0>(scores.predictions), Alone(*model, rows)) << seed;
  EXPECT_EQ(SizeOf(scores.margins), count * model->MarginCount());
  if (--left == 0) done();
}

// So many requests at once on one loop, of two models in turn; every answer is held against the forest's own.
void AskTogether(Batcher& batcher, int requests, std::size_t rows_of_last = 1) {
  net::EventLoops loops(1, "batch");
  const std::vector<ServedPointer> models = {ServeFile("dart.json"), ServeFile("classes.ubj")};
  int left = requests;
  for (int i = 0; i < requests; ++i) {
    const std::size_t rows = i + 1 == requests ? rows_of_last : static_cast<std::size_t>(i % 4);
    loops.Spawn(0, Ask(batcher, models[static_cast<std::size_t>(i % 2)],
                       static_cast<std::uint64_t>(i), rows, left, [&loops] { loops.Stop(); }));
  }
  loops.Start();
  EXPECT_TRUE(loops.Join(30s));
  EXPECT_EQ(left, 0);
  EXPECT_EQ(batcher.Counts().requests.load(), static_cast<std::uint64_t>(requests));
}

TEST(Batcher, RequestsThatWaitAreScoredTogetherAndEachGetsItsOwn) {
  Batcher batcher(2ms, 512);
  AskTogether(batcher, 100);
  // A call for each model, and one for each request without rows at the most.
  EXPECT_LE(batcher.Counts().calls.load(), 4U);
}

TEST(Batcher, AFullBatchIsNotWaitedFor) {
  Batcher batcher(10min, 20);
  net::EventLoops loops(1, "batch");
  const ServedPointer model = ServeFile("dart.json");
  int left = 10;
  for (std::uint64_t i = 0; i < 10; ++i)
    loops.Spawn(0, Ask(batcher, model, i, 4, left, [&loops] { loops.Stop(); }));
  loops.Start();
  EXPECT_TRUE(loops.Join(30s));
  EXPECT_EQ(left, 0);
  EXPECT_EQ(batcher.Counts().calls.load(), 2U);
}

TEST(Batcher, WithoutAWaitEveryRequestIsScoredAtOnce) {
  Batcher batcher(0us, 512);
  AskTogether(batcher, 20, 20'000);
  EXPECT_GE(batcher.Counts().calls.load(), 15U);  // The last in turns.
}

TEST(Batcher, AnswersGoToTheRightClientOverHttp) {
  const NamedModel file("dart.json");
  ModelServerOptions options;
  options.models = {file.Text()};
  options.service.batch_wait = 20ms;
  const OpenService service(std::move(options), 1);
  const ServedPointer model = ServeFile("dart.json");
  constexpr std::size_t kClients = 32;
  std::vector<web::Client> clients;
  std::vector<std::vector<float>> rows;
  for (std::size_t i = 0; i < kClients; ++i) {
    rows.push_back(RandomRows(i, 1));
    clients.push_back(service.Connect());
    const std::string body = fmt::format(R"({{"data": [[{}, {}, {}, {}]]}})", 100 + i, rows[i][0],
                                         rows[i][1], rows[i][2]);
    ASSERT_TRUE(clients[i].Send(fmt::format(
        "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n{}",
        body.size(), body)));
  }
  for (std::size_t i = 0; i < kClients; ++i) {
    const auto answer = clients[i].Receive();
    ASSERT_TRUE(answer) << answer.error().message;
    const auto json = web::ParseJson(answer->body);
    ASSERT_TRUE(json) << answer->body;
    const auto& row = json->at("data").at(0);
    EXPECT_EQ(row.at(0).as_int64(), static_cast<std::int64_t>(100 + i));
    EXPECT_EQ(static_cast<float>(row.at(1).at("output_feature_1").as_double()),
              Alone(*model, rows[i])[0]);
  }
  const auto health = web::ParseJson(service.Get("/health").body);
  ASSERT_TRUE(health);
  const auto& scored = health->at("scored");
  EXPECT_EQ(scored.at("rows").as_int64(), static_cast<std::int64_t>(kClients));
  EXPECT_LT(scored.at("forest_calls").as_int64(), static_cast<std::int64_t>(kClients));
}

}  // namespace
}  // namespace aisle::api
