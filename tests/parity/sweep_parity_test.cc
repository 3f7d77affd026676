// The sweep against XGBoost, bit by bit, on a model of the recipe `ranking_reference`'s kind that XGBoost
// trained: ordinary customers, and customers whose numbers sit on thresholds, one step beside them, or are
// missing.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <iostream>

#include "forest/model/double_sum_testing.h"
#include "reference_shop_testing.h"

namespace aisle {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::size_t kProducts = 600;

// Numbers that some split of the model asks for, or that are next to one.
ShopCustomer Hostile(base::Stream& stream, const std::vector<std::vector<float>>& thresholds) {
  ShopCustomer customer{};
  for (std::size_t i = 0; i < kShopConstants; ++i) {
    customer[i] = thresholds[i].empty() ? 0 : thresholds[i][stream.Below(thresholds[i].size())];
    if (stream.Chance(0.3)) customer[i] = std::nextafter(customer[i], -kInfinity);
    if (stream.Chance(0.15)) customer[i] = kNan;
  }
  return customer;
}

TEST(SweepParity, EveryLevelEqualsXgboostOnATrainedModel) {
  const ReferenceShop shop(5, kProducts);
  const std::string ubjson = shop.Train(20'000, 80, 8);
  auto theirs = trainer::XgboostModel::Load(ubjson, 1);
  const auto model = forest::LoadModel(ubjson);
  ASSERT_TRUE(theirs && model);
  std::vector<std::vector<float>> thresholds(kShopInputs);
  for (const forest::Node& node : model->nodes) {
    if (node.left != 0) thresholds[node.feature].push_back(node.value);
  }
  for (const forest::SweepLevel level : forest::kSweepLevels) {
    if (!forest::CpuRuns(level)) {
      std::cout << "SKIPPED: this CPU lacks " << forest::SweepLevelName(level) << "\n";
      continue;
    }
    const auto sweep = forest::Sweep::Build(*model, shop.ForSweep(), level);
    ASSERT_TRUE(sweep) << sweep.error().message;
    EXPECT_LE(sweep->MarginError(), forest::Sweep::kMarginErrorUsual);
    double worst = 0;
    base::Stream stream(6, 6, 6);
    forest::SweepScratch scratch;
    std::vector<float> rows(kProducts * kShopInputs);
    std::vector<float> one_by_one(kProducts), all(sweep->CellCount());
    std::vector<std::uint32_t> cells;
    for (std::size_t p = 0; p < kProducts; ++p) cells.push_back(sweep->CellOf(p));
    for (int i = 0; i < 60; ++i) {
      const ShopCustomer customer =
          i % 2 == 0 ? ReferenceShop::Customer(stream) : Hostile(stream, thresholds);
      for (std::size_t p = 0; p < kProducts; ++p) shop.FillRow(customer, p, &rows[p * kShopInputs]);
      const auto expected = theirs->Predict(rows, kShopInputs, true);
      ASSERT_TRUE(expected);
      sweep->Run(ReferenceShop::RequestOf(customer), scratch);
      sweep->Exact(cells, scratch, one_by_one);
      sweep->ExactAll(scratch, all);
      std::size_t different = 0;
      double distance = 0;
      for (std::size_t p = 0; p < kProducts; ++p) {
        const auto bits = std::bit_cast<std::uint32_t>((*expected)[p]);
        different += std::bit_cast<std::uint32_t>(one_by_one[p]) != bits ? 1 : 0;
        different += std::bit_cast<std::uint32_t>(all[cells[p]]) != bits ? 1 : 0;
        distance = std::max(distance, std::abs(static_cast<double>((*expected)[p]) -
                                               static_cast<double>(scratch.Margins()[cells[p]])));
        worst = std::max(worst, std::abs(forest::DoubleSum(*model, &rows[p * kShopInputs]) -
                                         static_cast<double>(scratch.Margins()[cells[p]])));
      }
      EXPECT_EQ(different, 0U) << "customer " << i << ", " << forest::SweepLevelName(level);
      EXPECT_LE(distance, sweep->ExactDistance());
    }
    EXPECT_LE(worst, sweep->MarginError());
    EXPECT_GT(worst, 1e-9);  // Floats are compared with doubles: the test is about something.
    std::cout << forest::SweepLevelName(level) << ": within " << worst
              << " of the sums of doubles, " << sweep->MarginError() << " allowed\n";
  }
}

}  // namespace
}  // namespace aisle
