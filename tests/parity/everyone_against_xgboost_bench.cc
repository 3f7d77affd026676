// Customers x products: publish::RankEveryone, everything included (reading the records, propensities of every
// category, inputs, scores, the best twenty), against XGBoost's margins with one thread for rows written beforehand.
//
// Ours ranks all customers of the shop, XGBoost in turn with it a sample of them; `ours_us` and `xgboost_us` are of
// one customer, `times_as_fast` the median of the rounds' ratios. The sample's lists are compared product by product
// with those of XGBoost's margins, score bits included: `lists_differ`. `cores` are ours. Models of 300 trees of depth
// 8 that XGBoost trained on pairs of this shop: `sweep` over the inputs of ranking_reference with propensity blended
// in, `columns` over those of ranking_default.
//
// AISLE_BENCH_CUSTOMERS and AISLE_BENCH_PRODUCTS set the size (default 200 and 500, so that the run in every test
// stays short).
#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "gold/feature_stream.h"
#include "publish/on_cores_testing.h"
#include "publish/publish.h"
#include "publish/small_shop_testing.h"
#include "ranking/calibration.h"
#include "ranking/select.h"
#include "recipe_inputs_testing.h"
#include "trainer/trainer.h"
#include "two_sides_testing.h"

namespace aisle {
namespace {

using publish::SmallShop;

constexpr std::size_t kCategories = 12;
constexpr std::size_t kSample = 8;
constexpr int kTop = 20;
constexpr std::size_t kTrainRows = 40'000;
constexpr std::size_t kTrainCustomers = 2000;

struct Shop {
  SmallShop shop{static_cast<int>(SizeFromEnvironment("AISLE_BENCH_CUSTOMERS", 200)),
                 static_cast<int>(SizeFromEnvironment("AISLE_BENCH_PRODUCTS", 500)), 60,
                 static_cast<int>(kCategories)};
  base::TempFolder folder;
  features::Catalogue catalogue =
      SmallShop::Must(gold::ReadCatalogue(shop.Connection(), SmallShop::AsOf()));
  features::CatalogueView view{catalogue};
  ranking::ModelSpec propensity_spec = publish::PropensitySpec(1, 200, 6);
  ranking::CategoryScorer propensity =
      SmallShop::Must(ranking::CategoryScorer::Make(propensity_spec, view));
  std::vector<features::CustomerRecord> customers;
  std::vector<std::vector<float>> propensities;

  Shop() {
    const auto take = [&](features::CustomerRecord&& record) {
      customers.push_back(std::move(record));
      return Status{};
    };
    AISLE_ASSERT(gold::ReadCustomers(shop.Database(), catalogue, SmallShop::AsOf(), take));
    ranking::Scratch scratch;
    for (const auto& customer : customers) {
      propensities.emplace_back(catalogue.categories.size());
      propensity.Score(customer, SmallShop::AsOf(), scratch, propensities.back());
    }
  }
  static Shop& Get() {
    static Shop shop;
    return shop;
  }
  void Fill(const features::PairRowMaker& maker, std::size_t customer,
            std::span<const std::uint32_t> products, std::span<float> rows) const {
    maker.Fill(customers[customer], propensities[customer], SmallShop::AsOf(), products, rows);
  }
};

features::PairRowMaker MakerOf(const Shop& shop, const std::vector<std::string>& inputs) {
  return {shop.view, SmallShop::Must(features::ResolvePairInputs(inputs))};
}

// Labels that hang on every input: each is compared with its value in some row.
std::string Train(const Shop& shop, const std::vector<std::string>& inputs) {
  const features::PairRowMaker maker = MakerOf(shop, inputs);
  base::Stream stream(1, 2, 3);
  trainer::Dataset data;
  data.feature_count = inputs.size();
  data.feature_names = inputs;
  const std::size_t each = kTrainRows / kTrainCustomers;
  std::vector<std::uint32_t> products;
  for (std::size_t i = 0; i < kTrainCustomers; ++i) {
    products.clear();
    for (std::size_t k = 0; k < each; ++k)
      products.push_back(static_cast<std::uint32_t>(stream.Below(shop.catalogue.products.size())));
    data.rows.resize(data.rows.size() + each * inputs.size());
    shop.Fill(maker, stream.Below(shop.customers.size()), products,
              std::span(data.rows).last(each * inputs.size()));
  }
  std::vector<float> thresholds;
  for (std::size_t f = 0; f < inputs.size(); ++f)
    thresholds.push_back(data.rows[stream.Below(kTrainRows) * inputs.size() + f]);
  for (std::size_t i = 0; i < data.rows.size(); i += inputs.size()) {
    double margin = -1;
    // A comparison with a missing value is false.
    for (std::size_t f = 1; f < inputs.size(); ++f) {
      const bool above = data.rows[i + f] > thresholds[f];
      const bool before = data.rows[i + f - 1] > thresholds[f - 1];
      margin += (f % 2 == 0 ? 0.5 : -0.5) * ((above ? 1 : 0) + (above != before ? 1 : 0));
    }
    data.labels.push_back(stream.Chance(1 / (1 + std::exp(-margin))) ? 1.0F : 0.0F);
  }
  trainer::Settings settings;
  settings.rounds = 300;
  settings.max_depth = 8;
  settings.learning_rate = 0.08;
  settings.extra = {{"tree_method", "hist"}};
  return SmallShop::Must(trainer::Train(data, settings)).ubjson;
}

struct Model {
  ranking::ModelSpec spec;
  registry::Registry registry;

