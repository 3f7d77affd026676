#include "training/paired.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"
#include "ranking/metrics.h"

namespace aisle::training {
namespace {

TEST(PairedMean, EqualModelsDifferByNothingAndAConstantHasNoSpread) {
  const std::vector<double> ours = {0.1, 0.9, 0.4};
  const PairedDifference same = PairedMean(ours, ours);
  EXPECT_EQ(same.value, 0);
  EXPECT_EQ(same.low, 0);
  EXPECT_EQ(same.high, 0);
  EXPECT_EQ(same.customers, 3);
  const PairedDifference less = PairedMean(ours, std::vector<double>{0.2, 1.0, 0.5});
  EXPECT_NEAR(less.value, -0.1, 1e-12);
  EXPECT_NEAR(less.high - less.low, 0, 1e-9) << "what both find hard falls out";
}

TEST(PairedMean, TheIntervalIsTwoStandardErrorsEitherWay) {
  base::Stream stream(1, 2, 3);
  std::vector<double> ours, theirs;
  for (int i = 0; i < 400; ++i) {
    theirs.push_back(stream.Normal());
    ours.push_back(theirs.back() + 0.5 * stream.Normal());
  }
  const PairedDifference difference = PairedMean(ours, theirs);
  EXPECT_NEAR(difference.high - difference.low, 2 * 1.96 * 0.5 / 20, 0.01);
  EXPECT_LT(std::abs(difference.value), 0.1);
}

TEST(PairedMean, OneCustomerTellsNothing) {
  const PairedDifference one = PairedMean(std::vector<double>{1}, std::vector<double>{0});
  EXPECT_TRUE(std::isinf(one.low));
  EXPECT_TRUE(std::isinf(PairedMean({}, {}).high));
}

struct Rows {
  std::vector<float> ours, theirs, labels, weights;
  std::vector<std::uint32_t> customers;
};

// Rows of customers, each several times, of which the first model knows more than the second.
Rows MakeRows(std::uint64_t seed, int customers, int times) {
  base::Stream stream(seed, 1, 1);
  Rows rows;
  for (int c = 0; c < customers; ++c) {
    const double x = stream.Normal();
    const bool label = stream.Chance(1 / (1 + std::exp(-x)));
    const auto ours = static_cast<float>(x + 0.3 * stream.Normal());
    const auto theirs = static_cast<float>(x + 2 * stream.Normal());
    const auto weight = static_cast<float>(1 + stream.Below(3));
    for (int i = 0; i < times; ++i) {
      rows.ours.push_back(ours);
      rows.theirs.push_back(theirs);
      rows.labels.push_back(label ? 1.0F : 0.0F);
      rows.weights.push_back(weight);
      rows.customers.push_back(static_cast<std::uint32_t>(c));
    }
  }
  return rows;
}

PairedDifference Compare(const Rows& rows) {
  return PairedAuc(rows.ours, rows.theirs, rows.labels, rows.weights, rows.customers);
}

TEST(PairedAuc, ItsValuesAreTheAucsTiesIncluded) {
  Rows rows = MakeRows(5, 300, 1);
  for (float& margin : rows.ours) margin = std::round(margin);
  const PairedDifference difference = Compare(rows);
  EXPECT_NEAR(difference.ours, ranking::Auc(rows.ours, rows.labels, rows.weights), 1e-9);
  EXPECT_NEAR(difference.theirs, ranking::Auc(rows.theirs, rows.labels, rows.weights), 1e-9);
  EXPECT_EQ(difference.customers, 300);
}

TEST(PairedAuc, TheIntervalIsAsWideAsDrawingSuchCustomersAgainSpreads) {
  double sum = 0, squares = 0, width = 0;
  constexpr int kTimes = 200;
  for (int i = 0; i < kTimes; ++i) {
    const PairedDifference difference =
        Compare(MakeRows(100 + static_cast<std::uint64_t>(i), 200, 1));
    sum += difference.value;
    squares += difference.value * difference.value;
    width += difference.high - difference.low;
  }
  const double sd = std::sqrt(squares / kTimes - (sum / kTimes) * (sum / kTimes));
  EXPECT_NEAR(width / kTimes / (2 * 1.96 * sd), 1, 0.15);
}

TEST(PairedAuc, RowsOfOneCustomerCountAsOne) {
  const PairedDifference once = Compare(MakeRows(5, 300, 1));
  const PairedDifference often = Compare(MakeRows(5, 300, 4));
  EXPECT_NEAR(once.value, often.value, 1e-9);
  EXPECT_NEAR(once.low, often.low, 1e-9) << "four rows of the same are no more certain";
}

TEST(PairedAuc, RowsOfOneLabelTellNothing) {
  Rows rows = MakeRows(5, 10, 1);
  for (float& label : rows.labels) label = 1;
  EXPECT_TRUE(std::isinf(Compare(rows).low));
}

}  // namespace
}  // namespace aisle::training
