#include "training/recipe.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "training/exercise_testing.h"
#include "training/training.h"

namespace aisle::training {
namespace {

using testing::HasSubstr;

std::string Default() { return *RecipeText("ranking_default"); }

// The default ranking with one piece of text replaced.
std::string With(const std::string& from, const std::string& to) {
  std::string text = Default();
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string Refusal(const std::string& text) {
  const auto recipe = ParseRecipe(text, "recipes/x.toml");
  if (recipe) return "accepted";
  EXPECT_EQ(recipe.error().code, ErrorCode::kInvalidArgument);
  return recipe.error().message;
}

// The line of the text that `piece` begins on.
int LineOf(const std::string& text, const std::string& piece) {
  const auto at = static_cast<std::ptrdiff_t>(text.find(piece));
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + at, '\n'));
}

TEST(Recipe, EveryShippedOneParses) {
  EXPECT_THAT(ShippedRecipes(), testing::UnorderedElementsAre(
                                    "propensity_default", "ranking_default", "propensity_reference",
                                    "ranking_reference", "propensity_small", "ranking_small"));
  for (const std::string& name : ShippedRecipes()) {
    const auto recipe = ParseRecipe(*RecipeText(name), name);
    ASSERT_TRUE(recipe) << recipe.error().message;
    EXPECT_EQ(recipe->name, name);
    EXPECT_EQ(recipe->window_days, name.ends_with("_small") ? 14 : 28);
  }
}

TEST(Recipe, OneThatSaysNothingOfTheChampionIsHeldToTheSameAsTheShippedOnes) {
  const std::string text = Default();
  const auto recipe = ParseRecipe(text.substr(0, text.find("[gates]")), "");
  ASSERT_TRUE(recipe) << recipe.error().message;
  for (const char* const name : {"ranking_default", "propensity_default"}) {
    const auto shipped = *ParseRecipe(*RecipeText(name), name);
    EXPECT_EQ(shipped.gates.worse_by_at_most, recipe->gates.worse_by_at_most);
    EXPECT_EQ(shipped.gates.calibrated_within, recipe->gates.calibrated_within);
    EXPECT_THAT(shipped.text, HasSubstr("worse_by_at_most = "));
    EXPECT_THAT(shipped.text, HasSubstr("calibrated_within = "));
  }
}

TEST(Recipe, TheReferencesAreTheReferences) {
  const auto propensity = *ParseRecipe(*RecipeText("propensity_reference"), "");
  EXPECT_EQ(propensity.learner.rounds, 200);
  EXPECT_EQ(propensity.learner.max_depth, 6);
  EXPECT_EQ(propensity.learner.learning_rate, 0.1);
  EXPECT_EQ(propensity.inputs.size(), 12U);
  EXPECT_EQ(propensity.rows.kind, RowKind::kCategoriesMet);
  const auto ranking = *ParseRecipe(*RecipeText("ranking_reference"), "");
  EXPECT_EQ(ranking.learner.rounds, 300);
  EXPECT_EQ(ranking.learner.max_depth, 8);
  EXPECT_EQ(ranking.learner.learning_rate, 0.08);
  EXPECT_EQ(ranking.inputs.size(), 14U);
  EXPECT_EQ(ranking.rows.kind, RowKind::kEvents);
  EXPECT_TRUE(ranking.balance_classes);
  EXPECT_EQ(ranking.propensity_blend, 0.3);
}

TEST(Recipe, AnUnknownKeyIsRefusedWithFileLineAndWhatIsKnown) {
  const std::string text = With("max_depth =", "depth_max =");
  const std::string refusal = Refusal(text);
  EXPECT_THAT(refusal, HasSubstr(fmt::format(
                           "recipes/x.toml:{}: [learner] lacks 'max_depth', a whole number from 1 "
                           "to 12; did you mean it by 'depth_max'?",
                           LineOf(text, "depth_max"))));
  const std::string extra = With("[learner]\n", "[learner]\nmomentum = 3\n");
  EXPECT_THAT(
      Refusal(extra),
      HasSubstr(fmt::format("recipes/x.toml:{}: unknown key 'momentum' in [learner]; known are ",
                            LineOf(extra, "momentum"))));
  EXPECT_THAT(Refusal(Default() + "[extras]\na = 1\n"), HasSubstr("unknown key 'extras'"));
  const std::string worse = With("worse_by_at_most", "worse_by_at_mots");
  EXPECT_THAT(Refusal(worse),
              HasSubstr(fmt::format("recipes/x.toml:{}: unknown key 'worse_by_at_mots' in [gates] "
                                    "(did you mean 'worse_by_at_most'?)",
                                    LineOf(worse, "worse_by_at_mots"))));
  const std::string table = With("[learner]", "[lerner]");
  EXPECT_THAT(Refusal(table), HasSubstr(fmt::format("recipes/x.toml:{}: [learner] lacks 'rounds'",
                                                    LineOf(table, "[lerner]"))));
  EXPECT_THAT(Refusal(table), HasSubstr("did you mean it by [lerner]?"));
}

TEST(Recipe, AValueOutOfRangeOrOfAnotherTypeIsRefusedWithItsLine) {
  const std::string text = With("max_depth = ", "max_depth = 1");
  EXPECT_THAT(Refusal(text),
              HasSubstr(fmt::format("recipes/x.toml:{}: 'max_depth' in [learner] must "
                                    "be a whole number from 1 to 12",
                                    LineOf(text, "max_depth"))));
  EXPECT_THAT(Refusal(With("calibrate = true", "calibrate = 1")), HasSubstr("true or false"));
  EXPECT_THAT(Refusal(With("rounds = ", "rounds = 0.")), HasSubstr("'rounds'"));
  EXPECT_THAT(Refusal(With("kind = \"pairs\"", "kind = \"trios\"")), HasSubstr("categories_met"));
  EXPECT_THAT(Refusal(With("model = \"ranking\"", "model = \"Ranking!\"")), HasSubstr("'model'"));
}

TEST(Recipe, TextThatIsNoTomlIsRefusedWithItsLine) {
  EXPECT_THAT(Refusal("name = \"x\"\nmodel = = 3\n"), HasSubstr("recipes/x.toml:2: "));
  EXPECT_THAT(Refusal(""), HasSubstr("'name'"));
}

TEST(Recipe, AnInputThisBuildCannotMakeIsNamed) {
  EXPECT_THAT(Refusal(With("\"is_perishable\"", "\"shoe_size\"")), HasSubstr("'shoe_size'"));
  const std::string text = With("\"pair_views\"", "\"pair_veiws\"");
  EXPECT_GT(LineOf(text, "pair_veiws"), LineOf(text, "names = [")) << "the list has several lines";
  EXPECT_THAT(Refusal(text),
              HasSubstr(fmt::format("recipes/x.toml:{}: 'names' in [inputs] cannot be used",
                                    LineOf(text, "pair_veiws"))));
  EXPECT_THAT(Refusal(text), HasSubstr("did you mean 'pair_views'?"));
  EXPECT_THAT(Refusal(With("\"is_perishable\"", "\"category\"")), HasSubstr("'category' twice"));
}

TEST(Recipe, TheInputPropensityNeedsAModelFittedBefore) {
  const std::string text = Default();
  const auto table = text.find("[propensity]");
  const auto next = text.find("[learner]");
  ASSERT_NE(table, std::string::npos);
  EXPECT_THAT(Refusal(text.substr(0, table) + text.substr(next)), HasSubstr("[propensity]"));
  const auto recipe = *ParseRecipe(text, "");
  const std::string cutoffs = fmt::format("cutoffs = [{}]", recipe.propensity->cutoffs.front());
  EXPECT_THAT(Refusal(With(cutoffs, fmt::format("cutoffs = [{}]", recipe.cutoffs.back()))),
              HasSubstr("earlier"));
}

TEST(Recipe, TheEvaluationWindowCannotBeTrainedOn) {
  EXPECT_THAT(Refusal(With("cutoffs = [", "cutoffs = [1, ")), HasSubstr("from 2 to"));
  EXPECT_THAT(Refusal(With("cutoff = 2", "cutoff = 1")), HasSubstr("'cutoff' in [validation]"));
  EXPECT_THAT(Refusal(With("cutoff = 2", "cutoff = 9")), HasSubstr("later than the training's"));
}

TEST(Recipe, TheFuzzersCorpusIsReadAsItWasMeant) {
  const auto folder = std::filesystem::path(AISLE_SOURCE_DIR) / "src/batch/training/corpus";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().stem().string();
    EXPECT_EQ(ExerciseRecipe(*base::ReadFile(entry.path())), name != "broken") << name;
    ++files;
  }
  EXPECT_EQ(files, 3);
}

TEST(RecipeText, KnowsTheShippedOnesAndReadsFiles) {
  EXPECT_THAT(RecipeText("nothing").error().message, HasSubstr("ranking_reference"));
  EXPECT_EQ(RecipeText("/nowhere/x.toml").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace aisle::training
