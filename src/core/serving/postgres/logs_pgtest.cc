// Positions of live writes have the order of the commits and no gaps, whoever writes at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "net/event_loops.h"
#include "serving/postgres/store_testing.h"

namespace aisle::serving {
namespace {

constexpr std::chrono::milliseconds kMoment{300};

postgres::Statement Write(const std::string& key) {
  return {"SELECT aisle.append_writes('{stock}', ARRAY[$1], ARRAY[''::bytea])",
          postgres::Parameters().Text(key)};
}

net::Task<void> WriteAtOnce(postgres::ConnectionSettings settings) {
  auto first = co_await postgres::Connection::Open(settings, {});
  auto second = co_await postgres::Connection::Open(settings, {});
  EXPECT_TRUE(first && second);
  if (!first || !second) co_return;
  EXPECT_TRUE(co_await first->RunScript("BEGIN", {}));
  EXPECT_TRUE(co_await first->Run(Write("first"), {}));
  // Whoever comes second waits for the first one's end: its position will be the later one.
  const auto waits = co_await second->Run(Write("too early"), net::Deadline::After(kMoment));
  EXPECT_FALSE(waits);
  EXPECT_TRUE(co_await second->Settle({}));  // Cancelled for certain before the first one ends.
  EXPECT_TRUE(co_await first->RunScript("COMMIT", {}));
  EXPECT_TRUE(co_await second->Run(Write("second"), {}));
  // What is taken back takes its position back.
  EXPECT_TRUE(co_await first->RunScript("BEGIN", {}));
  EXPECT_TRUE(co_await first->Run(Write("taken back"), {}));
  EXPECT_TRUE(co_await first->RunScript("ROLLBACK", {}));
  EXPECT_TRUE(co_await second->Run(Write("third"), {}));
}

TEST_F(PostgresStoreTest, PositionsOfWritesHaveTheOrderOfTheCommits) {
  net::RunToEnd(WriteAtOnce(As(names.reader)));
  EXPECT_EQ(Ask("SELECT string_agg(position || ' ' || key, ', ' ORDER BY position) FROM writes"),
            "1 first, 2 second, 3 third");
  EXPECT_EQ(Ask("SELECT position FROM writes_position"), "3");
}

TEST_F(PostgresStoreTest, WhoListensIsToldOfWritesAndGenerations) {
  ASSERT_TRUE(Publish(root, 1, 10));
  std::vector<std::string> heard;
  std::thread somebody;
  net::RunToEnd([](postgres::ConnectionSettings settings, std::function<void()> act,
                   std::vector<std::string>& out, std::thread& other)
                    -> net::Task<void> {
    auto connection = co_await postgres::Connection::Open(std::move(settings), {});
    EXPECT_TRUE(connection);
    if (!connection) co_return;
    EXPECT_TRUE(co_await connection->Listen("aisle_writes", {}));
    EXPECT_TRUE(co_await connection->Listen(std::string(kGenerationChannel), {}));
    // Somebody else, on a thread of its own; the loop goes on.
    other = std::thread(act);
    for (int i = 0; i < 2; ++i) {
      const auto told =
          co_await connection->NextNotification(net::Deadline::After(std::chrono::seconds{10}));
      if (told && *told) out.push_back((*told)->channel + " " + (*told)->payload);
    }
  }(
                        As(names.reader),
                        [&] {
                          EXPECT_EQ(Do(As(names.reader),
                                       "SELECT append_writes('{stock,stock}', '{1,2}', '{a,b}')"),
                                    "");
                          EXPECT_TRUE(Load());
                        },
                        heard, somebody));
  if (somebody.joinable()) somebody.join();
  EXPECT_THAT(heard, testing::ElementsAre("aisle_writes 2", "aisle_generation 1"));
}

}  // namespace
}  // namespace aisle::serving
