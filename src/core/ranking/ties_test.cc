#include "ranking/ties.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace aisle::ranking {
namespace {

// By the definition: every pair of a positive and a negative.
double AucOfPairs(const std::vector<TieRow>& rows) {
  double won = 0;
  double pairs = 0;
  for (const TieRow& positive : rows) {
    for (const TieRow& negative : rows) {
      if (!positive.positive || negative.positive) continue;
      const double weight = positive.weight * negative.weight;
      pairs += weight;
      won += weight * (positive.score > negative.score    ? 1.0
                       : positive.score == negative.score ? 0.5
                                                          : 0.0);
    }
  }
  return won / pairs;
}

TEST(Ties, TheAucIsThatOfAllPairs) {
  base::Stream stream(3, 1, 4);
  for (const int scores : {1, 2, 7, 1000}) {
    std::vector<TieRow> rows;
    for (int i = 0; i < 80; ++i) {
      rows.push_back({static_cast<float>(stream.Below(static_cast<std::uint64_t>(scores))),
                      stream.Chance(0.3), static_cast<double>(stream.Below(4))});
    }
    std::ranges::sort(rows, {}, &TieRow::score);
    const AucSums sums = WalkTies(rows.size(), [&](std::size_t i) { return rows[i]; });
    EXPECT_NEAR(sums.Value(), AucOfPairs(rows), 1e-12) << scores;
  }
}

TEST(Ties, RunsCoverAllRowsAndSayWhatIsBelow) {
  const std::vector<TieRow> rows = {{-1, true, 2}, {0, false}, {0, true}, {0, false}, {5, true}};
  std::vector<Tie> ties;
  WalkTies(
      rows.size(), [&](std::size_t i) { return rows[i]; },
      [&](const Tie& tie) { ties.push_back(tie); });
  ASSERT_EQ(ties.size(), 3U);
  EXPECT_EQ(ties[1].first, 1U);
  EXPECT_EQ(ties[1].last, 4U);
  EXPECT_EQ(ties[1].positives, 1);
  EXPECT_EQ(ties[1].negatives, 2);
  EXPECT_EQ(ties[1].positives_below, 2);
  EXPECT_EQ(ties[1].negatives_below, 0);
  EXPECT_EQ(ties[2].positives_below, 3);
  EXPECT_EQ(ties[2].negatives_below, 2);
  EXPECT_EQ(ties[2].last, rows.size());
}

TEST(Ties, WithoutOneOfTheTwoKindsThereIsNone) {
  const std::vector<TieRow> rows = {{1, true}, {2, true}, {3, false, 0}};
  const auto row_of = [&](std::size_t i) { return rows[i]; };
  for (std::size_t count = 0; count <= rows.size(); ++count)
    EXPECT_TRUE(std::isnan(WalkTies(count, row_of).Value())) << count;
}

}  // namespace
}  // namespace aisle::ranking
