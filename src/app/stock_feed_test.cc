// Rows of stock on their way to a server, and into the log where none runs.
#include "app/stock_feed.h"

#include <gmock/gmock.h>

#include "base/temp_folder_testing.h"
#include "events/events.h"
#include "web/hostile_server_testing.h"

namespace aisle::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<raw::Row> Rows(std::int64_t count) {
  std::vector<raw::Row> rows;
  for (std::int64_t product = 1; product <= count; ++product) {
    rows.push_back({{"product_id", product}, {"region", "West"}, {"qty_on_hand", std::int64_t{0}}});
  }
  return rows;
}

std::string Ours(std::int64_t product) { return std::to_string(product); }

std::string Answer(const std::string& line, const std::string& body) {
  return "HTTP/1.1 " + line +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// One connection that says `answers` in turn and keeps what it was sent.
class Taker {
 public:
  explicit Taker(std::vector<std::string> answers)
      : server_({[this, answers = std::move(answers)](web::Victim& victim) {
          for (const std::string& answer : answers) {
            requests_.push_back(victim.Read());
            victim.Send(answer);
          }
        }}) {}
  web::Address At() const { return server_.At(); }
  const std::vector<std::string>& Requests() const { return requests_; }

 private:
  std::vector<std::string> requests_;
  web::HostileServer server_;
};

TEST(StockFeed, RowsAreSentAsTheServerTakesThem) {
  std::vector<std::string> sent;
  {
    Taker server({Answer("200 OK", R"({"updated":2})")});
    std::vector<raw::Row> rows = Rows(2);
    rows[1].push_back({"est_delivery_days", std::int64_t{3}});
    const auto refused = SendStock(server.At(), rows, [](std::int64_t product) {
      return "\"SKU-" + std::to_string(product) + "\"";
    });
    ASSERT_TRUE(refused) << refused.error().message;
    EXPECT_TRUE(refused->empty());
    sent = server.Requests();
  }
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_THAT(sent[0], HasSubstr("PUT /v1/inventory HTTP/1.1\r\n"));
  EXPECT_THAT(sent[0],
              HasSubstr(R"({"items":[{"product_id":"SKU-1","region":"West","qty_on_hand":0},)"
                        R"({"product_id":"SKU-2","region":"West","qty_on_hand":0,)"
                        R"("est_delivery_days":3}]})"));
}

TEST(StockFeed, WhatCannotBeTakenIsLeftOutAndTheRestSentAgain) {
  Taker server({Answer("422 Unprocessable Content",
                       R"({"type":"about:blank","errors":[{"index":1,"field":"product_id","why":)"
                       R"("product_id: 2 is not sold"},{"index":9,"why":"none"},{"index":"x"}]})"),
                Answer("200 OK", R"({"updated":2})")});
  const auto refused = SendStock(server.At(), Rows(3), Ours);
  ASSERT_TRUE(refused) << refused.error().message;
  ASSERT_EQ(refused->size(), 1U);
  EXPECT_EQ(refused->front().row, 1U);
  EXPECT_EQ(refused->front().why, "product_id: 2 is not sold");
  ASSERT_EQ(server.Requests().size(), 2U);
  EXPECT_THAT(server.Requests()[1], testing::Not(HasSubstr("\"product_id\":2")));
}

TEST(StockFeed, AServerThatRefusesForAnotherReasonIsNamedWithItsWords) {
  for (const auto& [line, code] :
       {std::pair("503 Service Unavailable", ErrorCode::kUnavailable),
        std::pair("404 Not Found", ErrorCode::kFailedPrecondition),
        std::pair("422 Unprocessable Content", ErrorCode::kFailedPrecondition)}) {
    Taker server({Answer(line, R"({"detail":"no log"})")});
    const auto refused = SendStock(server.At(), Rows(1), Ours);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code);
    EXPECT_THAT(refused.error().message, HasSubstr(R"({"detail":"no log"})"));
    EXPECT_THAT(refused.error().message, HasSubstr(server.At().Text()));
  }
}

TEST(StockFeed, ATokenIsShownAndARefusalSaysWhereOneComesFrom) {
  Taker server({Answer("200 OK", "{}")});
  ASSERT_TRUE(SendStock(server.At(), Rows(1), Ours, "Bearer aisle_x"));
  EXPECT_THAT(server.Requests()[0], HasSubstr("\r\nAuthorization: Bearer aisle_x\r\n"));
  for (const char* line : {"401 Unauthorized", "403 Forbidden"}) {
    Taker closed({Answer(line, R"({"detail":"no token"})")});
    const auto refused = SendStock(closed.At(), Rows(1), Ours);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_THAT(refused.error().message, HasSubstr("[client] token_file"));
    EXPECT_THAT(closed.Requests()[0], testing::Not(HasSubstr("Authorization")));
  }
}

TEST(StockFeed, AThousandGoAtOnce) {
  Taker server({Answer("200 OK", "{}"), Answer("200 OK", "{}"), Answer("200 OK", "{}")});
  ASSERT_TRUE(SendStock(server.At(), Rows(2'001), Ours));
  ASSERT_EQ(server.Requests().size(), 3U);
  EXPECT_THAT(server.Requests()[2], HasSubstr(R"([{"product_id":2001,)"));
}

TEST(StockFeed, WhereNoServerRunsRowsGoIntoTheLogInTimesThatNeverFall) {
  const base::TempFolder folder;
  const auto& shape = domain::RetailerShape::Quickstart();
  const base::Timestamp later = base::Now() + base::Microseconds{3'600'000'000};
  auto log = events::EventLog::Open(folder.Path() / "log", events::EventLog::Access::kWrite);
  ASSERT_TRUE(log);
  const events::Change change{{events::Kind::kStock, "s1", later}, Rows(1)[0]};
  ASSERT_TRUE(log->Append(std::span(&change, 1), shape));
  std::vector<raw::Row> rows = Rows(2'500);
  rows[7][1].value = "Atlantis";
  const auto refused = AppendStock(*log, rows, shape);
  ASSERT_TRUE(refused) << refused.error().message;
  ASSERT_EQ(refused->size(), 1U);
  EXPECT_EQ(refused->front().row, 7U);
  EXPECT_THAT(refused->front().why, HasSubstr("'Atlantis' is none of"));
  EXPECT_EQ(log->LastPosition().value_or(0), 2'500U);
  const auto records = log->Read(1, 9'999);
  ASSERT_TRUE(records);
  for (const events::LogRecord& record : *records) {
    const auto envelope = events::DecodeEnvelope(record.bytes);
    ASSERT_TRUE(envelope);
    ASSERT_EQ(envelope->time, later);
  }
}

}  // namespace
}  // namespace aisle::app
