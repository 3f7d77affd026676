#include "forest/forest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "forest/bitsliced/bitsliced_kernel.h"
#include "forest/cpu.h"
#include "forest/scorers/hard_rows_testing.h"

namespace aisle::forest {
namespace {

using testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
// Those this CPU runs. What it lacks is skipped, and said, in bitsliced_test.cc.
std::vector<Engine> EnginesHere() {
  std::vector<Engine> engines;
  for (const Engine engine : AllEngines()) {
    if (CheckEngine(engine)) engines.push_back(engine);
  }
  return engines;
}

// x < 2 -> -1, otherwise +1; missing goes left; the sum starts at 0.5.
Model Stump(bool default_left = true) {
  Model model;
  model.feature_count = 1;
  model.base_margin = 0.5F;
  model.nodes = {
      {.value = 2, .left = 1, .default_left = default_left}, {.value = -1}, {.value = 1}};
  model.tree_begin = {0, 3};
  return model;
}

float MarginOf(const Model& model, Engine engine, float x) {
  const auto forest = Forest::Build(model, engine);
  AISLE_ASSERT(forest);
  const std::array rows = {x};
  std::array margins = {0.0F};
  forest->Margins(rows, margins);
  return margins[0];
}

TEST(Forest, ValueOnTheThresholdGoesRight) {
  for (const Engine engine : EnginesHere()) {
    EXPECT_EQ(MarginOf(Stump(), engine, std::nextafter(2.0F, 0.0F)), -0.5F);
    EXPECT_EQ(MarginOf(Stump(), engine, 2.0F), 1.5F);
  }
}

TEST(Forest, MissingValueFollowsTheDefaultBranch) {
  for (const Engine engine : EnginesHere()) {
    EXPECT_EQ(MarginOf(Stump(true), engine, kNan), -0.5F);
    EXPECT_EQ(MarginOf(Stump(false), engine, kNan), 1.5F);
    EXPECT_EQ(MarginOf(Stump(false), engine, -kNan), 1.5F);
  }
}

TEST(Forest, MinusZeroEqualsZero) {
  Model model = Stump();
  for (const Engine engine : EnginesHere()) {
    model.nodes[0].value = 0.0F;
    EXPECT_EQ(MarginOf(model, engine, -0.0F), 1.5F);
    model.nodes[0].value = -0.0F;
    EXPECT_EQ(MarginOf(model, engine, 0.0F), 1.5F);
    EXPECT_EQ(MarginOf(model, engine, -std::numeric_limits<float>::denorm_min()), -0.5F);
  }
}

TEST(Forest, InfiniteThresholdsKeepMissingApartFromInfinity) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const Engine engine : EnginesHere()) {
    Model model = Stump(true);
    model.nodes[0].value = -kInfinity;
    EXPECT_EQ(MarginOf(model, engine, -kInfinity), 1.5F);
    EXPECT_EQ(MarginOf(model, engine, kNan), -0.5F);
    model = Stump(false);
    model.nodes[0].value = kInfinity;
    EXPECT_EQ(MarginOf(model, engine, kInfinity), 1.5F);
    EXPECT_EQ(MarginOf(model, engine, 1e38F), -0.5F);
    EXPECT_EQ(MarginOf(model, engine, kNan), 1.5F);
  }
}

TEST(Forest, AllEnginesAgreeOnRandomModels) {
  base::Stream stream(3, 3, 3);
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto features = static_cast<std::uint32_t>(1 + seed % 40);
    const Model model = RandomModel(seed, seed % 17, static_cast<unsigned>(seed % 10), features,
                                    static_cast<double>(seed % 5) / 10);
    std::vector<float> rows(features * (seed * 13 % 600));
    for (float& x : rows) {
      x = stream.Chance(0.2) ? kNan : static_cast<float>(stream.Between(-70, 70)) / 16.0F;
    }
    const std::vector<float> expected = OracleMargins(model, rows);
    for (const Engine engine : EnginesHere()) {
      const auto forest = Forest::Build(model, engine);
      if (!forest) {
        EXPECT_GT(seed % 10, kDepthMax) << forest.error().message;
        continue;
      }
      ASSERT_TRUE(SameBits(expected, MarginsOf(*forest, rows)))
          << "seed " << seed << ", " << EngineName(engine);
    }
  }
}

