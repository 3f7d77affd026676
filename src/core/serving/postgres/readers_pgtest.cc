// Servers that read while generations are loaded and synced get every answer, each of one generation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <thread>

#include "net/event_loops.h"
#include "serving/postgres/store_testing.h"
#include "serving/postgres/sync.h"

namespace aisle::serving {
namespace {

constexpr int kCustomers = 400;
constexpr int kReaders = 3;

// As a server asks: features and propensities in one statement, with the generation on the row.
constexpr const char* kFetch =
    "SELECT m.generation, c.record, (SELECT string_agg(float4send(p.propensity_score), '' ORDER BY "
    "p.category_id) FROM aisle.customer_propensity p WHERE p.customer_id = $1) AS scores FROM "
    "aisle.aisle_meta m LEFT JOIN aisle.customer_features c ON c.customer_id = $1";

struct Read {
  std::atomic<std::int64_t> answers{0};
  std::atomic<std::int64_t> failed{0};
  std::atomic<std::int64_t> mixed{0};
  std::atomic<std::int64_t> longest_us{0};
  std::atomic<bool> stop{false};
};

// What a customer is like in a generation: every number of it tells which.
features::CustomerRecord RecordOf(std::int64_t generation, std::int64_t id) {
  features::CustomerRecord record = SampleCustomer(1, id, kProducts);
  record.total_orders = static_cast<std::int32_t>(generation);
  return record;
}
std::vector<float> ScoresOf(std::int64_t generation) {
  return std::vector<float>(kSampleCategories, 1.0F / static_cast<float>(generation + 1));
}

net::Task<void> ReadOn(postgres::ConnectionSettings settings, Read& read) {
  auto connection = co_await postgres::Connection::Open(std::move(settings), {});
  EXPECT_TRUE(connection);
  if (!connection) co_return;
  for (std::int64_t i = 0; !read.stop; ++i) {
    const std::int64_t id = kSampleFirstCustomer + i % kCustomers;
    const auto started = std::chrono::steady_clock::now();
    postgres::Statement ask(kFetch, postgres::Parameters().Int8(id));
    const auto rows = co_await connection->Run(std::move(ask), {});
    const std::int64_t took = std::chrono::duration_cast<std::chrono::microseconds>(
                                  std::chrono::steady_clock::now() - started)
                                  .count();
    if (took > read.longest_us) read.longest_us = took;
    ++read.answers;
    if (!rows) {
      ++read.failed;
      ADD_FAILURE() << rows.error().message;
      continue;
    }
    postgres::RowReader row(*rows);
    const auto generation = row.Int("generation");
    const auto record = row.Bytes("record");
    const auto scores = row.Bytes("scores");
    const auto found = row.Next();
    if (!found || !*found || row.IsNull(record) || row.IsNull(scores)) {
      ++read.failed;
      continue;
    }
    const auto customer = DecodeCustomer(row[record]);
    std::uint32_t bits = 0;
    for (const char c : row[scores].substr(0, 4)) bits = bits << 8U | static_cast<unsigned char>(c);
    if (!customer || customer->total_orders != row[generation] ||
        std::bit_cast<float>(bits) != ScoresOf(row[generation])[0] ||
        row[scores].size() != kSampleCategories * sizeof(float)) {
      ++read.mixed;
    }
  }
}

TEST_F(PostgresStoreTest, ServersReadOneGenerationAtATimeWhateverIsLoaded) {
  const auto publish = [&](std::int64_t generation) {
    auto writer = GenerationWriter::Create(root);
    ASSERT_TRUE(writer && writer->PutShelf(SampleShelf(1, kProducts)));
    for (std::int64_t id = kSampleFirstCustomer; id < kSampleFirstCustomer + kCustomers; ++id)
      ASSERT_TRUE(writer->PutCustomer(RecordOf(generation, id), ScoresOf(generation)));
    GenerationManifest manifest;
    manifest.as_of = kSampleAsOf;
    const auto committed = writer->Commit(manifest);
    ASSERT_TRUE(committed) << committed.error().message;
    ASSERT_EQ(committed->generation, generation);
  };
  publish(1);
  ASSERT_TRUE(Load());
  Read read;
  std::vector<std::jthread> readers;
  for (int i = 0; i < kReaders; ++i)
    readers.emplace_back([&] { net::RunToEnd(ReadOn(As(names.reader), read)); });
  constexpr int kGenerations = 9;
  for (std::int64_t generation = 2; generation <= kGenerations; ++generation) {
    publish(generation);
    const std::int64_t before = read.answers;
    if (generation % 3 == 0) {
      const auto published = PublishedGeneration::OpenCurrent(root);
      const auto synced = net::Await(SyncGeneration(As(names.writer), names, *published));
      ASSERT_TRUE(synced) << synced.error().message;
      EXPECT_EQ(synced->sent.at("customer_features"), kCustomers);
    } else {
      const auto loaded = Load();
      ASSERT_TRUE(loaded) << loaded.error().message;
    }
    while (read.answers < before + 50 && read.failed == 0) std::this_thread::yield();
  }
  read.stop = true;
  readers.clear();
  EXPECT_EQ(read.failed, 0);
  EXPECT_EQ(read.mixed, 0);
  EXPECT_GT(read.answers, kGenerations * 50);
  RecordProperty("answers", static_cast<int>(read.answers));
  std::printf("%lld answers, the longest took %.1f ms\n", static_cast<long long>(read.answers),
              static_cast<double>(read.longest_us) / 1e3);
}

}  // namespace
}  // namespace aisle::serving
