#include "forest/scorers/reference_forest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "forest/formats/exercise_testing.h"
#include "forest/model/random_any_model_testing.h"

namespace aisle::forest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Leaf 1 left, leaf 0 right.
Model OneSplit(Split split, float value = 0) {
  Model model;
  model.feature_count = 1;
  model.nodes = {{.value = value, .left = 1, .split = split}, {.value = 1}, {.value = 0}};
  model.tree_begin = {0, 3};
  return model;
}

std::vector<float> MarginsOf(const Model& model, const std::vector<float>& rows) {
  const auto forest = Forest::Build(model);
  AISLE_ASSERT(forest);
  std::vector<float> margins(rows.size() / model.feature_count * model.group_count);
  forest->Margins(rows, margins);
  return margins;
}

// Whatever the seeds make is accepted, ends, and is scored alike by every engine.
TEST(AnyModel, RandomModelsOfEveryKindAreAcceptedAndScoredAlike) {
  std::size_t plain = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    const Model model = RandomAnyModel(seed);
    const auto status = CheckModel(model);
    ASSERT_TRUE(status) << "seed " << seed << ": " << status.error().message;
    ScoreWithEveryEngine(model, 1 + seed % 70, seed);
    plain += WhatIsNotPlain(model).empty() ? 1 : 0;
  }
  EXPECT_GT(plain, 50U);
  EXPECT_LT(plain, 550U);
}

// A model with one number spoilt is refused, or is another valid model: never a crash, never a disagreement.
TEST(AnyModel, ASpoiltModelIsRefusedOrStillScoredAlike) {
  std::size_t refused = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    base::Stream stream(seed, 78, 78);
    Model model = RandomAnyModel(seed);
    if (model.nodes.empty()) continue;
    Node& node = model.nodes[stream.Below(model.nodes.size())];
    const auto number =
        static_cast<std::uint32_t>(stream.Chance(0.5) ? stream.Below(20) : stream.Next());
    switch (stream.Below(9)) {
      case 0:
        node.left = number;
        break;
      case 1:
        node.feature = number;
        break;
      case 2:
        node.value = std::bit_cast<float>(number);
        break;
      case 3:
        node.set = number;
        break;
      case 4:
        model.tree_begin[stream.Below(model.tree_begin.size())] = number;
        break;
      case 5:
        model.group_count = number;
        break;
      case 6:
        model.set_begin[stream.Below(model.set_begin.size())] = number;
        break;
      case 7:
        model.categories.push_back(number);
        model.set_begin.back() = static_cast<std::uint32_t>(model.categories.size());
        break;
      default:
        model.feature_count = number;
    }
    if (!CheckModel(model) || model.feature_count > 5000) {
      ++refused;
      continue;
    }
    ScoreWithEveryEngine(model, 9, seed);
  }
  EXPECT_GT(refused, 1000U);
}

TEST(Reference, AnyNumberGoesLeftWhereOnlyMissingMayGoRight) {
  EXPECT_THAT(MarginsOf(OneSplit(Split::kAny), {-kInfinity, 0, kInfinity, kNan}),
              ElementsAre(1, 1, 1, 0));
}

TEST(Reference, ZerosAndTheirNeighboursMayBeMissing) {
  const float above = std::nextafter(kZeroMax, 1.0F);
  EXPECT_THAT(MarginsOf(OneSplit(Split::kBelowZeroMissing, 5),
                        {0, -0.0F, kZeroMax, -kZeroMax, 1e-45F, above, -above, kNan}),
              ElementsAre(0, 0, 0, 0, 0, 1, 1, 0));
}

TEST(Reference, NumbersOutsideOfWhatACategoryCanBeAreInNoSet) {
  Model model = OneSplit(Split::kInSet);
  model.categories = {0, 3, kCategoriesMax - 1};
  model.set_begin = {0, 3};
  const std::vector<float> rows = {0,    -0.0F, 0.9F,  3,         3.5F,       16777215, 16777216,
                                   1e9F, -1,    -0.5F, kInfinity, -kInfinity, kNan,     -1e-45F};
  EXPECT_THAT(MarginsOf(model, rows), ElementsAre(1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0));
  model.nodes[0].split = Split::kInSetNegativeHalf;
  EXPECT_THAT(MarginsOf(model, rows), ElementsAre(1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1));
}

