// One customer's best fifty of a request's products or of a long list, by column, against XGBoost with one thread on
// the same numbers as a matrix.
//
// AISLE_BENCH_ROWS sets the long list's length (default 12,000, so that the run in every test stays short). Sides take
// turns in one run; `rows_differ` counts margins that are not XGBoost's bit by bit, over all rows; `times_as_fast` is
// the median of the rounds' ratios.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "forest/forest.h"
#include "forest/formats/load.h"
#include "ranking/select.h"
#include "trainer/trainer.h"
#include "two_sides_testing.h"

namespace aisle {
namespace {

// The reference recipe's fourteen inputs: nine of the customer, three of the product, two quotients.
constexpr std::size_t kOfCustomer = 9;
constexpr std::size_t kOfProduct = 3;
constexpr std::size_t kInputs = kOfCustomer + kOfProduct + 2;
constexpr std::size_t kTrainRows = 40'000;
constexpr std::size_t kTop = 50;

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

// One customer's columns: those of the product side are prepared, the customer's are constant, quotients go by row.
class Columns {
 public:
  explicit Columns(const std::vector<float>& products) : columns_(kInputs) {
    plan_.row_count = products.size() / kOfProduct;
    plan_.prepared.resize(kInputs);
    for (std::size_t i = 0; i < products.size(); ++i)
      plan_.prepared[kOfCustomer + i % kOfProduct].push_back(products[i]);
    ratios_.resize(2 * plan_.row_count);
    for (std::size_t f = 0; f < kOfCustomer; ++f)
      columns_[f].form = forest::Column::Form::kConstant;
    for (std::size_t z = 0; z < 2; ++z) {
      columns_[kInputs - 2 + z].form = forest::Column::Form::kRows;
      columns_[kInputs - 2 + z].values =
          std::span(ratios_).subspan(z * plan_.row_count, plan_.row_count);
    }
  }
  const forest::RowPlan& Plan() const { return plan_; }
  std::span<const forest::Column> Fill(std::span<const float> customer) {
    for (std::size_t f = 0; f < kOfCustomer; ++f) columns_[f].value = customer[f];
    const std::vector<float>& price = plan_.prepared[kOfCustomer];
    for (std::size_t p = 0; p < price.size(); ++p) {
      ratios_[p] = price[p] / customer[0];
      ratios_[price.size() + p] = std::min(price[p] / customer[1], 5.0F);
    }
    return columns_;
  }

 private:
  forest::RowPlan plan_;
  std::vector<forest::Column> columns_;
  std::vector<float> ratios_;
};

// `rows` 0: as many as AISLE_BENCH_ROWS says.
void BM_OneCustomer(benchmark::State& state, int rounds, int depth, std::size_t rows) {
  if (rows == 0) rows = SizeFromEnvironment("AISLE_BENCH_ROWS", 12'000);
  Sides sides = Sides::Make(rounds, depth);
  const auto customer = RandomTable(7, 1, kOfCustomer, 0);
  const auto products = RandomTable(8, rows, kOfProduct, 0);
  const std::vector<float> matrix = MakeMatrix(customer, products);
  Columns columns(products);
  const auto prepared = sides.ours.Prepare(columns.Plan());
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
  AISLE_ASSERT(rows_differ == 0);
  ReportSides(state, ours_ms, theirs_ms);
  state.counters["rows_differ"] = rows_differ;
  state.counters["prepared_mb"] = static_cast<double>(prepared.Bytes()) / 1e6;
}
BENCHMARK_CAPTURE(BM_OneCustomer, request_300x8, 300, 8, 1700)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_OneCustomer, request_200x6, 200, 6, 1700)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_OneCustomer, many_300x8, 300, 8, 0)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace aisle
