// Every bit-sliced kernel against the oracle, bit by bit: on random models and the worst numbers, by rows and
// by columns. A level this CPU lacks is skipped here and emulated in bitsliced_emulated_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "forest/bitsliced/bitsliced_tables.h"
#include "forest/cpu.h"
#include "forest/scorers/hard_rows_testing.h"

namespace aisle::forest {
namespace {

using testing::HasSubstr;

class Bitsliced : public testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    if (const auto runs = CheckEngine(GetParam()); !runs) GTEST_SKIP() << runs.error().message;
  }
  Forest Build(const Model& model) const {
    auto forest = Forest::Build(model, GetParam());
    AISLE_ASSERT(forest);
    return *std::move(forest);
  }
};

INSTANTIATE_TEST_SUITE_P(Levels, Bitsliced,
                         testing::Values(Engine::kBitsliced64, Engine::kBitslicedAvx2,
                                         Engine::kBitslicedAvx512, Engine::kBitslicedVbmi),
                         [](const auto& level) {
                           std::string name(EngineName(level.param));
                           std::erase(name, '-');
                           return name;
                         });

TEST_P(Bitsliced, EqualsTheOracleOnRandomModelsAndHardRows) {
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    const Model model = HardModel(seed);
    const std::vector<float> rows = HardRows(model, seed, seed * 37 % 1200);
    EXPECT_TRUE(SameBits(OracleMargins(model, rows), MarginsOf(Build(model), rows))) << seed;
  }
}

TEST_P(Bitsliced, EqualsTheOracleOnAndBesideEveryThreshold) {
  const Model model = RandomModel(5, 40, 8, 3, 0.1);
  const std::vector<float> rows = ThresholdRows(model);
  EXPECT_TRUE(SameBits(OracleMargins(model, rows), MarginsOf(Build(model), rows)));
}

TEST_P(Bitsliced, TakesThousandsOfThresholdsOfOneInput) {
  for (const std::size_t trees : {1, 16, 17, 250}) {
    Model model = RandomModel(trees, trees, 8, 1, 0);
    base::Stream stream(1, 2, trees);
    for (Node& node : model.nodes) {
      if (node.left != 0) node.value = static_cast<float>(stream.Normal());
    }
    const std::vector<float> rows = HardRows(model, 7, 900);
    EXPECT_TRUE(SameBits(OracleMargins(model, rows), MarginsOf(Build(model), rows))) << trees;
  }
}

TEST_P(Bitsliced, TakesTreesOfEveryDepthAndNoTrees) {
  for (unsigned depth = 0; depth <= kDepthMax; ++depth) {
    for (const std::size_t trees : {0, 1, 5}) {
      const Model model = RandomModel(depth, trees, depth, 4, 0);
      const std::vector<float> rows = HardRows(model, depth, 700);
      EXPECT_TRUE(SameBits(OracleMargins(model, rows), MarginsOf(Build(model), rows)))
          << trees << " trees of depth " << depth;
    }
  }
}

TEST_P(Bitsliced, EveryCountOfRowsGivesEachRowItsOwnMargin) {
  const Model model = RandomModel(2, 20, 6, 5, 0.1);
  const Forest forest = Build(model);
  const std::vector<float> rows = HardRows(model, 2, 1100);
  const std::vector<float> all = OracleMargins(model, rows);
  for (const std::size_t count : {0, 1, 2, 31, 255, 256, 257, 511, 512, 513, 1025, 1100}) {
    const auto some = MarginsOf(forest, std::span(rows).first(count * model.feature_count));
    EXPECT_TRUE(SameBits(std::span(all).first(count), some)) << count;
  }
}

TEST_P(Bitsliced, ColumnsGiveWhatTheirRowsGive) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Model model = HardModel(seed);
    const HardColumns hard(model, seed, 1 + seed * 61 % 1300);
    EXPECT_TRUE(SameBits(OracleMargins(model, hard.Rows()), hard.MarginsOf(Build(model)))) << seed;
  }
}

// A thread's scratch memory goes from forest to forest and from columns to rows.
TEST_P(Bitsliced, ForestsOfOneThreadDoNotDisturbEachOther) {
  const Model small = RandomModel(1, 3, 2, 2, 0);
  const Model large = RandomModel(2, 60, 8, 9, 0.1);
  const Forest forests[] = {Build(small), Build(large)};
  const HardColumns columns(large, 1, 600);
  for (int round = 0; round < 3; ++round) {
    const auto rows = HardRows(small, round, 300);
    EXPECT_TRUE(SameBits(OracleMargins(small, rows), MarginsOf(forests[0], rows)));
    EXPECT_TRUE(SameBits(OracleMargins(large, columns.Rows()), columns.MarginsOf(forests[1])));
  }
}

TEST(Columns, EnginesThatTakeRowsTakeColumnsToo) {
  for (const Engine engine : {Engine::kReference, Engine::kInterleaved}) {
    const Model model = RandomModel(3, 20, 5, 9, 0.1);
    const HardColumns hard(model, 3, 2500);
    EXPECT_TRUE(
        SameBits(OracleMargins(model, hard.Rows()), hard.MarginsOf(*Forest::Build(model, engine))));
  }
}

TEST(ColumnsDeathTest, ColumnsThatDoNotFitThePlanAreAsserted) {
  const Forest forest = *Forest::Build(RandomModel(1, 2, 2, 2, 0));
  const Forest other = *Forest::Build(RandomModel(1, 2, 2, 2, 0));
  const auto rows =
      forest.Prepare({.row_count = 2, .prepared = {{1, 2}, {}}, .groupings = {}, .orders = {}});
  std::vector<float> margins(2);
  std::vector<Column> columns(2);
  EXPECT_DEATH(forest.Margins(rows, columns, margins), "") << "the second input is not prepared";
  columns[1].form = Column::Form::kConstant;
  forest.Margins(rows, columns, margins);
  EXPECT_DEATH(other.Margins(rows, columns, margins), "") << "prepared for another forest";
  columns[1].form = Column::Form::kGrouped;
  EXPECT_DEATH(forest.Margins(rows, columns, margins), "") << "no such grouping";
}

TEST(WhyNotSliced, SaysWhatIsInTheWay) {
  EXPECT_EQ(WhyNotSliced(RandomModel(1, 3, 8, 3, 0)), "");
  EXPECT_THAT(WhyNotSliced(RandomModel(1, 3, 9, 3, 0)), HasSubstr("tree 0 is deeper than 8"));
  Model many = RandomModel(1, 700, 8, 1, 0);
  base::Stream stream(1, 1, 1);
  for (Node& node : many.nodes) {
    if (node.left != 0) node.value = static_cast<float>(stream.Normal());
  }
  EXPECT_THAT(WhyNotSliced(many), HasSubstr("different questions"));
}

TEST(WhyNotSliced, SparseTreesThatWouldTakeHundredsOfMegabytesAreRefused) {
  // Chains of depth 8: 17 nodes, but completed 511.
  Model chains;
  chains.feature_count = 1;
  for (std::size_t tree = 0; tree < 150'000; ++tree) {
    for (std::uint32_t level = 0; level < 8; ++level) {
      if (level == 0) chains.nodes.push_back({.left = 1});
      chains.nodes.push_back(level == 7 ? Node{} : Node{.left = 2 * level + 3});
      chains.nodes.push_back({});
    }
    chains.tree_begin.push_back(static_cast<std::uint32_t>(chains.nodes.size()));
  }
  ASSERT_TRUE(CheckModel(chains));
  EXPECT_THAT(WhyNotSliced(chains), HasSubstr("MB"));
}

}  // namespace
}  // namespace aisle::forest