TEST(Reference, EachTreeAddsToItsGroupFromTheGroupsOwnMargin) {
  Model model = OneSplit(Split::kBelow, 2);
  model.nodes.insert(model.nodes.end(), {{.value = 10}, {.value = 100}});
  model.tree_begin = {0, 3, 4, 5};
  model.group_count = 2;
  model.tree_group = {1, 0, 1};
  model.base_margins = {0.5F, 0.25F};
  EXPECT_THAT(MarginsOf(model, {0, 5}), ElementsAre(10.5F, 101.25F, 10.5F, 100.25F));
}

TEST(Reference, WideSumsAreScaledAndShiftedAndRoundedOnlyAtTheEnd) {
  Model model = OneSplit(Split::kBelow, 2);
  model.wide = true;
  model.wide_values = {0, 1 + 1e-12, 1e-12};
  model.scale = 2;
  model.biases = {3};
  const auto forest = Forest::Build(model);
  std::array margins = {0.0, 0.0};
  forest->WideMargins(std::array{0.0F, 5.0F}, margins);
  EXPECT_THAT(margins, ElementsAre((1 + 1e-12) * 2 + 3, 1e-12 * 2 + 3));
  EXPECT_THAT(MarginsOf(model, {0}), ElementsAre(5.0F));
  EXPECT_THAT(forest->EngineReason(), HasSubstr("sums of doubles"));
}

TEST(Reference, SoftmaxGivesProbabilitiesOrTheFirstLargestClass) {
  Model model;
  model.feature_count = 1;
  model.group_count = 3;
  model.base_margins = {1, 2, 2};
  model.objective = Objective::kSoftmax;
  std::array<float, 1> label{};
  Forest::Build(model)->Predict(std::array{0.0F}, label);
  EXPECT_EQ(label[0], 1);
  model.objective = Objective::kSoftprob;
  std::array<float, 3> probabilities{};
  Forest::Build(model)->Predict(std::array{0.0F}, probabilities);
  EXPECT_NEAR(probabilities[0] + probabilities[1] + probabilities[2], 1, 1e-6);
  EXPECT_EQ(probabilities[1], probabilities[2]);
}

TEST(AnyModel, WhatMakesAModelMoreThanPlainIsNamed) {
  EXPECT_EQ(WhatIsNotPlain(OneSplit(Split::kBelow)), "");
  EXPECT_THAT(WhatIsNotPlain(OneSplit(Split::kAny)), HasSubstr("threshold"));
  EXPECT_THAT(WhatIsNotPlain(OneSplit(Split::kInSet)), HasSubstr("categorical"));
}

TEST(AnyModel, PlainModelsOfSeveralGroupsNeedNoReference) {
  Model model = OneSplit(Split::kBelow);
  model.group_count = 3;
  EXPECT_NE(Forest::Build(model)->EngineInUse(), Engine::kReference);
}

// Deep and thin, as no library makes them: nothing here may recurse or take a step per node and level.
TEST(AnyModel, ATreeOfAHundredThousandLevelsIsWalkedByEveryEngine) {
  Model model;
  model.feature_count = 2;
  for (std::uint32_t level = 0; level < 100'000; ++level) {
    if (level > 0) model.nodes.push_back({.value = static_cast<float>(level)});
    model.nodes.push_back({.value = 0.5F, .feature = level % 2, .left = 2 * level + 1});
  }
  model.nodes.insert(model.nodes.end(), {{.value = -1}, {.value = 7}});
  model.tree_begin.push_back(static_cast<std::uint32_t>(model.nodes.size()));
  ASSERT_TRUE(CheckModel(model));
  EXPECT_THAT(MarginsOf(model, {1, 1, 0, 1, 1, 0}), ElementsAre(7, 1, 2));
  ScoreWithEveryEngine(model, 20, 1);
}

}  // namespace
}  // namespace aisle::forest
