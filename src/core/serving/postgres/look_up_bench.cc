// What a request's look-up costs where customers are in Postgres: PostgresStore::Fetch, decoded, beside the same statement
// by libpq alone, in turns, in one run over TLS on this machine. `p50_ratio` and `p99_ratio` are the claims.
//
// AISLE_BENCH_ROUNDS: rounds of 100 look-ups on each side of an iteration (1).
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <future>

#include "base/files.h"
#include "base/stopwatch.h"
#include "base/temp_folder_testing.h"
#include "net/await.h"
#include "net/event_loops.h"
#include "postgres/bare_libpq_testing.h"
#include "postgres/cluster_testing.h"
#include "postgres/password_verifier.h"
#include "serving/generation/writer.h"
#include "serving/postgres/load.h"
#include "serving/postgres/postgres_store.h"
#include "serving/postgres/roles.h"
#include "serving/sample_testing.h"
#include "serving/sql.h"

namespace aisle::serving {
namespace {

constexpr std::int64_t kCustomers = 10'000;
constexpr int kPerRound = 100;
constexpr std::size_t kProducts = 2'000;

double Quantile(std::vector<double> values, double q) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// A generation in a store of its own, and who may read it.
struct Loaded {
  explicit Loaded(postgres::Cluster& cluster) {
    const std::string database = cluster.NewDatabase();
    names = {.schema = "aisle",
             .owner = database + "_owner",
             .writer = database + "_writer",
             .reader = database + "_reader"};
    const auto as = [&](const std::string& role) {
      const auto file = folder.Path() / role;
      AISLE_ASSERT(base::WriteFileAtomic(file, "secret\n"));
      postgres::ConnectionSettings settings = cluster.Settings(database);
      settings.user = role;
      settings.password = {postgres::PasswordSource::Kind::kFile, file.string()};
      return settings;
    };
    const auto verifier = [] { return *postgres::PasswordVerifier("secret"); };
    AISLE_ASSERT(
        net::Await(CreateStore(cluster.Settings(database), as(names.owner), names,
                               {.owner = verifier(), .writer = verifier(), .reader = verifier()})));
    const auto root = folder.Path() / "serving";
    auto writer = GenerationWriter::Create(root);
    AISLE_ASSERT(writer && writer->PutShelf(SampleShelf(1, kProducts)));
    for (std::int64_t id = kSampleFirstCustomer; id < kSampleFirstCustomer + kCustomers; ++id)
      AISLE_ASSERT(writer->PutCustomer(SampleCustomer(1, id, kProducts), SamplePropensity(1, id)));
    AISLE_ASSERT(writer->Commit({}));
    const auto published = PublishedGeneration::OpenCurrent(root);
    AISLE_ASSERT(published);
    AISLE_ASSERT(net::Await(LoadGeneration(as(names.owner), names, *published, {})));
    reader = as(names.reader);
  }
  base::TempFolder folder;
  StoreNames names;
  postgres::ConnectionSettings reader;
};

void BM_LookUpInPostgres(benchmark::State& state) {
  const auto cluster = postgres::Cluster::Shared();
  if (!cluster) {
    state.SkipWithError(("SKIPPED: " + cluster.error().message).c_str());
    return;
  }
  const Loaded loaded(**cluster);
  const char* const rounds_text = std::getenv("AISLE_BENCH_ROUNDS");
  const int rounds = rounds_text == nullptr ? 1 : std::max(1, std::atoi(rounds_text));
  std::vector<double> bare_us;
  std::vector<double> store_us;
  net::EventLoops loops(1, "look-up");
  auto store = std::make_unique<PostgresStore>(loops, 0, loaded.reader, loaded.names,
                                               postgres::PoolSettings{.connections_max = 1});
  std::promise<void> ended;
  const auto run = [&]() -> net::Task<void> {
    // Everything that a look-up carries, in the order that Ask() sums.
    postgres::BareLibpq bare(
        loaded.reader, "127.0.0.1",
        fmt::format("SELECT generation, writes_until, generation_checksum, as_of, category_count, "
                    "record, propensity FROM ({}) AS x",
                    PutIn(sql::kStoreCustomer, loaded.names)));
    std::int64_t key = 0;
    const auto ask = [&](std::int64_t customer, bool counts) -> net::Task<void> {
      const base::Stopwatch bare_watch;
      benchmark::DoNotOptimize(bare.Ask(customer));
      const double bare_seconds = bare_watch.Seconds();
      const base::Stopwatch store_watch;
      const auto fetched = co_await store->Fetch(LookUp({customer}, 1));
      const double store_seconds = store_watch.Seconds();
      AISLE_ASSERT(fetched && fetched->record.customer.value == customer);
      if (!counts) co_return;
      bare_us.push_back(1e6 * bare_seconds);
      store_us.push_back(1e6 * store_seconds);
    };
    for (int i = 0; i < kPerRound; ++i) co_await ask(kSampleFirstCustomer + i, false);
    for (auto _ : state) {
      for (int i = 0; i < rounds * kPerRound; ++i)
        co_await ask(kSampleFirstCustomer + (key += 7919) % kCustomers, true);
    }
    store.reset();
    ended.set_value();
  };
  loops.Spawn(0, run());
  loops.Start();
  ended.get_future().wait();
  loops.Stop();
  loops.Join();
  state.counters["bare_p50_us"] = Quantile(bare_us, 0.5);
  state.counters["bare_p99_us"] = Quantile(bare_us, 0.99);
  state.counters["store_p50_us"] = Quantile(store_us, 0.5);
  state.counters["store_p99_us"] = Quantile(store_us, 0.99);
  state.counters["p50_ratio"] = Quantile(store_us, 0.5) / Quantile(bare_us, 0.5);
  state.counters["p99_ratio"] = Quantile(store_us, 0.99) / Quantile(bare_us, 0.99);
}
BENCHMARK(BM_LookUpInPostgres)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace aisle::serving