// More nodes, and then more inputs, than the short form of the interleaved engine's nodes can name.
TEST(Forest, LargeTreesAndManyInputsAgreeToo) {
  Model wide;
  wide.feature_count = 40'000;
  for (std::uint32_t f = 0; f < wide.feature_count; ++f) {
    wide.nodes.insert(
        wide.nodes.end(),
        {{.value = 1, .feature = f, .left = 1}, {.value = static_cast<float>(f)}, {.value = -1}});
    wide.tree_begin.push_back(static_cast<std::uint32_t>(wide.nodes.size()));
  }
  for (const Model& model : {RandomModel(1, 1, 17, 3, 0), wide}) {
    std::vector<float> rows(std::size_t{19} * model.feature_count);
    base::Stream stream(4, 4, 4);
    for (float& x : rows) x = static_cast<float>(stream.Normal());
    EXPECT_TRUE(SameBits(OracleMargins(model, rows),
                         MarginsOf(*Forest::Build(model, Engine::kInterleaved), rows)));
    EXPECT_TRUE(SameBits(OracleMargins(model, rows), MarginsOf(*Forest::Build(model), rows)));
  }
}

TEST(Forest, PredictAppliesTheOutputTransform) {
  Model model = Stump();
  const std::array rows = {5.0F};
  std::array out = {0.0F};
  model.objective = Objective::kLogistic;
  Forest::Build(model)->Predict(rows, out);
  EXPECT_EQ(out[0], Probability(1.5F));
  EXPECT_NEAR(out[0], 0.817574F, 1e-6);
  model.objective = Objective::kLogLink;
  Forest::Build(model)->Predict(rows, out);
  EXPECT_NEAR(out[0], std::exp(1.5F), 1e-6);
  model.objective = Objective::kRanking;
  Forest::Build(model)->Predict(rows, out);
  EXPECT_EQ(out[0], 1.5F);
}

TEST(Forest, ProbabilityStaysInsideItsBounds) {
  EXPECT_EQ(Probability(0.0F), 0.5F);
  EXPECT_EQ(Probability(200.0F), 1.0F);
  EXPECT_GT(Probability(-200.0F), 0.0F);
}

TEST(Forest, BuildRefusesAModelThatIsNotInOrder) {
  const auto refused = [](const Model& model, const char* word) {
    const auto forest = Forest::Build(model);
    ASSERT_FALSE(forest) << word;
    EXPECT_EQ(forest.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(forest.error().message, HasSubstr(word));
  };
  Model model = Stump();
  model.nodes[0].left = 2;
  refused(model, "tree 0, node 0");
  model = Stump();
  model.nodes[1].left = 1;
  refused(model, "tree 0, node 1");
  model = Stump();
  model.nodes[0].feature = 1;
  refused(model, "input index");
  model = Stump();
  model.nodes[0].value = kNan;
  refused(model, "NaN");
  model = Stump();
  model.nodes.push_back({});
  model.tree_begin.back() = 4;
  refused(model, "no parent");
  model = Stump();
  model.tree_begin = {0, 2};
  refused(model, "tree_begin");
}

TEST(Forest, TheEnvironmentForcesAnEngineWhereTheChoiceIsOpen) {
  setenv("AISLE_FOREST_ENGINE", "reference", 1);
  EXPECT_EQ(Forest::Build(Stump())->EngineInUse(), Engine::kReference);
  EXPECT_EQ(Forest::Build(Stump())->EngineReason(), "AISLE_FOREST_ENGINE");
  EXPECT_EQ(Forest::Build(Stump(), Engine::kInterleaved)->EngineInUse(), Engine::kInterleaved);
  setenv("AISLE_FOREST_ENGINE", "warp", 1);
  EXPECT_THAT(Forest::Build(Stump()).error().message, HasSubstr("'warp'"));
  setenv("AISLE_FOREST_ENGINE", "bitsliced64", 1);
  EXPECT_THAT(Forest::Build(RandomModel(1, 2, 9, 3, 0)).error().message,
              testing::StartsWith("AISLE_FOREST_ENGINE: engine bitsliced64 does not take"));
  Model broken = Stump();
  broken.nodes[0].left = 7;
  EXPECT_THAT(Forest::Build(broken).error().message,
              testing::Not(HasSubstr("AISLE_FOREST_ENGINE")));
  unsetenv("AISLE_FOREST_ENGINE");
}

TEST(Forest, TheSweepIsChosenForWhoeverRanksAndTheBestOtherEngineScoresRows) {
  EXPECT_EQ(ParseEngine("sweep"), Engine::kSweep);
  EXPECT_EQ(EngineName(Engine::kSweep), "sweep");
  EXPECT_THAT(ParseEngine("swoop").error().message, HasSubstr(", sweep"));
  const auto best = Forest::Build(Stump());
  setenv("AISLE_FOREST_ENGINE", "sweep", 1);
  const auto forest = Forest::Build(Stump());
  Model wide = Stump();
  wide.wide = true;
  wide.wide_values.assign(wide.nodes.size(), 0.5);
  const auto refused = Forest::Build(wide);
  unsetenv("AISLE_FOREST_ENGINE");
  ASSERT_TRUE(forest);
  EXPECT_TRUE(forest->SweepWasChosen());
  EXPECT_FALSE(forest->EngineWasChosen());
  EXPECT_EQ(forest->EngineInUse(), best->EngineInUse());
  EXPECT_EQ(forest->EngineReason(), best->EngineReason());
  EXPECT_FALSE(best->SweepWasChosen());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message,
              testing::StartsWith("AISLE_FOREST_ENGINE: engine sweep does not take this model"));
}

