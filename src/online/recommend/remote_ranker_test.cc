// The remote ranker against services that answer badly, and one that dies and comes back. That it gives what the
// local ranker gives is held against a real service where there is one (api/remote_ranking_test.cc).
#include "recommend/remote_ranker.h"

#include <gmock/gmock.h>

#include <cstring>
#include <limits>

#include "recommend/ask_testing.h"
#include "web/hostile_server_testing.h"

namespace aisle::recommend {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

// How a made-up service answers; every field that is set makes it wrong in one way.
struct Answering {
  std::string version = "7";
  std::string id = {};  // Empty: the request's.
  std::string output = "predict";
  std::string datatype = "FP32";
  int rows_more = 0;
  float score = 0.5F;
  int cut = 0;  // Bytes that are missing at the end, which Content-Length does not count.
  std::string other = {};  // A whole answer in place of this.
};

std::string AnswerTo(const std::string& request, const Answering& how) {
  if (!how.other.empty()) return how.other;
  const auto between = [&](std::string_view before, char after) {
    const std::size_t at = request.find(before) + before.size();
    return request.substr(at, request.find(after, at) - at);
  };
  const int rows = std::stoi(between("\"shape\":[", ',')) + how.rows_more;
  const std::string json = fmt::format(
      R"({{"model_name":"ranking","model_version":"{}","id":"{}","outputs":[{{"name":"{}","datatype":"{}","shape":[{}],)"
      R"("parameters":{{"binary_data_size":{}}}}}]}})",
      how.version, how.id.empty() ? between("\"id\":\"", '"') : how.id, how.output, how.datatype,
      rows, 4 * rows);
  std::string body = json;
  for (int i = 0; i < rows; ++i)
    body.append(reinterpret_cast<const char*>(&how.score), sizeof how.score);
  body.resize(body.size() - static_cast<std::size_t>(how.cut));
  return fmt::format(
             "HTTP/1.1 200 OK\r\nInference-Header-Content-Length: {}\r\nContent-Length: {}\r\n\r\n",
             json.size(), body.size()) +
         body;
}

web::Script Service(const Answering& how) {
  return [how](web::Victim& victim) {
    for (std::string request = victim.Read(); !request.empty(); request = victim.Read())
      victim.Send(AnswerTo(request, how));
  };
}

RemoteRankerOptions To(const web::Address& address) {
  RemoteRankerOptions options;
  options.address = address;
  return options;
}

// One request of a shop whose service answers so.
Answer AskWith(const Answering& how) {
  const web::HostileServer server({Service(how)});
  Recommender recommender(nullptr, {}, std::make_unique<RemoteRanker>(To(server.At())));
  recommender.SetState(MakeShop(3, 60, 4, true).Open());
  return Ask(recommender, Of(kFirst), net::Deadline::After(20s)).value();
}

TEST(RemoteRanker, AWholeAnswerIsTaken) {
  const Answer answer = AskWith({});
  EXPECT_THAT(Reasons(answer), IsEmpty());
  EXPECT_TRUE(answer.timings.model_ok);
  EXPECT_EQ(answer.ranking_version, 7);
  ASSERT_FALSE(answer.items.empty());
  EXPECT_EQ(answer.items.front().source, "model");
  EXPECT_EQ(answer.items.front().score, 0.5F);
}

TEST(RemoteRanker, AnAnswerThatIsNotWholeOrAnothersIsNotTaken) {
  const std::vector<Answering> wrong = {
      {.version = "8"},
      {.version = ""},
      {.id = "another"},
      {.output = "margin"},
      {.datatype = "FP64"},
      {.rows_more = -1},
      {.rows_more = 1},
      {.score = std::numeric_limits<float>::quiet_NaN()},
      {.score = std::numeric_limits<float>::infinity()},
      {.cut = 4},
      {.other = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"},
      {.other =
           "HTTP/1.1 200 OK\r\nInference-Header-Content-Length: 3\r\nContent-Length: 2\r\n\r\n{}"},
      {.other = "HTTP/1.1 404 Not Found\r\nContent-Length: 14\r\n\r\n{\"error\": \"no\"}"},
      {.other = "nonsense\r\n\r\n"},
  };
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    const Answer answer = AskWith(wrong[i]);
    EXPECT_THAT(Reasons(answer), Contains("model unavailable")) << i;
    EXPECT_FALSE(answer.timings.model_ok) << i;
    EXPECT_EQ(answer.ranking_version, 0) << i;
    ASSERT_FALSE(answer.items.empty()) << i;
    EXPECT_EQ(answer.items.front().source, "propensity") << i;
  }
}

TEST(RemoteRanker, ASlowServiceLeavesTimeForTheNextRung) {
  const web::HostileServer server({[](web::Victim& victim) { victim.WaitUntilClientIsGone(); }});
  RemoteRankerOptions options = To(server.At());
  options.deadline_share = 0.1;
  Recommender recommender(nullptr, {}, std::make_unique<RemoteRanker>(options));
  recommender.SetState(MakeShop(3, 60, 4, true).Open());
  const net::Deadline deadline = net::Deadline::After(2s);
  const Answer answer = Ask(recommender, Of(kFirst), deadline).value();
  EXPECT_FALSE(deadline.Passed());
  EXPECT_THAT(Reasons(answer), Contains("model unavailable"));
  EXPECT_EQ(answer.items.front().source, "propensity");
}

TEST(RemoteRanker, AfterSomeFailuresTheServiceIsLeftOutThenTriedByOneRequest) {
  const web::HostileServer server({[&](web::Victim& victim) { victim.Read(); },
                                   [&](web::Victim& victim) { victim.Read(); }, Service({})});
  auto now = std::make_shared<net::SteadyTime>();
  RemoteRankerOptions options = To(server.At());
  options.failures_to_open = 2;
  options.now = [now] { return *now; };
  Recommender recommender(nullptr, {}, std::make_unique<RemoteRanker>(options));
  recommender.SetState(MakeShop(3, 60, 4, true).Open());
  const auto by_model = [&] {
    return Ask(recommender, Of(kFirst), net::Deadline::After(20s)).value().timings.model_ok;
  };
  EXPECT_FALSE(by_model());
  EXPECT_FALSE(by_model());
  EXPECT_FALSE(recommender.RankerLeftOut().empty());
  EXPECT_FALSE(by_model());  // It is not asked.
  EXPECT_EQ(server.Connections(), 2);
  *now += 2s;
  EXPECT_TRUE(by_model());
  EXPECT_EQ(recommender.RankerLeftOut(), "");
  EXPECT_TRUE(by_model());
  EXPECT_EQ(server.Connections(), 3);
}

TEST(RemoteRanker, WhatAServiceSaysIsUnderstoodInItsThreeForms) {
  EXPECT_EQ(ErrorTextOf(R"({"error": "no such model"})"), "no such model");
  EXPECT_EQ(ErrorTextOf(R"({"code": 1, "detail": "Not Found"})"), "Not Found");
  EXPECT_EQ(ErrorTextOf(R"({"detail": [{"msg": "field required"}]})"),
            R"([{"msg": "field required"}])");
  EXPECT_EQ(ErrorTextOf("Internal\r\nServer Error"), "Internal  Server Error");
  EXPECT_EQ(ErrorTextOf(""), "no words");
  EXPECT_EQ(ErrorTextOf(R"({"error": )"), R"({"error": )");
  EXPECT_EQ(ErrorTextOf(std::string(1000, 'x')).size(), 200U);
}

}  // namespace
}  // namespace aisle::recommend
