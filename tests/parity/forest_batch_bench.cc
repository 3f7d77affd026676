// Batches by column against XGBoost with one thread on the same numbers as a matrix: customers x twelve categories,
// streamed from what is known of the customers, and one customer's best fifty of a request's products or of a long list.
//
// AISLE_BENCH_ROWS sets the size (default 12,000, so that the run in every test stays short). Sides take turns in one
// run; `rows_differ` counts margins that are not XGBoost's bit by bit, over all rows; `times_as_fast` is the median of
// the rounds' ratios.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/stopwatch.h"
#include "forest/forest.h"
#include "forest/load.h"
#include "ranking/select.h"
#include "trainer/trainer.h"

namespace aisle {
namespace {

// The reference recipe's fourteen inputs: nine of the customer, three of the product, two quotients.
constexpr std::size_t kOfCustomer = 9;
constexpr std::size_t kOfProduct = 3;
constexpr std::size_t kInputs = kOfCustomer + kOfProduct + 2;
constexpr std::size_t kCategories = 12;
constexpr std::size_t kGroup = 42;  // Customers of one call: 504 rows.
constexpr std::size_t kTrainRows = 40'000;
constexpr std::size_t kTop = 50;

std::size_t BenchRows() {
  const char* asked = std::getenv("AISLE_BENCH_ROWS");
  const auto rows = static_cast<std::size_t>(asked == nullptr ? 12'000 : std::atoll(asked));
  return std::max<std::size_t>(1, rows / kCategories) * kCategories;
}

std::vector<float> RandomTable(std::uint64_t seed, std::size_t rows, std::size_t width,
                               double missing) {
  base::Stream stream(seed, rows, width);
  std::vector<float> table(rows * width);
  for (float& x : table) {
    x = stream.Chance(missing) ? std::numeric_limits<float>::quiet_NaN()
                               : static_cast<float>(std::exp(stream.Normal()));
  }
  return table;
}

void WriteRow(const float* customer, const float* product, float* row) {
  std::copy_n(customer, kOfCustomer, row);
  std::copy_n(product, kOfProduct, row + kOfCustomer);
  row[kInputs - 2] = product[0] / customer[0];
  row[kInputs - 1] = std::min(product[0] / customer[1], 5.0F);
}

std::vector<float> MakeMatrix(const std::vector<float>& customers,
                              const std::vector<float>& products) {
  const std::size_t product_count = products.size() / kOfProduct;
  std::vector<float> rows(customers.size() / kOfCustomer * product_count * kInputs);
  for (std::size_t i = 0; i < rows.size() / kInputs; ++i) {
    WriteRow(&customers[i / product_count * kOfCustomer], &products[i % product_count * kOfProduct],
             &rows[i * kInputs]);
  }
  return rows;
}

std::string TrainModel(int rounds, int depth) {
  trainer::Dataset dataset;
  dataset.feature_count = kInputs;
  const auto customers = RandomTable(1, kTrainRows, kOfCustomer, 0.02);
  const auto products = RandomTable(2, kTrainRows, kOfProduct, 0);
  dataset.rows.resize(kTrainRows * kInputs);
  base::Stream noise(3, 0, 0);
  for (std::size_t i = 0; i < kTrainRows; ++i) {
    float* const row = &dataset.rows[i * kInputs];
    WriteRow(&customers[i * kOfCustomer], &products[i * kOfProduct], row);
    const double margin = (row[2] > 1) + (row[3] * row[9] > 1.5F) - (row[12] > 1) + noise.Normal();
    dataset.labels.push_back(margin > 0.5 ? 1.0F : 0.0F);
  }
  trainer::Settings settings;
  settings.rounds = rounds;
  settings.max_depth = depth;
  settings.learning_rate = 0.08;
  const auto model = trainer::Train(dataset, settings);
  AISLE_ASSERT(model);
  return model->ubjson;
}

struct Sides {
  std::string ubjson;
  trainer::XgboostModel theirs;
  forest::Forest ours;

  static Sides Make(int rounds, int depth) {
    std::string ubjson = TrainModel(rounds, depth);
    auto theirs = trainer::XgboostModel::Load(ubjson, 1);
    auto model = forest::LoadModel(ubjson);
    AISLE_ASSERT(theirs && model);
    auto ours = forest::Forest::Build(std::move(*model));
    AISLE_ASSERT(ours);
    return {std::move(ubjson), std::move(*theirs), std::move(*ours)};
  }
};

// One plan's rows: the columns of the product side prepared, those of customers grouped, quotients by row.
struct Batch {
  forest::RowPlan plan;
  std::size_t customer_count;

  Batch(const std::vector<float>& products, std::size_t customers) : customer_count(customers) {
    const std::size_t product_count = products.size() / kOfProduct;
    plan.row_count = customers * product_count;
    plan.prepared.resize(kInputs);
    plan.groupings.push_back(
        {.group_of_row = {}, .group_count = static_cast<std::uint32_t>(customers)});
    for (std::size_t i = 0; i < plan.row_count; ++i) {
      for (std::size_t f = 0; f < kOfProduct; ++f)
        plan.prepared[kOfCustomer + f].push_back(products[i % product_count * kOfProduct + f]);
      plan.groupings[0].group_of_row.push_back(static_cast<std::uint32_t>(i / product_count));
    }
  }
};

class Columns {
 public:
  explicit Columns(const Batch& batch) : batch_(batch), columns_(kInputs) {
    by_customer_.resize(kOfCustomer * batch.customer_count);
    ratios_.resize(2 * batch.plan.row_count);
    for (std::size_t f = 0; f < kOfCustomer; ++f) {
      columns_[f].form = batch.customer_count == 1 ? forest::Column::Form::kConstant
                                                   : forest::Column::Form::kGrouped;
      if (batch.customer_count == 1) continue;
      columns_[f].values =
          std::span(by_customer_).subspan(f * batch.customer_count, batch.customer_count);
    }
    for (std::size_t z = 0; z < 2; ++z) {
      columns_[kInputs - 2 + z].form = forest::Column::Form::kRows;
      columns_[kInputs - 2 + z].values =
          std::span(ratios_).subspan(z * batch.plan.row_count, batch.plan.row_count);
    }
  }
  std::span<const forest::Column> Fill(std::span<const float> customers) {
    const std::size_t count = customers.size() / kOfCustomer;
    const std::size_t rows = batch_.plan.row_count;
    const std::size_t product_count = rows / batch_.customer_count;
    const float* const price = batch_.plan.prepared[kOfCustomer].data();
    for (std::size_t i = 0; i < count; ++i) {
      const float* const customer = &customers[i * kOfCustomer];
      for (std::size_t f = 0; f < kOfCustomer; ++f)
        by_customer_[f * batch_.customer_count + i] = columns_[f].value = customer[f];
      for (std::size_t p = i * product_count; p < (i + 1) * product_count; ++p) {
        ratios_[p] = price[p] / customer[0];
        ratios_[rows + p] = std::min(price[p] / customer[1], 5.0F);
      }
    }
    return columns_;
  }

 private:
  const Batch& batch_;
  std::vector<forest::Column> columns_;
  std::vector<float> by_customer_;
  std::vector<float> ratios_;
};

void ScoreCustomers(const forest::Forest& forest, const forest::PreparedRows& prepared,
                    const Batch& batch, std::span<const float> customers,
                    std::span<float> margins) {
  Columns columns(batch);
  std::vector<float> block(batch.plan.row_count);
  for (std::size_t done = 0; done < customers.size() / kOfCustomer; done += kGroup) {
    const std::size_t count = std::min(kGroup, customers.size() / kOfCustomer - done);
    forest.Margins(prepared,
                   columns.Fill(customers.subspan(done * kOfCustomer, count * kOfCustomer)), block);
    std::copy_n(block.begin(), count * kCategories,
                margins.begin() + static_cast<std::ptrdiff_t>(done * kCategories));
  }
}

double CountDifferent(std::span<const float> a, std::span<const float> b) {
  double count = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    count += std::bit_cast<std::uint32_t>(a[i]) == std::bit_cast<std::uint32_t>(b[i]) ? 0 : 1;
  return count;
}

void Report(benchmark::State& state, const std::vector<double>& ours,
            const std::vector<double>& theirs, double rows_differ) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(theirs[i] / ours[i]);
  state.counters["ours_ms"] = base::Median(ours);
  state.counters["xgboost_ms"] = base::Median(theirs);
  state.counters["times_as_fast"] = base::Median(ratios);
  state.counters["rows_differ"] = rows_differ;
}

// `threads` are ours; XGBoost has one.
void BM_CustomersByCategories(benchmark::State& state, std::size_t threads) {
  // Never destroyed: XGBoost's models must not outlive its thread's state, which goes first at exit.
  static Sides& sides = *new Sides(Sides::Make(200, 6));
  const auto customers = RandomTable(5, BenchRows() / kCategories, kOfCustomer, 0.02);
  const auto categories = RandomTable(6, kCategories, kOfProduct, 0);
  const std::vector<float> matrix = MakeMatrix(customers, categories);
  const Batch batch(categories, kGroup);
  const auto prepared = sides.ours.Prepare(batch.plan);
  std::vector<float> margins(matrix.size() / kInputs);
  const std::size_t all = customers.size() / kOfCustomer;
  const auto ours = [&] {
    std::vector<std::jthread> workers;
    for (std::size_t t = 0; t < threads; ++t) {
      const std::size_t begin = all * t / threads;
      const std::size_t count = all * (t + 1) / threads - begin;
      workers.emplace_back([&, begin, count] {
        ScoreCustomers(sides.ours, prepared, batch,
                       std::span(customers).subspan(begin * kOfCustomer, count * kOfCustomer),
                       std::span(margins).subspan(begin * kCategories, count * kCategories));
      });
    }
  };
  std::vector<double> ours_ms, theirs_ms;
  double rows_differ = 0;
  for (auto _ : state) {
    ours_ms.push_back(base::MillisecondsOf(ours));
    std::span<const float> answer;
    theirs_ms.push_back(
        base::MillisecondsOf([&] { answer = *sides.theirs.Predict(matrix, kInputs, true); }));
    rows_differ += CountDifferent(margins, answer);
  }
  Report(state, ours_ms, theirs_ms, rows_differ);
}
BENCHMARK_CAPTURE(BM_CustomersByCategories, one_thread, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_CustomersByCategories, two_threads, 2)->Unit(benchmark::kMillisecond);

// `rows` 0: as many as AISLE_BENCH_ROWS says.
void BM_OneCustomer(benchmark::State& state, int rounds, int depth, std::size_t rows) {
  if (rows == 0) rows = BenchRows();
  Sides sides = Sides::Make(rounds, depth);
  const auto customer = RandomTable(7, 1, kOfCustomer, 0);
  const auto products = RandomTable(8, rows, kOfProduct, 0);
  const std::vector<float> matrix = MakeMatrix(customer, products);
  const Batch batch(products, 1);
  const auto prepared = sides.ours.Prepare(batch.plan);
  Columns columns(batch);
  std::vector<float> margins(matrix.size() / kInputs);
  std::vector<std::uint32_t> positions(margins.size());
  for (std::uint32_t i = 0; i < positions.size(); ++i) positions[i] = i;
  ranking::TopSelector selector;
  std::vector<double> ours_ms, theirs_ms;
  double rows_differ = 0;
  for (auto _ : state) {
    ours_ms.push_back(base::MillisecondsOf([&] {
      sides.ours.Margins(prepared, columns.Fill(customer), margins);
      benchmark::DoNotOptimize(selector.Select(margins, positions, kTop).data());
    }));
    std::span<const float> answer;
    theirs_ms.push_back(base::MillisecondsOf([&] {
      answer = *sides.theirs.Predict(matrix, kInputs, true);
      benchmark::DoNotOptimize(selector.Select(answer, positions, kTop).data());
    }));
    rows_differ += CountDifferent(margins, answer);
  }
  Report(state, ours_ms, theirs_ms, rows_differ);
  state.counters["prepared_mb"] = static_cast<double>(prepared.Bytes()) / 1e6;
}
BENCHMARK_CAPTURE(BM_OneCustomer, request_300x8, 300, 8, 1700)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_OneCustomer, request_200x6, 200, 6, 1700)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_OneCustomer, many_300x8, 300, 8, 0)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace aisle