  // Trained once.
  static const Model& Get(const std::string& name) {
    static std::map<std::string, std::unique_ptr<Model>> models;
    auto& model = models[name];
    if (model) return *model;
    const Shop& shop = Shop::Get();
    ranking::ModelSpec spec;
    spec.inputs = RecipeInputs(name == "sweep" ? "ranking_reference" : "ranking_default");
    spec.propensity_blend = name == "sweep" ? 0.3 : 0;
    spec.ubjson = Train(shop, spec.inputs);
    registry::Registry registry(shop.folder.Path() / name);
    publish::AddModel(registry, "ranking", spec);
    publish::AddModel(registry, "propensity", shop.propensity_spec);
    model = std::make_unique<Model>(std::move(spec), std::move(registry));
    return *model;
  }
};

// Whether the list is that of XGBoost's margins.
bool IsListOf(const Shop& shop, const ranking::ModelSpec& spec, std::size_t customer,
              std::span<const float> margins, const publish::RankedList& list) {
  std::vector<float> scores;
  std::vector<std::uint32_t> positions;
  for (std::uint32_t p = 0; p < margins.size(); ++p) {
    float score = ranking::Calibrated(margins[p], 1, 0);
    const std::size_t category = shop.catalogue.products[p].category;
    if (spec.propensity_blend > 0) {
      score = ranking::Blended(score, spec.propensity_blend, shop.propensities[customer][category]);
    }
    scores.push_back(score);
    positions.push_back(p);
  }
  const auto best = ranking::SelectTop(scores, positions, kTop);
  std::vector<float> best_scores;
  for (const std::uint32_t i : best) best_scores.push_back(scores[i]);
  if (list.customer != shop.customers[customer].customer || list.products.size() != best.size() ||
      CountDifferent(list.scores, best_scores) > 0) {
    return false;
  }
  for (std::size_t i = 0; i < best.size(); ++i) {
    if (shop.catalogue.products[best[i]].product != list.products[i]) return false;
  }
  return true;
}

void BM_Everyone(benchmark::State& state, const std::string& name) {
  Shop& shop = Shop::Get();
  const Model& model = Model::Get(name);
  auto theirs = SmallShop::Must(trainer::XgboostModel::Load(model.spec.ubjson, 1));
  const std::size_t width = model.spec.inputs.size();
  std::vector<std::uint32_t> all(shop.catalogue.products.size());
  for (std::uint32_t p = 0; p < all.size(); ++p) all[p] = p;
  const features::PairRowMaker maker = MakerOf(shop, model.spec.inputs);
  std::vector<float> rows(all.size() * width);
  const publish::OnCores cores(static_cast<int>(state.range(0)), shop.shop);
  if (!cores.Enough()) return state.SkipWithError("SKIPPED: not so many cores");
  base::Stream stream(4, 4, 4);
  std::vector<double> ours_us, theirs_us, ratios;
  double lists_differ = 0;
  for (auto _ : state) {
    std::vector<publish::RankedList> lists;
    std::int64_t swept = 0;
    const double ours_ms = base::MillisecondsOf([&] {
      const auto take = [&](const publish::RankedList& list) {
        lists.push_back(list);
        return Status{};
      };
      swept =
          SmallShop::Must(publish::RankEveryone(shop.shop.Database(), model.registry,
                                                {.as_of = SmallShop::AsOf(), .count = kTop}, take))
              .swept;
    });
    AISLE_ASSERT(lists.size() == shop.customers.size());
    AISLE_ASSERT(swept == (name == "sweep" ? static_cast<std::int64_t>(lists.size()) : 0));
    double theirs_ms = 0;
    for (std::size_t i = 0; i < kSample; ++i) {
      const std::size_t customer = stream.Below(lists.size());
      shop.Fill(maker, customer, all, rows);
      std::span<const float> margins;
      theirs_ms += base::MillisecondsOf([&] { margins = *theirs.Predict(rows, width, true); });
      lists_differ += IsListOf(shop, model.spec, customer, margins, lists[customer]) ? 0 : 1;
    }
    ours_us.push_back(1e3 * ours_ms / static_cast<double>(lists.size()));
    theirs_us.push_back(1e3 * theirs_ms / static_cast<double>(kSample));
    ratios.push_back(theirs_us.back() / ours_us.back());
  }
  AISLE_ASSERT(lists_differ == 0);
  state.counters["ours_us"] = base::Median(ours_us);
  state.counters["xgboost_us"] = base::Median(theirs_us);
  state.counters["times_as_fast"] = base::Median(ratios);
  state.counters["lists_differ"] = lists_differ;
}
void Cores(benchmark::internal::Benchmark* bench) {
  bench->ArgName("cores")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
}
BENCHMARK_CAPTURE(BM_Everyone, sweep, "sweep")->Apply(Cores);
BENCHMARK_CAPTURE(BM_Everyone, columns, "columns")->Apply(Cores);

}  // namespace
}  // namespace aisle
