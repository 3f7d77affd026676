// One request scored by the sweep and by XGBoost with one thread, on one model of the recipe
// `ranking_reference`'s kind that XGBoost trained: margins of 1,700 of 2,000 products.
//
// The sides take turns in short blocks within one run: 32 customers by the sweep, the same ones by its
// bit-equal form (`exact`), the last of them by XGBoost, which gets its rows filled. The figure is the median
// of the blocks' ratios. `cold`: caches are flushed by reading and writing 64 MB before each block, which is
// then of one customer. The run asserts that the bit-equal form gives XGBoost's bits; `worst` is the largest
// distance between XGBoost's margins and the sweep's.
#include <benchmark/benchmark.h>

#include "base/stopwatch.h"
#include "reference_shop_testing.h"

namespace aisle {
namespace {

constexpr std::size_t kProducts = 2000;
constexpr std::size_t kCandidates = 1700;
constexpr std::size_t kTrainRows = 200'000;
constexpr std::size_t kBlock = 32;

void FlushCaches() {
  static std::vector<std::uint64_t> memory(std::size_t{8} << 20U);
  for (std::size_t i = 0; i < memory.size(); i += 8) memory[i] += i;
  benchmark::DoNotOptimize(memory.data());
}

const std::string& ModelOf(const ReferenceShop& shop, int trees, int depth) {
  static std::vector<std::pair<std::pair<int, int>, std::string>> made;
  for (const auto& [key, bytes] : made) {
    if (key == std::pair(trees, depth)) return bytes;
  }
  return made.emplace_back(std::pair(trees, depth), shop.Train(kTrainRows, trees, depth)).second;
}

void BM_SweepAgainstXgboost(benchmark::State& state, forest::SweepLevel level, int trees, int depth,
                            bool cold) {
  if (!forest::CpuRuns(level)) {
    state.SkipWithError("SKIPPED: this CPU lacks the level");
    return;
  }
  const ReferenceShop shop(1, kProducts);
  const std::string& ubjson = ModelOf(shop, trees, depth);
  auto theirs = trainer::XgboostModel::Load(ubjson, 1);
  auto model = forest::LoadModel(ubjson);
  AISLE_ASSERT(theirs && model);
  std::vector<double> builds;
  for (int i = 0; i < 3; ++i) {
    builds.push_back(1e3 * base::MillisecondsOf([&] {
                       AISLE_ASSERT(forest::Sweep::Build(*model, shop.ForSweep(), level));
                     }));
  }
  const auto sweep = forest::Sweep::Build(*model, shop.ForSweep(), level);
  AISLE_ASSERT(sweep);
  base::Stream stream(3, 3, 3);
  forest::SweepScratch scratch;
  std::vector<float> rows(kCandidates * kShopInputs);
  std::vector<float> margins(kCandidates);
  std::vector<std::uint32_t> cells(kCandidates);
  std::vector<float> bits(sweep->CellCount());
  std::vector<double> ratios, ours_us, exact_us, exact_ratios, theirs_us, reached;
  double worst = 0;
  double differ = 0;
  const std::size_t block = cold ? 1 : kBlock;
  for (auto _ : state) {
    std::vector<std::vector<float>> requests;
    for (std::size_t i = 0; i < block; ++i) {
      const ShopCustomer customer = ReferenceShop::Customer(stream);
      requests.push_back(ReferenceShop::RequestOf(customer));
      const std::size_t first = stream.Below(kProducts - kCandidates);
      for (std::size_t k = 0; i + 1 == block && k < kCandidates; ++k) {
        shop.FillRow(customer, first + k, &rows[k * kShopInputs]);
        cells[k] = sweep->CellOf(first + k);
      }
    }
    const auto swept = [&](const std::vector<float>& request) {
      sweep->Run(request, scratch);
      const auto table = scratch.Margins();
      for (std::size_t i = 0; i < kCandidates; ++i) margins[i] = table[cells[i]];
    };
    const auto timed = [&](const auto& one) {
      if (cold) FlushCaches();
      return 1e3 * base::MillisecondsOf([&] {
               for (const auto& request : requests) one(request);
             }) /
             static_cast<double>(block);
    };
    ours_us.push_back(timed(swept));
    reached.push_back(static_cast<double>(scratch.Reached()));
    exact_us.push_back(timed([&](const std::vector<float>& request) {
      sweep->Run(request, scratch);
      sweep->ExactAll(scratch, bits);
      benchmark::DoNotOptimize(bits.data());
    }));
    if (cold) FlushCaches();
    theirs_us.push_back(1e3 * base::MillisecondsOf([&] {
                          const auto answer = theirs->Predict(rows, kShopInputs, true);
                          AISLE_ASSERT(answer);
                          benchmark::DoNotOptimize(answer->data());
                        }));
    const auto answer = theirs->Predict(rows, kShopInputs, true);
    for (std::size_t i = 0; i < kCandidates; ++i) {
      worst = std::max(worst, static_cast<double>(std::abs((*answer)[i] - margins[i])));
      differ += bits[cells[i]] == (*answer)[i] ? 0 : 1;
    }
    ratios.push_back(theirs_us.back() / ours_us.back());
    exact_ratios.push_back(theirs_us.back() / exact_us.back());
  }
  AISLE_ASSERT(differ == 0);
  AISLE_ASSERT(worst <= sweep->ExactDistance());
  state.counters["ours_us"] = base::Median(ours_us);
  state.counters["xgboost_us"] = base::Median(theirs_us);
  state.counters["times_as_fast"] = base::Median(ratios);
  state.counters["exact_us"] = base::Median(exact_us);
  state.counters["exact_times_as_fast"] = base::Median(exact_ratios);
  state.counters["worst"] = worst;
  state.counters["reached"] = base::Median(reached);
  state.counters["build_ms"] = base::Median(builds) / 1000;
  state.counters["mbytes"] = static_cast<double>(sweep->Bytes()) / 1e6;
  state.SetLabel(sweep->Summary());
}

void Register() {
  for (const auto level : forest::kSweepLevels) {
    for (const auto& [trees, depth] : {std::pair(300, 8), {200, 6}}) {
      for (const bool cold : {false, true}) {
        const std::string name = "sweep/" + std::string(forest::SweepLevelName(level)) + "/" +
                                 std::to_string(trees) + "x" + std::to_string(depth) +
                                 (cold ? "/cold" : "/warm");
        benchmark::RegisterBenchmark(name.c_str(), BM_SweepAgainstXgboost, level, trees, depth,
                                     cold)
            ->Unit(benchmark::kMillisecond);
      }
    }
  }
}
[[maybe_unused]] const bool kRegistered = (Register(), true);

}  // namespace
}  // namespace aisle
