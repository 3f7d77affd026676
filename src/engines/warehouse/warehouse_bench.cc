// Loading rows and reading them back, each beside what DuckDB does alone with the same rows: a table
// out of a Parquet file, and an aggregate that stays inside.
//
// The ratio is the time of the first over the time of the second, in turns within one run; rows_per_s
// is the first's. A row is made like one of raw.event_stream: 24 columns, half of them mostly NULL.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>

#include "warehouse/warehouse.h"

namespace aisle::warehouse {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kColumns = 24;
constexpr int kBatches = 10;
constexpr int kBatchRows = 20'000;

arrow::Schema EventSchema() {
  constexpr arrow::Type kTypes[] = {arrow::Type::kInt64, arrow::Type::kString, arrow::Type::kMoney,
                                    arrow::Type::kTimestamp};
  arrow::Schema schema;
  for (int c = 0; c < kColumns; ++c) schema.push_back({"c" + std::to_string(c), kTypes[c % 4]});
  return schema;
}

arrow::Stream Events() {
  auto builder = std::make_shared<arrow::BatchBuilder>(EventSchema());
  return arrow::MakeStream(EventSchema(),
                           [builder, done = 0]() mutable -> Result<std::optional<arrow::Batch>> {
                             if (done == kBatches) return std::nullopt;
                             const std::int64_t first = kBatchRows * done++;
                             for (std::int64_t row = first; row < first + kBatchRows; ++row) {
                               for (int c = 0; c < kColumns; ++c) {
                                 if (c >= kColumns / 2 && (row + c) % 10 != 0) {
                                   builder->AppendNull(c);
                                 } else if (c % 4 == 0) {
                                   builder->AppendInt(c, row * 7919 % 50'000);
                                 } else if (c % 4 == 1) {
                                   builder->AppendString(c, "session-" + std::to_string(row / 8));
                                 } else if (c % 4 == 2) {
                                   builder->AppendMoney(c, row * 31 % 10'000);
                                 } else {
                                   builder->AppendTime(c, base::FromMicros(row * 1'000'003));
                                 }
                               }
                             }
                             return std::optional<arrow::Batch>(builder->Finish());
                           });
}

// A database file in a folder of its own, on one core.
struct Shop {
  ~Shop() {
    connection.reset();
    database.reset();
    fs::remove_all(folder);
  }
  void Run(const std::string& script) {
    AISLE_ASSERT(connection->Execute({"bench", script}).has_value());
  }

  static fs::path Folder() {
    const fs::path made =
        fs::temp_directory_path() / ("aisle_warehouse_bench_" + std::to_string(getpid()));
    fs::create_directories(made);
    return made;
  }

  const fs::path folder = Folder();
  std::optional<Database> database = *Database::Open(folder / "shop.duckdb", {.threads = 1});
  std::optional<Connection> connection = *database->Connect();
};

template <typename First, typename Second>
void InTurns(benchmark::State& state, const First& first, const Second& second) {
  Clock::duration first_time{}, second_time{};
  std::int64_t rows = 0;
  for (auto _ : state) {
    const auto begin = Clock::now();
    rows += first();
    const auto middle = Clock::now();
    second();
    first_time += middle - begin;
    second_time += Clock::now() - middle;
  }
  const double seconds = std::chrono::duration<double>(first_time).count();
  state.counters["rows_per_s"] = static_cast<double>(rows) / seconds;
  state.counters["ratio"] = seconds / std::chrono::duration<double>(second_time).count();
}

void IngestBesideParquet(benchmark::State& state) {
  Shop shop;
  AISLE_ASSERT(shop.connection->Ingest("events", Events(), IngestMode::kCreate).has_value());
  const std::string file = (shop.folder / "events.parquet").string();
  shop.Run("COPY events TO '" + file + "' (FORMAT parquet)");
  InTurns(
      state,
      [&] {
        const auto rows = shop.connection->Ingest("events", Events(), IngestMode::kReplace);
        AISLE_ASSERT(rows.has_value());
        return *rows;
      },
      [&] { shop.Run("CREATE OR REPLACE TABLE copy AS SELECT * FROM '" + file + "'"); });
  // The same rows on both sides.
  AISLE_ASSERT(*shop.connection->QueryInt(
                   {"bench", "SELECT count(*) FROM (SELECT * FROM events EXCEPT FROM copy)"}) == 0);
}
BENCHMARK(IngestBesideParquet)->Unit(benchmark::kMillisecond);

void ReadBesideAggregate(benchmark::State& state) {
  Shop shop;
  AISLE_ASSERT(shop.connection->Ingest("events", Events(), IngestMode::kCreate).has_value());
  std::int64_t sum = 0;
  std::int64_t inside = 0;
  InTurns(
      state,
      [&] {
        sum = 0;
        std::int64_t rows = 0;
        Result<arrow::Stream> stream = shop.connection->Query({"bench", "SELECT * FROM events"});
        for (;;) {
          const auto batch = stream->Next();
          AISLE_ASSERT(batch.has_value());
          if (!*batch) return rows;
          for (std::int64_t r = 0; r < (*batch)->RowCount(); ++r) {
            sum += (*batch)->Int(0, r) + (*batch)->MoneyCents(2, r) +
                   static_cast<std::int64_t>((*batch)->String(1, r).size());
          }
          rows += (*batch)->RowCount();
        }
      },
      [&] {
        inside = *shop.connection->QueryInt(
            {"bench",
             "SELECT CAST(sum(c0) + CAST(sum(c2) * 100 AS BIGINT) + sum(length(c1)) AS BIGINT) "
             "FROM events"});
      });
  AISLE_ASSERT(sum == inside);
}
BENCHMARK(ReadBesideAggregate)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace aisle::warehouse
