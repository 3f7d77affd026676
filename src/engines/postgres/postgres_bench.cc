// What the pool costs: one look-up by it against the same one by libpq alone, in turns, in one run.
//
// A customer's record and twelve propensities come as thirteen rows of one statement, over TLS on
// this machine. Both sides prepare it by name and ask in pipeline mode, in binary. Bare libpq
// blocks in its own poll(); the pool's side takes a connection from the pool, under a deadline, and
// gives it back. `p50_ratio` and `p99_ratio` are the claims; microseconds are for orientation. The
// two must give the same sums, or the run fails.
//
// AISLE_BENCH_ROUNDS: rounds of 100 look-ups on each side of an iteration (1). One iteration of 100
// rounds is a run.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cstdlib>

#include "base/stopwatch.h"
#include "net/event_loops.h"
#include "postgres/bare_libpq_testing.h"
#include "postgres/cluster_testing.h"
#include "postgres/copy_format.h"
#include "postgres/pool.h"

namespace aisle::postgres {
namespace {

using namespace std::chrono_literals;

constexpr int kCustomers = 10'000;
constexpr int kPerRound = 100;
constexpr const char* kSql =
    "SELECT part, value, note FROM customers WHERE customer_id = $1 ORDER BY part";

double Quantile(std::vector<double> values, double q) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

std::string Prepare(Cluster& cluster) {
  const std::string database = cluster.NewDatabase();
  ConnectionSettings settings = cluster.Settings(database);
  net::RunToEnd([](ConnectionSettings to) -> net::Task<void> {
    auto connection = co_await Connection::Open(std::move(to), net::Deadline());
    AISLE_ASSERT(connection.has_value());
    const Status made = co_await connection->RunScript(
        "CREATE TABLE customers AS SELECT customer_id, part, customer_id * 31 + part AS value, "
        "repeat('x', CASE WHEN part = 0 THEN 400 ELSE 4 END) AS note FROM generate_series(1::int8, "
        "10000) customer_id, "
        "generate_series(0, 12) part; ALTER TABLE customers ADD PRIMARY KEY (customer_id, part); "
        "ANALYZE customers",
        net::Deadline());
    AISLE_ASSERT(made.has_value());
  }(settings));
  return database;
}

net::Task<std::int64_t> Ask(Pool& pool, std::int64_t key) {
  const auto rows = co_await pool.Run({kSql, Parameters().Int8(key)}, net::Deadline::After(1s));
  AISLE_ASSERT(rows.has_value());
  RowReader reader(*rows);
  const auto value = reader.Int("value");
  std::int64_t sum = 0;
  for (;;) {
    const auto more = reader.Next();
    AISLE_ASSERT(more.has_value());
    if (!*more) co_return sum;
    sum += reader[value];
  }
}

void BM_LookUp(benchmark::State& state) {
  const auto cluster = Cluster::Shared();
  if (!cluster) {
    state.SkipWithError(("SKIPPED: " + cluster.error().message).c_str());
    return;
  }
  const ConnectionSettings settings = (*cluster)->Settings(Prepare(**cluster));
  const char* const rounds_text = std::getenv("AISLE_BENCH_ROUNDS");
  const int rounds = rounds_text == nullptr ? 1 : std::max(1, std::atoi(rounds_text));
  std::vector<double> bare_us;
  std::vector<double> pool_us;
  std::int64_t bare_sum = 0;
  std::int64_t pool_sum = 0;
  net::RunToEnd([&]() -> net::Task<void> {
    BareLibpq bare(settings, "127.0.0.1", kSql);
    Pool pool(co_await boost::asio::this_coro::executor, settings, {.connections_max = 1});
    for (std::int64_t key = 1; key <= kPerRound; ++key) {  // Not counted.
      bare.Ask(key);
      co_await Ask(pool, key);
    }
    std::int64_t key = 0;
    for (auto _ : state) {
      for (int round = 0; round < rounds; ++round) {
        for (int i = 0; i < kPerRound; ++i) {  // In turns, so that the machine's moods are shared.
          const std::int64_t customer = (key + i) % kCustomers + 1;
          const base::Stopwatch bare_watch;
          bare_sum += bare.Ask(customer);
          bare_us.push_back(1e6 * bare_watch.Seconds());
          const base::Stopwatch pool_watch;
          pool_sum += co_await Ask(pool, customer);
          pool_us.push_back(1e6 * pool_watch.Seconds());
        }
        key += kPerRound * 7;
      }
    }
  }());
  AISLE_ASSERT(bare_sum == pool_sum);
  state.counters["bare_p50_us"] = Quantile(bare_us, 0.5);
  state.counters["bare_p99_us"] = Quantile(bare_us, 0.99);
  state.counters["pool_p50_us"] = Quantile(pool_us, 0.5);
  state.counters["pool_p99_us"] = Quantile(pool_us, 0.99);
  state.counters["p50_ratio"] = Quantile(pool_us, 0.5) / Quantile(bare_us, 0.5);
  state.counters["p99_ratio"] = Quantile(pool_us, 0.99) / Quantile(bare_us, 0.99);
}
BENCHMARK(BM_LookUp)->Unit(benchmark::kMillisecond);

// Rows a second into the server by COPY.
void BM_CopyIn(benchmark::State& state) {
  const auto cluster = Cluster::Shared();
  if (!cluster) {
    state.SkipWithError(("SKIPPED: " + cluster.error().message).c_str());
    return;
  }
  const ConnectionSettings settings = (*cluster)->Settings((*cluster)->NewDatabase());
  constexpr int kRows = 100'000;
  std::int64_t copied = 0;
  net::RunToEnd([&]() -> net::Task<void> {
    auto connection = co_await Connection::Open(settings, net::Deadline());
    AISLE_ASSERT(connection.has_value());
    for (auto _ : state) {
      const Status made = co_await connection->RunScript(
          "DROP TABLE IF EXISTS t; CREATE UNLOGGED TABLE t (a int8, b float4, c text)",
          net::Deadline());
      AISLE_ASSERT(made.has_value());
      auto copy =
          co_await connection->StartCopyIn("COPY t FROM STDIN (FORMAT binary)", net::Deadline());
      AISLE_ASSERT(copy.has_value());
      CopyEncoder rows(3);
      for (int row = 0; row < kRows; ++row) {
        rows.Row().Int8(row).Float4(0.5F).Text("a product's name");
        if (rows.Waiting() < 60'000) continue;
        const Status written = co_await copy->Write(rows.Take(), net::Deadline());
        AISLE_ASSERT(written.has_value());
      }
      rows.End();
      const Status written = co_await copy->Write(rows.Take(), net::Deadline());
      AISLE_ASSERT(written.has_value());
      const auto count = co_await copy->Finish(net::Deadline());
      AISLE_ASSERT(count.has_value());
      copied += *count;
    }
  }());
  state.SetItemsProcessed(copied);
}
BENCHMARK(BM_CopyIn)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace aisle::postgres
