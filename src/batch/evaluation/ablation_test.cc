#include "evaluation/ablation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "forest/formats/load.h"
#include "ranking/random_spec_testing.h"

namespace aisle::evaluation {
namespace {

using features::InputGroup;
using testing::ElementsAre;
using testing::HasSubstr;

forest::Forest ForestOf(const ranking::ModelSpec& spec) {
  auto model = forest::LoadModel(spec.ubjson);
  EXPECT_TRUE(model) << model.error().message;
  auto forest = forest::Forest::Build(*std::move(model));
  EXPECT_TRUE(forest) << forest.error().message;
  return *std::move(forest);
}

Blanks Find(const ranking::ModelSpec& spec, bool has_propensity) {
  return BlanksOf(spec, ForestOf(spec), has_propensity);
}

std::vector<InputGroup> GroupsOf(const Blanks& blanks) {
  std::vector<InputGroup> groups;
  for (const Blank& blank : blanks.blanks) groups.push_back(blank.group);
  return groups;
}

// One tree that asks for input 1 alone.
ranking::ModelSpec SecondInputOnly(std::vector<std::string> inputs) {
  forest::Model model;
  model.feature_count = static_cast<std::uint32_t>(inputs.size());
  model.nodes = {{.value = 0.5F, .feature = 1, .left = 1}, {.value = -1}, {.value = 1}};
  model.tree_begin = {0, 3};
  return ranking::SpecOfTrees(model, 1, std::move(inputs));
}

TEST(Ablation, InputsOfAGroupAreMissingTogetherWhereverTheyStand) {
  const auto spec =
      ranking::RandomSpec(7, 40, 5, {"pair_views", "price", "days_since_pair_view", "price_z"});
  const Blanks found = Find(spec, false);
  ASSERT_THAT(GroupsOf(found), ElementsAre(InputGroup::kPrice, InputGroup::kPairHistory));
  EXPECT_THAT(found.blanks[0].columns, ElementsAre(1, 3));
  EXPECT_THAT(found.blanks[1].inputs, ElementsAre("pair_views", "days_since_pair_view"));
  std::vector<float> rows = {1, 2, 3, 4, 5, 6, 7, 8};
  Clear(found.blanks[0], 4, rows);
  for (const std::size_t place : {1, 3, 5, 7}) EXPECT_TRUE(std::isnan(rows[place])) << place;
  for (const std::size_t place : {0, 2, 4, 6})
    EXPECT_EQ(rows[place], static_cast<float>(place + 1));
}

TEST(Ablation, GroupsThatCanChangeNothingAreLeftOutWithTheReason) {
  const Blanks found = Find(SecondInputOnly({"age", "price", "pair_views"}), true);
  EXPECT_THAT(GroupsOf(found), ElementsAre(InputGroup::kPrice));
  ASSERT_EQ(found.left_out.size(), 2U);
  EXPECT_THAT(found.left_out[0], HasSubstr("activity, product, popularity, propensity, category "
                                           "history, brand history, price fit, affinity: the model "
                                           "has no such input"));
  EXPECT_EQ(found.left_out[1],
            "profile, pair history: no tree asks for any such input of the model");
}

TEST(Ablation, APropensityIsAGroupWhenItIsServedAsAnInputOrBlendedIn) {
  const auto input = SecondInputOnly({"price", "propensity"});
  EXPECT_THAT(GroupsOf(Find(input, true)), ElementsAre(InputGroup::kPropensity));
  const Blanks without = Find(input, false);
  EXPECT_TRUE(without.blanks.empty());
  EXPECT_THAT(without.left_out, testing::Contains(HasSubstr("propensity: missing already")));
  auto blended = SecondInputOnly({"age", "price"});
  blended.propensity_blend = 0.3;
  const Blanks found = Find(blended, true);
  ASSERT_THAT(GroupsOf(found), ElementsAre(InputGroup::kPrice, InputGroup::kPropensity));
  EXPECT_TRUE(found.blanks[1].inputs.empty());
  EXPECT_THAT(GroupsOf(Find(blended, false)), ElementsAre(InputGroup::kPrice));
}

}  // namespace
}  // namespace aisle::evaluation
