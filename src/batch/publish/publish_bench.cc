// The batch jobs on a shop of made-up events, reading and writing included: customers x categories and customers x
// products with one core and with two, and a generation. `items_per_second` are pairs scored, in the generation customers.
//
// AISLE_BENCH_CUSTOMERS and AISLE_BENCH_PRODUCTS set the size (default 200 and 500, so that the run in every test
// stays short). Trees are random and complete; tests/parity has trained ones. `checksum` is over what came out: of
// one model it must be one number whatever way and however many cores, which is asserted.
#include <benchmark/benchmark.h>

#include <array>
#include <bit>
#include <cstdlib>
#include <map>
#include <string>

#include "forest/formats/load.h"
#include "publish/on_cores_testing.h"
#include "publish/publish.h"
#include "publish/small_shop_testing.h"

namespace aisle::publish {
namespace {

constexpr int kCategories = 12;

int SizeOf(const char* name, int otherwise) {
  const char* asked = std::getenv(name);
  return asked == nullptr ? otherwise : std::max(1, std::atoi(asked));
}
int Customers() { return SizeOf("AISLE_BENCH_CUSTOMERS", 200); }
int Products() { return SizeOf("AISLE_BENCH_PRODUCTS", 500); }

// 300 trees of depth 8 over the inputs of ranking_reference, their thresholds where this shop has values.
ranking::ModelSpec SweepableSpec() {
  constexpr std::array kLargest = {70.0F, 48.0F, 3.0F,  20.0F, 1000.0F, 95.0F, 300.0F,
                                   30.0F, 95.0F, 95.0F, 1.0F,  1.0F,    3.0F,  3.0F};
  const auto& inputs = ranking::ReferenceInputs();
  AISLE_ASSERT(inputs.size() == kLargest.size());
  forest::Model model =
      forest::RandomModel(2, 300, 8, static_cast<std::uint32_t>(inputs.size()), 0);
  for (forest::Node& node : model.nodes) {
    if (node.left != 0) node.value = kLargest[node.feature] * (node.value + 4) / 8;
  }
  ranking::ModelSpec spec = ranking::SpecOfTrees(model, 0.03, inputs);
  spec.propensity_blend = 0.3;
  return spec;
}

// Made once: at catalogue scale it takes longer than what is measured.
struct Bench {
  SmallShop shop{Customers(), Products(), 60, kCategories};
  base::TempFolder folder;
  registry::Registry registry{folder.Path() / "models"};
  registry::Registry sweepable{folder.Path() / "sweepable"};
  Bench() {
    AddModel(registry, "propensity", PropensitySpec(1, 200, 6));
    AddModel(registry, "ranking", RankingSpec(1, 300, 8));
    AddModel(sweepable, "propensity", PropensitySpec(1, 200, 6));
    AddModel(sweepable, "ranking", SweepableSpec());
  }
  static Bench& Get() {
    static Bench bench;
    return bench;
  }
};

// The bits of everything that came out, in order.
class Checksum {
 public:
  void Add(std::uint64_t value) { sum_ = (sum_ ^ value) * 0x9E3779B97F4A7C15U; }
  // Asserts that whoever says the same `name` has the same sum; what a counter can show of it.
  double Same(const std::string& name) const {
    static std::map<std::string, std::uint64_t> sums;
    AISLE_ASSERT(sums.emplace(name, sum_).first->second == sum_);
    return static_cast<double>(sum_ >> 32U);
  }

 private:
  std::uint64_t sum_ = 1;
};

void BM_ScorePropensity(benchmark::State& state) {
  Bench& bench = Bench::Get();
  const OnCores cores(static_cast<int>(state.range(0)), bench.shop);
  if (!cores.Enough()) return state.SkipWithError("SKIPPED: not so many cores");
  for (auto _ : state)
    SmallShop::Must(ScorePropensity(bench.shop.Database(), bench.registry, SmallShop::AsOf()));
  Checksum checksum;
  for (const auto& row : bench.shop.Rows(
           "SELECT CAST(customer_id AS STRING), category_id, CAST(propensity_score AS STRING) FROM "
           "gold.customer_propensity ORDER BY ALL"))
    for (const std::string& cell : row) checksum.Add(std::hash<std::string>()(cell));
  state.counters["checksum"] = checksum.Same("propensity");
  state.SetItemsProcessed(state.iterations() * Customers() * kCategories);
}
BENCHMARK(BM_ScorePropensity)
    ->ArgName("cores")
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_PublishGeneration(benchmark::State& state) {
  Bench& bench = Bench::Get();
  SmallShop::Must(ScorePropensity(bench.shop.Database(), bench.registry, SmallShop::AsOf()));
  for (auto _ : state) {
    const auto manifest = SmallShop::Must(PublishGeneration(
        bench.shop.Database(), bench.registry, bench.folder.Path() / "serving", SmallShop::AsOf()));
    state.counters["checksum"] = static_cast<double>(manifest.propensity_rows);
  }
  state.SetItemsProcessed(state.iterations() * Customers());
}
BENCHMARK(BM_PublishGeneration)->Unit(benchmark::kMillisecond)->UseRealTime();

enum class Way : std::uint8_t { kPairHistory, kColumns, kSweep };

// kPairHistory: a model that the sweep does not take, by columns. The others: one model both ways.
void BM_RankEveryone(benchmark::State& state, Way way) {
  Bench& bench = Bench::Get();
  const OnCores cores(static_cast<int>(state.range(0)), bench.shop);
  if (!cores.Enough()) return state.SkipWithError("SKIPPED: not so many cores");
  const auto& registry = way == Way::kPairHistory ? bench.registry : bench.sweepable;
  // Who asks for the engine that it would have got is not swept.
  const auto any =
      forest::Forest::Build(SmallShop::Must(forest::LoadModel(SweepableSpec().ubjson)));
  const std::string engine(forest::EngineName(any->EngineInUse()));
  if (way == Way::kColumns) ::setenv("AISLE_FOREST_ENGINE", engine.c_str(), 1);
  for (auto _ : state) {
    Checksum checksum;
    const auto report = SmallShop::Must(RankEveryone(
        bench.shop.Database(), registry, {.as_of = SmallShop::AsOf()}, [&](const RankedList& list) {
          for (std::size_t i = 0; i < list.products.size(); ++i) {
            checksum.Add(static_cast<std::uint64_t>(list.products[i].value));
            checksum.Add(std::bit_cast<std::uint32_t>(list.scores[i]));
          }
          return Status{};
        }));
    state.counters["checksum"] = checksum.Same(way == Way::kPairHistory ? "history" : "sweepable");
    state.counters["swept_share"] =
        static_cast<double>(report.swept) / static_cast<double>(report.customers);
    AISLE_ASSERT(report.customers == Customers());
    AISLE_ASSERT(report.swept == (way == Way::kSweep ? report.customers : 0));
  }
  if (way == Way::kColumns) ::unsetenv("AISLE_FOREST_ENGINE");
  state.SetItemsProcessed(state.iterations() * Customers() * Products());
}
void Cores(benchmark::internal::Benchmark* bench) {
  bench->ArgName("cores")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
}
BENCHMARK_CAPTURE(BM_RankEveryone, pair_history, Way::kPairHistory)->Apply(Cores);
BENCHMARK_CAPTURE(BM_RankEveryone, columns, Way::kColumns)->Apply(Cores);
BENCHMARK_CAPTURE(BM_RankEveryone, sweep, Way::kSweep)->Apply(Cores);

}  // namespace
}  // namespace aisle::publish
