// A whole request ranked by the sweep, on a model of the recipe `ranking_reference`'s kind that XGBoost
// trained (300 trees of depth 8, propensity blended in).
//
// `recommend`: Recommender::Recommend, embedded, no HTTP, 2,000 products of which 1,700 are in stock, the
// best five and their spares; counters are medians and the 99th percentile over requests of 512 customers;
// `by_rows_us` is the median of the same customers' rows and forest, in turns within the run. Of every sixteenth
// request the products and score bits are compared with the rows' way. `Million`: the
// best 50 of 1,000,000 products, nothing scored per product; every answer's score bits are compared with the
// rows' way, and 2,000 other products with the 50th.
#include <benchmark/benchmark.h>

#include <chrono>

#include "base/stopwatch.h"
#include "net/event_loops.h"
#include "ranking/random_spec_testing.h"
#include "ranking/sweep_scorer.h"
#include "recommend/recommend.h"
#include "reference_shop_testing.h"
#include "serving/state/serving_state.h"

namespace aisle {
namespace {

constexpr base::Timestamp kNow{base::Microseconds{1'795'478'400'000'000}};
constexpr std::size_t kCategories = 12;
constexpr int kCustomers = 512;
constexpr std::int64_t kFirst = 1'000'000;

ranking::ModelSpec TrainedSpec() {
  ranking::ModelSpec spec;
  static const std::string ubjson = ReferenceShop(1, 2000).Train(100'000, 300, 8);
  spec.ubjson = ubjson;
  spec.inputs = ranking::ReferenceInputs();
  spec.propensity_blend = 0.3;
  return spec;
}

// Prices are multiples of `step_cents`.
serving::Shelf MakeShelf(std::size_t products, std::int64_t step_cents = 1) {
  const ReferenceShop shop(1, products);
  base::Stream stream(4, 4, 4);
  serving::Shelf shelf;
  features::Catalogue& catalogue = shelf.catalogue;
  catalogue.as_of = kNow;
  for (std::size_t c = 0; c < kCategories; ++c) {
    const std::string id = (c < 9 ? "CAT-00" : "CAT-0") + std::to_string(c + 1);
    catalogue.categories.push_back({id, id, "D"});
  }
  catalogue.brands = {"B"};
  for (std::size_t p = 0; p < products; ++p) {
    features::ProductRecord product;
    product.product.value = static_cast<std::int64_t>(p) + 1;
    product.category = static_cast<std::uint16_t>(stream.Below(kCategories));
    const std::int64_t cents = std::lround(static_cast<double>(shop.prices()[p]) * 100);
    product.price.value = (cents + step_cents - 1) / step_cents * step_cents;
    product.is_perishable = stream.Chance(0.25);
    catalogue.products.push_back(product);
  }
  for (auto& region : shelf.regions) {
    for (std::uint32_t p = 0; p < products; ++p) {
      if (!stream.Chance(0.85)) continue;
      region.products.push_back(p);
      region.quantity.push_back(5);
      region.delivery_days.push_back(2);
    }
  }
  return shelf;
}

serving::CustomerState MakeCustomer(std::int64_t id) {
  base::Stream stream(5, static_cast<std::uint64_t>(id), 5);
  const ShopCustomer values = ReferenceShop::Customer(stream);
  serving::CustomerState state;
  features::CustomerRecord& record = state.record;
  const auto days = [](float count) {
    return base::kDay * static_cast<std::int64_t>(std::lround(count));
  };
  const auto date = [&](float years) {
    return std::chrono::floor<std::chrono::days>(kNow - days(365.25F * years));
  };
  record.customer.value = id;
  record.as_of = kNow;
  record.has_birth_date = !std::isnan(values[0]);
  if (record.has_birth_date) record.date_of_birth = date(values[0]);
  record.customer_since = date(values[1] / 12);
  record.tier = static_cast<domain::Tier>(static_cast<int>(values[2]));
  record.postal_code = "10001";
  record.total_orders = static_cast<std::int32_t>(values[3]);
  record.lifetime_spend.value = record.total_orders > 0 ? std::lround(values[4] * 100) : 0;
  if (!std::isnan(values[6])) record.last_purchase = kNow - days(values[6]);
  record.points_earned = std::lround(values[7] * 100) - std::int64_t{record.total_orders} * 500;
  record.browsed_price_count = std::isnan(values[8]) ? 0 : 10;
  if (record.browsed_price_count > 0)
    record.browsed_price_sum.value = std::lround(values[8] * 1000);
  for (std::size_t c = 0; c < kCategories; ++c)
    state.propensity.push_back(static_cast<float>(0.3 * stream.Uniform()));
  return state;
}

double Quantile(std::vector<double> values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

void BM_Recommend(benchmark::State& state) {
  std::vector<serving::CustomerState> customers;
  for (int i = 0; i < kCustomers; ++i) customers.push_back(MakeCustomer(kFirst + i));
  serving::GenerationManifest manifest;
  manifest.ranking_version = manifest.propensity_version = 1;
  const auto serving =
      serving::ServingState::FromParts(manifest, MakeShelf(2000), TrainedSpec(), customers);
  AISLE_ASSERT(serving && (*serving)->Sweeper() != nullptr);
  recommend::Recommender recommender(nullptr);
  recommender.SetState(*serving);
  std::vector<double> whole, model, rows;
  ranking::Scratch scratch;
  const auto& candidates = (*serving)->PublishedShelf().regions[0].products;
  std::vector<float> scores(candidates.size());
  ranking::SweepWorkspace sweep;
  net::RunToEnd([&]() -> net::Task<void> {
    std::int64_t at = 0;
    for (auto _ : state) {
      std::vector<recommend::Item> items;  // Of the last request.
      for (int i = 0; i < 16; ++i) {
        ++at;
        recommend::Request request{
            .customer = domain::CustomerId{kFirst + at % kCustomers},
            .destination = recommend::Destination::Of("10001", domain::RetailerShape::Quickstart()),
            .request_id = "00000000-0000-0000-0000-000000000000"};
        auto answer = co_await recommender.Recommend(std::move(request), kNow, {});
        AISLE_ASSERT(answer && answer->items.size() == 5 && answer->timings.model_ok);
        whole.push_back(static_cast<double>(answer->timings.total.count()) / 1000);
        model.push_back(static_cast<double>(answer->timings.model.count()) / 1000);
        items = std::move(answer->items);
      }
      const auto& customer = customers[static_cast<std::size_t>(at % kCustomers)];
      rows.push_back(1e3 * base::MillisecondsOf([&] {
                       const auto* ranker = (*serving)->Ranker();
                       ranker->FillRows(customer.record, customer.propensity, kNow, candidates,
                                        scratch);
                       ranker->ScoreRows(customer.propensity, candidates, scratch, scores);
                     }));
      const auto* sweeper = (*serving)->Sweeper();
      sweeper->FillRequest(customer.record, kNow, sweep);
      // The sweep takes this request, so it was what answered.
      AISLE_ASSERT(sweeper->Top(customer.propensity,
                                (*serving)->SweptOf(domain::Region::kNortheast), items.size(),
                                sweep));
      const auto best = ranking::SelectTop(scores, candidates, items.size());
      for (std::size_t i = 0; i < items.size(); ++i) {
        AISLE_ASSERT(items[i].product.value == static_cast<std::int64_t>(candidates[best[i]]) + 1);
        AISLE_ASSERT(items[i].score == scores[best[i]]);
      }
    }
  }());
  state.counters["p50_us"] = Quantile(whole, 0.5);
  state.counters["p99_us"] = Quantile(whole, 0.99);
  state.counters["model_us"] = Quantile(model, 0.5);
  state.counters["by_rows_us"] = Quantile(rows, 0.5);
  state.SetLabel((*serving)->Sweeper()->Sweep().Summary());
}
BENCHMARK(BM_Recommend)->Name("recommend")->Unit(benchmark::kMillisecond);

void BM_Million(benchmark::State& state, std::int64_t step_cents) {
  constexpr std::size_t kProducts = 1'000'000;
  constexpr std::size_t kBest = 50;
  serving::Shelf shelf = MakeShelf(kProducts, step_cents);
  const features::CatalogueView view(shelf.catalogue);
  const ranking::ModelSpec spec = TrainedSpec();
  const auto ranker = ranking::PairScorer::Make(spec, view);
  AISLE_ASSERT(ranker);
  const auto sweeper = ranking::SweepScorer::Make(spec, ranker->Forest(), view);
  AISLE_ASSERT(sweeper);
  std::vector<std::uint32_t> all(kProducts);
  for (std::uint32_t p = 0; p < kProducts; ++p) all[p] = p;
  const ranking::SweptCandidates candidates = sweeper->Group(all);
  ranking::SweepWorkspace work;
  ranking::Scratch scratch;
  base::Stream stream(8, 8, 8);
  std::vector<double> times;
  for (auto _ : state) {
    const auto customer =
        MakeCustomer(kFirst + static_cast<std::int64_t>(stream.Below(kCustomers)));
    times.push_back(1e3 * base::MillisecondsOf([&] {
                      sweeper->FillRequest(customer.record, kNow, work);
                      AISLE_ASSERT(sweeper->Top(customer.propensity, candidates, kBest, work));
                    }));
    std::vector<std::uint32_t> some;
    for (const auto& item : work.best) some.push_back(item.index);
    for (int i = 0; i < 2000; ++i)
      some.push_back(static_cast<std::uint32_t>(stream.Below(kProducts)));
    std::vector<float> scores(some.size());
    ranker->FillRows(customer.record, customer.propensity, kNow, some, scratch);
    ranker->ScoreRows(customer.propensity, some, scratch, scores);
    for (std::size_t i = 0; i < some.size(); ++i) {
      const bool shown =
          std::ranges::find(some.begin(), some.begin() + kBest, some[i]) != some.begin() + kBest;
      AISLE_ASSERT(i >= kBest || scores[i] == work.best[i].score);
      AISLE_ASSERT(shown || scores[i] <= work.best[kBest - 1].score);
    }
  }
  state.counters["p50_us"] = Quantile(times, 0.5);
  state.counters["p99_us"] = Quantile(times, 0.99);
  state.counters["groups"] = static_cast<double>(candidates.groups.size() - 1);
  state.SetLabel(sweeper->Sweep().Summary());
}
BENCHMARK_CAPTURE(BM_Million, every_cent, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Million, every_third_cent, 3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace aisle
