// Every screen against the oracle: what it leaves out is below its bound and outside of the best, and what it gives has
// the oracle's margins, bit by bit. A level this CPU lacks is skipped here and emulated in screen_emulated_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "forest/cpu.h"
#include "forest/screen/screen_testing.h"

namespace aisle::forest {
namespace {

using testing::HasSubstr;

struct Level {
  const char* name;
  const ScreenKernel* kernel;
  bool (*runs_here)();
};

class ScreenLevels : public testing::TestWithParam<Level> {
 protected:
  void SetUp() override {
    if (!GetParam().runs_here()) GTEST_SKIP() << "this CPU lacks " << GetParam().name;
  }
  const ScreenKernel& Kernel() const { return *GetParam().kernel; }
};

INSTANTIATE_TEST_SUITE_P(Levels, ScreenLevels,
                         testing::Values(Level{"avx2", &kScreenAvx2Kernel, CpuHasAvx2},
                                         Level{"avx512", &kScreenAvx512Kernel, CpuHasAvx512},
                                         Level{"vbmi", &kScreenVbmiKernel, CpuHasVbmi}),
                         [](const auto& level) { return level.param.name; });

TEST_P(ScreenLevels, GivesTheBestOfRandomModelsAndHardColumns) {
  int told_apart = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed)
    told_apart += CheckScreen(Kernel(), ShallowModel(seed), seed, 1 + seed * 61 % 3000);
  EXPECT_GT(told_apart, 100);
}

TEST_P(ScreenLevels, KeepsItsWorkspaceFromModelToModel) {
  ScreenWorkspace work;
  for (std::uint64_t seed = 0; seed < 40; ++seed)
    CheckScreen(Kernel(), ShallowModel(seed), seed, 1 + seed * 97 % 700, 20, &work);
}

TEST_P(ScreenLevels, TakesTreesOfEveryDepthItSays) {
  for (unsigned depth = 1; depth <= kScreenDepthMax; ++depth)
    EXPECT_TRUE(CheckScreen(Kernel(), RandomModel(depth, 40, depth, 6, 0), depth, 2000));
}

// A model of one tree for each threshold of input 0, and as many trees without a split as there shall be.
Model Thresholds(std::size_t thresholds, std::size_t more_trees = 0, float leaf = 1) {
  Model model;
  model.feature_count = 2;
  for (std::size_t t = 0; t < thresholds + more_trees; ++t) {
    if (t < thresholds) {
      model.nodes.push_back({.value = static_cast<float>(t), .feature = 0, .left = 1});
      model.nodes.push_back({.value = -leaf});
    }
    model.nodes.push_back({.value = leaf});
    model.tree_begin.push_back(static_cast<std::uint32_t>(model.nodes.size()));
  }
  return model;
}

constexpr std::array kForms = {Column::Form::kConstant, Column::Form::kRows};

TEST(WhyNotScreened, EachLimitHasTwoSides) {
  const auto why = [](const Model& model) {
    AISLE_ASSERT(CheckModel(model));
    return WhyNotScreened(model, kForms);
  };
  EXPECT_EQ(why(Thresholds(kScreenRanksMax)), "");
  EXPECT_THAT(why(Thresholds(kScreenRanksMax + 1)), HasSubstr("255 thresholds, more than 254"));
  EXPECT_EQ(why(Thresholds(1, kScreenTreesMax - 1)), "");
  EXPECT_THAT(why(Thresholds(1, kScreenTreesMax)), HasSubstr("1001 trees, more than 1000"));
  EXPECT_EQ(WhyNotScreened(RandomModel(1, 3, kScreenDepthMax, 2, 0), kForms), "");
  EXPECT_THAT(WhyNotScreened(RandomModel(1, 3, kScreenDepthMax + 1, 2, 0), kForms),
              HasSubstr("deeper than 6"));
  EXPECT_EQ(why(Thresholds(2, 0, 1e29F)), "");
  EXPECT_THAT(why(Thresholds(2, 0, 1e30F)), HasSubstr("add up to"));
  EXPECT_THAT(why(Thresholds(2, 0, 0)), HasSubstr("add up to 0"));
  Model far = Thresholds(2);
  far.base_margin = 1e6F;
  EXPECT_EQ(why(far), "");
  far.base_margin = 1e9F;
  EXPECT_THAT(why(far), HasSubstr("lose too many digits"));
  EXPECT_THAT(WhyNotScreened(Thresholds(1), std::array{Column::Form::kRows}),
              HasSubstr("not those"));
}

TEST(WhyNotScreened, QuestionsAndLeavesWithinReachAreBounded) {
  // Each input has its own thresholds, so that no input has too many.
  const auto wide = [](std::uint32_t features, std::size_t trees) {
    Model model = RandomModel(5, trees, 6, features, 0);
    base::Stream stream(1, 1, 1);
    for (Node& node : model.nodes) {
      if (node.left != 0) node.value = static_cast<float>(stream.Normal());
    }
    return model;
  };
  std::vector<Column::Form> forms(200, Column::Form::kRows);
  EXPECT_EQ(WhyNotScreened(wide(200, 100), forms), "");
  EXPECT_THAT(WhyNotScreened(wide(200, 200), forms), HasSubstr("different questions, more than"));
  forms.assign(200, Column::Form::kConstant);
  EXPECT_EQ(WhyNotScreened(wide(200, 100), forms), "");
  forms.assign(1'000, Column::Form::kConstant);
  Model many = wide(1'000, 120);
  for (std::size_t t = 0; t < 400; ++t) {
    many.nodes.push_back({.value = 1});
    many.tree_begin.push_back(static_cast<std::uint32_t>(many.nodes.size()));
  }
  EXPECT_THAT(WhyNotScreened(many, forms), HasSubstr("within reach would take"));
}

TEST_P(ScreenLevels, SaysWhenRowsLookTooMuchAlike) {
  const Model model = Thresholds(1);
  const auto screen = Screen::Make(model, kForms, Kernel());
  ASSERT_TRUE(screen);
  RowPlan plan;
  plan.row_count = 5000;
  plan.prepared.resize(2);
  const std::vector<float> values(plan.row_count, 2.0F);
  std::array<Column, 2> columns;
  columns[0].form = Column::Form::kConstant;
  columns[0].value = 3;
  columns[1].form = Column::Form::kRows;
  columns[1].values = values;
  ScreenWorkspace work;
  EXPECT_FALSE(screen->Best(screen->Prepare(plan), columns, 18, work));
}

TEST_P(ScreenLevels, ForgetsKeptTreesBeyondTheirBound) {
  const Model model = RandomModel(7, 300, 6, 30, 0);
  ScreenWorkspace work;
  std::size_t most = 0;
  bool forgot = false;
  std::vector<Column::Form> forms(30, Column::Form::kConstant);
  forms[0] = Column::Form::kRows;
  const auto screen = Screen::Make(model, forms, Kernel());
  ASSERT_TRUE(screen) << screen.error().message;
  RowPlan plan;
  plan.row_count = 64;
  plan.prepared.resize(30);
  const ScreenedRows rows = screen->Prepare(plan);
  const std::vector<float> values = HardRows(model, 3, 64);
  base::Stream stream(7, 7, 7);
  for (int call = 0; call < 400; ++call) {
    std::vector<Column> columns(30);
    for (Column& column : columns) {
      column.form = Column::Form::kConstant;
      column.value = static_cast<float>(3 * stream.Normal());
    }
    columns[0].form = Column::Form::kRows;
    columns[0].values = std::span(values).first(64);
    const std::size_t before = work.kept.Count();
    screen->Best(rows, columns, 5, work);
    forgot = forgot || work.kept.Count() < before;
    most = std::max(most, work.kept.Bytes());
  }
  EXPECT_TRUE(forgot) << "the test has too few customers to fill the memory";
  EXPECT_LT(most, kKeptBytesMax + std::size_t{300} * 1024);
}

}  // namespace
}  // namespace aisle::forest
