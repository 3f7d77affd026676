#include "evaluation/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "ranking/metrics.h"

namespace aisle::evaluation {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> Normals(std::size_t count, std::uint64_t seed) {
  base::Stream stream(seed, 1, 1);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(stream.Normal());
  return values;
}

double Width(const Estimate& estimate) { return estimate.high - estimate.low; }

TEST(Bootstrap, TheIntervalOfAMeanIsAboutTwoStandardErrorsEitherWay) {
  const Bootstrap bootstrap(400, 1);
  const Estimate mean = bootstrap.Mean(Normals(400, 3));
  EXPECT_NEAR(Width(mean), 2 * 1.96 / 20, 0.03);
  EXPECT_LT(mean.low, mean.value);
  EXPECT_GT(mean.high, mean.value);
}

TEST(Bootstrap, TheSameSeedGivesTheSameInterval) {
  const auto values = Normals(50, 3);
  EXPECT_EQ(Bootstrap(50, 9).Mean(values).low, Bootstrap(50, 9).Mean(values).low);
  EXPECT_NE(Bootstrap(50, 9).Mean(values).low, Bootstrap(50, 10).Mean(values).low);
}

TEST(Bootstrap, DifferencesArePaired) {
  const Bootstrap bootstrap(200, 1);
  const auto a = Normals(200, 3);
  auto b = a;
  for (double& value : b) value -= 0.01;
  const Estimate difference = bootstrap.Difference(a, b);
  EXPECT_NEAR(difference.value, 0.01, 1e-12);
  EXPECT_LT(Width(difference), 1e-9);
}

TEST(Bootstrap, WhoHasNoValueDoesNotCount) {
  const Bootstrap bootstrap(4, 1);
  EXPECT_DOUBLE_EQ(bootstrap.Mean(std::vector<double>{1, kNan, 3, kNan}).value, 2);
  EXPECT_DOUBLE_EQ(
      bootstrap.Difference(std::vector<double>{1, 5, 3, kNan}, std::vector<double>{0, kNan, 0, 9})
          .value,
      2);
  EXPECT_TRUE(std::isnan(bootstrap.Mean(std::vector<double>(4, kNan)).value));
}

TEST(Bootstrap, AShareIsOfSums) {
  const Bootstrap bootstrap(3, 1);
  const Estimate share =
      bootstrap.Share(std::vector<double>{1, 2, 3}, std::vector<double>{2, 4, 6});
  EXPECT_DOUBLE_EQ(share.value, 0.5);
  EXPECT_NEAR(Width(share), 0, 1e-12);
}

TEST(BootstrapAuc, ItsValueIsTheAucAndTiesCountHalf) {
  base::Stream stream(5, 5, 5);
  std::vector<ScoredRow> rows;
  std::vector<float> scores, labels;
  for (std::uint32_t i = 0; i < 600; ++i) {
    const auto score = static_cast<float>(stream.Below(20));
    const bool positive = stream.Chance(static_cast<double>(score) / 30);
    rows.push_back({score, positive, i / 12});
    scores.push_back(score);
    labels.push_back(positive ? 1.0F : 0.0F);
  }
  const AucDraws auc = BootstrapAuc(Bootstrap(50, 1), rows);
  EXPECT_NEAR(auc.value, ranking::Auc(scores, labels), 1e-12);
  const Estimate estimate = WithInterval(auc.value, auc.draws);
  EXPECT_LT(estimate.low, estimate.value);
  EXPECT_GT(estimate.high, estimate.value);
}

}  // namespace
}  // namespace aisle::evaluation