TEST(Forest, BuildTakesTheBestBitSlicedLevelThatTheCpuHas) {
  Engine best = Engine::kBitsliced64;
  if (CpuHasAvx2()) best = Engine::kBitslicedAvx2;
  if (CpuHasAvx512()) best = Engine::kBitslicedAvx512;
  if (CpuHasVbmi()) best = Engine::kBitslicedVbmi;
  const auto forest = Forest::Build(Stump());
  EXPECT_EQ(forest->EngineInUse(), best);
  EXPECT_THAT(forest->EngineReason(), HasSubstr("this CPU has"));
  EXPECT_GT(forest->EngineBytes(), 0U);
}

TEST(Forest, AModelThatDoesNotFitIsInterleavedAndTheReasonSaysWhy) {
  const auto forest = Forest::Build(RandomModel(1, 2, 9, 3, 0));
  EXPECT_EQ(forest->EngineInUse(), Engine::kInterleaved);
  EXPECT_EQ(forest->EngineReason(), "the fastest for this model: tree 0 is deeper than 8");
  const auto forced = Forest::Build(RandomModel(1, 2, 9, 3, 0), Engine::kBitsliced64);
  ASSERT_FALSE(forced);
  EXPECT_EQ(forced.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(forced.error().message, HasSubstr("bitsliced64 does not take this model: tree 0"));
}

TEST(Forest, AnEngineTheCpuLacksIsRefusedWithTheBestItHas) {
  for (const Engine engine : AllEngines()) {
    const auto forest = Forest::Build(Stump(), engine);
    EXPECT_EQ(forest.has_value(), CheckEngine(engine).has_value());
    if (forest) continue;
    EXPECT_EQ(forest.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_THAT(forest.error().message, HasSubstr("which this CPU lacks; the best it runs is"));
  }
}

TEST(Forest, EveryEngineHasANameThatParses) {
  EXPECT_EQ(*ParseEngine("auto"), Engine::kAuto);
  for (const Engine engine : AllEngines()) EXPECT_EQ(*ParseEngine(EngineName(engine)), engine);
  EXPECT_THAT(ParseEngine("warp").error().message, HasSubstr("bitsliced-avx512"));
}

TEST(ForestDeathTest, MarginsAssertsTheShape) {
  const auto forest = Forest::Build(Stump());
  const std::array<float, 3> rows{};
  std::array<float, 2> margins{};
  EXPECT_DEATH(forest->Margins(rows, margins), "");
}

}  // namespace
}  // namespace aisle::forest
