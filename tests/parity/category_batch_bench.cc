// What `aisle score` computes, customers x twelve categories from records of customers, against XGBoost with one thread
// on the same rows written out as a matrix beforehand: filling is in our time and not in XGBoost's, and so is making
// scores of margins. 200 trees of depth 6 over the inputs of propensity_default, trained by XGBoost on such rows.
//
// AISLE_BENCH_ROWS sets the size (default 12,000, so that the run in every test stays short). Sides take turns in one
// run; `rows_differ` counts scores that are not those of XGBoost's margins bit by bit, over all rows; `filling_ms` is
// what one thread of ours needs for the columns alone.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "ranking/calibration.h"
#include "ranking/ranking.h"
#include "recipe_inputs_testing.h"
#include "trainer/trainer.h"
#include "two_sides_testing.h"

namespace aisle {
namespace {

constexpr base::Timestamp kNow{base::Microseconds{1'795'478'400'000'000}};
constexpr std::size_t kCategories = 12;
constexpr std::size_t kProducts = 2000;
constexpr std::size_t kBrands = 60;
constexpr std::size_t kTrainCustomers = 4000;

const std::vector<std::string>& Inputs() {
  static const auto inputs = RecipeInputs("propensity_default");
  return inputs;
}

features::Catalogue MakeCatalogue() {
  base::Stream stream(1, 1, 1);
  features::Catalogue catalogue;
  catalogue.as_of = kNow;
  for (std::size_t c = 0; c < kCategories; ++c) {
    const std::string id = (c < 9 ? "CAT-00" : "CAT-0") + std::to_string(c + 1);
    catalogue.categories.push_back({id, id, "D"});
  }
  for (std::size_t b = 0; b < kBrands; ++b) catalogue.brands.push_back("B" + std::to_string(b));
  for (std::size_t p = 0; p < kProducts; ++p) {
    features::ProductRecord product;
    product.product.value = static_cast<std::int64_t>(p) + 1;
    product.category = static_cast<std::uint16_t>(stream.Below(kCategories));
    product.brand = static_cast<std::uint16_t>(stream.Below(kBrands));
    product.price.value = stream.Between(99, 30'000);
    product.views_28d = static_cast<std::int32_t>(stream.Below(300));
    product.purchases_28d = static_cast<std::int32_t>(stream.Below(60));
    catalogue.products.push_back(product);
  }
  return catalogue;
}

// About a dozen products met in a year, and what follows from them for customer and categories.
features::CustomerRecord MakeCustomer(const features::Catalogue& catalogue, std::uint64_t id) {
  base::Stream stream(2, id, 2);
  const auto ago = [&](double days) {
    return kNow - base::Microseconds{static_cast<std::int64_t>(days * 86'400e6)};
  };
  features::CustomerRecord customer;
  customer.customer.value = static_cast<std::int64_t>(id);
  customer.as_of = kNow;
  customer.customer_since = std::chrono::floor<std::chrono::days>(ago(2000 * stream.Uniform()));
  customer.tier = static_cast<domain::Tier>(stream.Below(4));
  std::vector<features::CategoryHistory> categories(kCategories);
  std::size_t position = 0;
  const double step = 2.0 * kProducts / static_cast<double>(1 + stream.Poisson(12));
  while ((position += 1 + static_cast<std::size_t>(step * stream.Uniform())) < kProducts) {
    const features::ProductRecord& product = catalogue.products[position];
    features::CategoryHistory& category = categories[product.category];
    features::PairHistory pair{.product = product.product};
    pair.views = static_cast<std::int32_t>(1 + stream.Below(4));
    pair.last_view = ago(60 * stream.Exponential());
    if (stream.Chance(0.3)) {
      pair.purchases = static_cast<std::int32_t>(1 + stream.Below(3));
      pair.last_purchase = ago(90 * stream.Exponential());
      customer.total_orders += pair.purchases;
      customer.lifetime_spend.value += pair.purchases * product.price.value;
      customer.last_purchase = std::max(customer.last_purchase, pair.last_purchase);
      category.purchases += pair.purchases;
      category.last_purchase = std::max(category.last_purchase, pair.last_purchase);
    }
    category.sessions += pair.views;
    category.sessions_28d += pair.last_view > ago(28) ? 1 : 0;
    category.last_event = std::max({category.last_event, pair.last_view, category.last_purchase});
    customer.browse_events += pair.views;
    customer.sessions += 1;
    customer.pairs.push_back(pair);
  }
  for (std::size_t c = 0; c < kCategories; ++c) {
    if (categories[c].sessions == 0) continue;
    categories[c].category = static_cast<std::uint16_t>(c);
    customer.categories_purchased += categories[c].purchases > 0 ? 1 : 0;
    customer.categories.push_back(categories[c]);
  }
  customer.carts_started = static_cast<std::int32_t>(stream.Below(6));
  customer.carts_abandoned = static_cast<std::int32_t>(
      stream.Below(static_cast<std::uint64_t>(customer.carts_started) + 1));
  return customer;
}

std::vector<features::CustomerRecord> MakeCustomers(const features::Catalogue& catalogue,
                                                    std::uint64_t first, std::size_t count) {
  std::vector<features::CustomerRecord> customers;
  for (std::size_t i = 0; i < count; ++i) customers.push_back(MakeCustomer(catalogue, first + i));
  return customers;
}

std::vector<float> MakeMatrix(const features::CategoryRowMaker& maker,
                              std::span<const features::CustomerRecord> customers) {
  const std::size_t cells = kCategories * Inputs().size();
  std::vector<float> rows(customers.size() * cells);
  for (std::size_t i = 0; i < customers.size(); ++i)
    maker.Fill(customers[i], kNow, std::span(rows).subspan(i * cells, cells));
  return rows;
}

std::string TrainModel(std::vector<float> rows) {
  trainer::Dataset dataset;
  dataset.feature_count = Inputs().size();
  dataset.feature_names = Inputs();
  base::Stream stream(3, 3, 3);
  for (std::size_t i = 0; i < rows.size(); i += Inputs().size()) {
    const float* const row = &rows[i];
    // A comparison with a missing value is false.
    const double margin = -3 + 0.8 * row[2] + 0.5 * row[5] + (row[6] < 20) + 0.3 * row[8] +
                          0.05 * row[11] - 0.5 * (row[14] > 100) + 0.1 * row[10];
    dataset.labels.push_back(stream.Chance(1 / (1 + std::exp(-margin))) ? 1.0F : 0.0F);
  }
  dataset.rows = std::move(rows);
  trainer::Settings settings;
  settings.rounds = 200;
  settings.max_depth = 6;
  settings.learning_rate = 0.1;
  const auto model = trainer::Train(dataset, settings);
  AISLE_ASSERT(model);
  return model->ubjson;
}

struct Sides {
  features::Catalogue catalogue = MakeCatalogue();
  features::CatalogueView view{catalogue};
  features::CategoryRowMaker maker{view, *features::ResolveCategoryInputs(Inputs())};
  ranking::ModelSpec spec{
      .ubjson = TrainModel(MakeMatrix(maker, MakeCustomers(catalogue, 1'000'000, kTrainCustomers))),
      .inputs = Inputs()};
  ranking::CategoryScorer ours = *ranking::CategoryScorer::Make(spec, view);
  trainer::XgboostModel theirs = *trainer::XgboostModel::Load(spec.ubjson, 1);
};

double FillingMilliseconds(const Sides& sides,
                           std::span<const features::CustomerRecord> customers) {
  const std::size_t group = sides.ours.GroupSize();
  features::CategoryColumns columns;
  return base::MillisecondsOf([&] {
    for (std::size_t done = 0; done < customers.size(); done += group) {
      sides.maker.FillColumns(customers.subspan(done, std::min(group, customers.size() - done)),
                              kNow, group, columns);
      benchmark::DoNotOptimize(columns.values.data());
    }
  });
}

// Threads take groups of customers until none is left, as `aisle score` does.
void ScoreAll(const Sides& sides, std::span<const features::CustomerRecord> customers,
              std::span<ranking::Scratch> scratch, std::span<float> scores) {
  std::atomic<std::size_t> next{0};
  const std::size_t group = 3 * sides.ours.GroupSize();
  std::vector<std::jthread> workers;
  for (ranking::Scratch& own : scratch) {
    workers.emplace_back([&] {
      for (std::size_t begin = 0; (begin = next.fetch_add(group)) < customers.size();) {
        const std::size_t size = std::min(group, customers.size() - begin);
        sides.ours.ScoreBlock(customers.subspan(begin, size), kNow, own,
                              scores.subspan(begin * kCategories, size * kCategories));
      }
    });
  }
}

// One thread of ours, two, and XGBoost with one, in turn.
void BM_CustomersByCategories(benchmark::State& state) {
  // Never destroyed: XGBoost's models must not outlive its thread's state, which goes first at exit.
  static Sides& sides = *new Sides;
  const std::size_t count =
      std::max<std::size_t>(1, SizeFromEnvironment("AISLE_BENCH_ROWS", 12'000) / kCategories);
  const auto customers = MakeCustomers(sides.catalogue, 1, count);
  const std::vector<float> matrix = MakeMatrix(sides.maker, customers);
  std::vector<float> scores(count * kCategories);
  std::vector<ranking::Scratch> one(1), two(2);
  // A call before the clock runs: scratch keeps its memory from the first one.
  ScoreAll(sides, customers, one, scores);
  ScoreAll(sides, customers, two, scores);
  std::vector<double> one_ms, two_ms, theirs_ms, filling_ms, two_against_one, two_against_theirs;
  double rows_differ = 0;
  for (auto _ : state) {
    std::vector<float> again(scores.size());
    one_ms.push_back(base::MillisecondsOf([&] { ScoreAll(sides, customers, one, scores); }));
    two_ms.push_back(base::MillisecondsOf([&] { ScoreAll(sides, customers, two, again); }));
    std::span<const float> margins;
    theirs_ms.push_back(base::MillisecondsOf(
        [&] { margins = *sides.theirs.Predict(matrix, Inputs().size(), true); }));
    std::vector<float> expected;
    for (const float margin : margins) expected.push_back(ranking::Calibrated(margin, 1, 0));
    rows_differ += CountDifferent(scores, expected) + CountDifferent(again, expected);
    filling_ms.push_back(FillingMilliseconds(sides, customers));
    two_against_one.push_back(one_ms.back() / two_ms.back());
    two_against_theirs.push_back(theirs_ms.back() / two_ms.back());
  }
  AISLE_ASSERT(rows_differ == 0);
  ReportSides(state, one_ms, theirs_ms);
  state.counters["rows_differ"] = rows_differ;
  state.counters["filling_ms"] = base::Median(filling_ms);
  state.counters["two_threads_ms"] = base::Median(two_ms);
  state.counters["two_against_one"] = base::Median(two_against_one);
  state.counters["two_times_as_fast"] = base::Median(two_against_theirs);
}
BENCHMARK(BM_CustomersByCategories)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace aisle
