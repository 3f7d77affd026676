#include "forest/formats/load.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "forest/formats/corpus_file_testing.h"
#include "forest/formats/exercise_testing.h"

namespace aisle::forest {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// The smallest model there is, in JSON; each test spoils one thing.
struct Text {
  std::string left = "[1,-1,-1]";
  std::string right = "[2,-1,-1]";
  std::string parents = "[2147483647,0,0]";
  std::string features = "[0,0,0]";
  std::string values = "[0.5,-1,1]";
  std::string default_left = "[1,0,0]";
  std::string nodes = "3";
  std::string deleted = "0";
  std::string more = "";
  std::string leaf_size = "1";
  std::string groups = "[0]";
  std::string trees = "1";
  std::string parallel = "1";
  std::string booster = "gbtree";
  std::string base_score = "[5E-1]";
  std::string num_feature = "2";
  std::string names = R"(["a","b"])";
  std::string objective = "binary:logistic";

  std::string Json() const {
    return fmt::format(
        R"({{"learner":{{"feature_names":{},"feature_types":[],"gradient_booster":{{"model":{{"gbtree_model_param":)"
        R"({{"num_parallel_tree":"{}","num_trees":"{}"}},"tree_info":{},"trees":[{{"left_children":{},)"
        R"("right_children":{},"parents":{},"split_indices":{},"split_conditions":{},"default_left":{},{})"
        R"("tree_param":{{"num_deleted":"{}","num_nodes":"{}","size_leaf_vector":"{}"}}}}]}},"name":"{}"}},)"
        R"("learner_model_param":{{"base_score":"{}","num_class":"0","num_feature":"{}","num_target":"1"}},)"
        R"("objective":{{"name":"{}"}}}},"version":[3,2,0]}})",
        names, parallel, trees, groups, left, right, parents, features, values, default_left, more,
        deleted, nodes, leaf_size, booster, base_score, num_feature, objective);
  }
};

void ExpectRefused(const Text& text, const std::string& word) {
  const auto model = LoadModel(text.Json());
  ASSERT_FALSE(model) << word;
  EXPECT_EQ(model.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(model.error().message, HasSubstr(word));
}

TEST(Load, TheSmallestModelLoads) {
  const auto model = LoadModel(Text{}.Json());
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->TreeCount(), 1U);
  EXPECT_EQ(model->nodes.size(), 3U);
  EXPECT_EQ(model->nodes[0].value, 0.5F);
  EXPECT_TRUE(model->nodes[0].default_left);
  EXPECT_EQ(model->base_margin, 0.0F);
  EXPECT_THAT(model->feature_names, testing::ElementsAre("a", "b"));
}

TEST(Load, NodesComeOutBreadthFirstWhateverTheFilesOrder) {
  const auto model = LoadModel(Text{.left = "[3,-1,-1,2,-1]",
                                    .right = "[1,-1,-1,4,-1]",
                                    .parents = "[2147483647,0,3,0,3]",
                                    .features = "[0,0,0,1,0]",
                                    .values = "[0.5,10,20,0.25,30]",
                                    .default_left = "[1,0,0,0,0]",
                                    .nodes = "5"}
                                   .Json());
  ASSERT_TRUE(model) << model.error().message;
  const std::vector<float> expected = {0.5F, 0.25F, 10, 20, 30};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(model->nodes[i].value, expected[i]);
  EXPECT_EQ(model->nodes[1].left, 3U);
}

TEST(Load, ANodeThatPruningTookOutIsDropped) {
  Text text{.left = "[1,-1,-1,-1]",
            .right = "[2,-1,-1,-1]",
            .parents = "[2147483647,0,0,0]",
            .features = "[0,0,0,2147483647]",
            .values = "[0.5,-1,1,9]",
            .default_left = "[1,0,0,1]",
            .nodes = "4",
            .deleted = "1"};
  const auto model = LoadModel(text.Json());
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->nodes.size(), 3U);
  text.deleted = "0";
  ExpectRefused(text, "num_deleted is 0");
  text.features = "[0,0,0,0]";
  ExpectRefused(text, "node 3: has no parent");
}

TEST(Load, AChildFarAwayIsRefusedWithTreeAndNode) {
  ExpectRefused({.left = "[100000000,-1,-1]"}, "tree 0: model: node 0: left child 100000000");
  ExpectRefused({.right = "[-7,-1,-1]"}, "right child -7");
  ExpectRefused({.right = "[1.5,-1,-1]"}, "right child 1.5");
  ExpectRefused({.right = "[0,-1,-1]"}, "right child 0");
}

TEST(Load, CyclesAndSharedChildrenAreRefused) {
  ExpectRefused({.left = "[1,1,-1]", .right = "[2,2,-1]"},
                "node 1: is a child of node 1, but its parent is given as 0");
  ExpectRefused({.left = "[1,1,-1]", .right = "[2,2,-1]", .parents = "[2147483647,1,1]"},
                "node 1: is a child of node 0, but its parent is given as 1");
  ExpectRefused({.right = "[1,-1,-1]"}, "child 1 has another parent");
  ExpectRefused({.parents = "[2147483647,0,1]"}, "node 2: is a child of node 0");
  ExpectRefused({.parents = "[1,0,0]"}, "the root has a parent");
  ExpectRefused({.left = "[-1,-1,-1]"}, "one child only");
}

TEST(Load, SizesThatDisagreeAreRefused) {
  ExpectRefused({.right = "[2,-1]"}, "right_children has 2 places for 3 nodes");
  ExpectRefused({.values = "[1,2,3,4]"}, "split_conditions has 4");
  ExpectRefused({.nodes = "4"}, "num_nodes is 4");
  ExpectRefused({.groups = "[0,0]"}, "tree_info");
  ExpectRefused({.trees = "2"}, "num_trees is 2");
  ExpectRefused({.names = R"(["a"])"}, "1 feature_names for num_feature 2");
  ExpectRefused({.values = "3"}, "split_conditions has 0");
}

TEST(Load, BadNumbersAreRefused) {
  ExpectRefused({.features = "[2,0,0]"}, "input 2 is not one of 2");
  ExpectRefused({.features = "[-1,0,0]"}, "input -1");
  ExpectRefused({.values = "[NaN,1,1]"}, "threshold is NaN");
  ExpectRefused({.values = "[1,Infinity,1]"}, "node 1: leaf is not a finite number");
  ExpectRefused({.values = "[1,1e39,1]"}, "leaf is not a finite number");
  ExpectRefused({.default_left = "[2,0,0]"}, "default_left");
  ExpectRefused({.base_score = "[1.5]"}, "base_score 1.5 is not a probability");
  ExpectRefused({.base_score = "x"}, "base_score 'x'");
  ExpectRefused({.num_feature = "0"}, "num_feature 0");
  ExpectRefused({.num_feature = "1000000000"}, "num_feature 1000000000");
}

TEST(Load, WhatIsNotSupportedIsRefusedByName) {
  ExpectRefused({.leaf_size = "3"}, "vector leaves");
  ExpectRefused({.booster = "gblinear"}, "booster 'gblinear'");
  ExpectRefused({.objective = "survival:cox"}, "survival:cox");
  ExpectRefused({.objective = "multi:softprob"}, "num_class 0 with multi:softprob");
}

TEST(Load, GroupsAndBaseScoresThatDisagreeAreRefused) {
  ExpectRefused({.groups = "[1]"}, "tree 0 belongs to group 1; there are 1");
  ExpectRefused({.base_score = "[1E-1,2E-1]"}, "2 base scores for 1 classes");
  ExpectRefused({.base_score = "[1E-1,]"}, "base_score '[1E-1,]'");
  ExpectRefused({.booster = "dart"}, "'gbtree' is missing");
}

// One split by set: {1, 3} goes right in the file.
Text BySet() {
  return {.features = "[1,0,0]",
          .more = R"("split_type":[1,0,0],"categories_nodes":[0],"categories_segments":[0],)"
                  R"("categories_sizes":[2],"categories":[1,3],)"};
}

TEST(Load, TheCategoriesOfAFileGoRightAndMissingFollowsItsSide) {
  const auto model = LoadModel(BySet().Json());
  ASSERT_TRUE(model) << model.error().message;
  const auto forest = Forest::Build(*model);
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> categories = {0, 1, 1.9F, 2, 3, 4, -1, -0.5F, 1e9F, kNan};
  std::vector<float> rows;
  for (const float category : categories) rows.insert(rows.end(), {0, category});
  std::vector<float> margins(categories.size());
  forest->Margins(rows, margins);
  EXPECT_THAT(margins, testing::ElementsAre(-1, 1, 1, -1, 1, -1, -1, -1, -1, -1));
  EXPECT_EQ(forest->EngineInUse(), Engine::kReference);
  EXPECT_THAT(forest->EngineReason(), HasSubstr("categorical splits"));
  const auto forced = Forest::Build(*model, Engine::kBitsliced64);
  ASSERT_FALSE(forced);
  EXPECT_EQ(forced.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(forced.error().message,
              testing::AllOf(HasSubstr("categorical splits"), HasSubstr("reference takes it")));
}

TEST(Load, CategorySetsThatDoNotFitAreRefused) {
  const auto refused = [](const std::string& from, const std::string& to, const std::string& word) {
    Text text = BySet();
    const std::size_t at = text.more.find(from);
    ASSERT_NE(at, std::string::npos);
    text.more.replace(at, from.size(), to);
    ExpectRefused(text, word);
  };
  refused("_nodes\":[0]", "_nodes\":[3]", "categories_nodes[0] is 3");
  refused("_nodes\":[0]", "_nodes\":[1]", "node 0: has no categories");
  refused("_nodes\":[0]", "_nodes\":[0,1]", "no arrays of one length");
  refused("_segments\":[0]", "_segments\":[1]", "does not follow the one before");
  refused("_sizes\":[2]", "_sizes\":[3]", "does not follow the one before");
  refused("_sizes\":[2]", "_sizes\":[1]", "1 categories belong to no node");
  refused("[1,3]", "[1,-3]", "category -3");
  refused("[1,3]", "[1,16777216]", "category 16777216");
  refused("[1,3]", "[1,2.5]", "category 2.5");
  refused("split_type\":[1", "split_type\":[2", "split_type 2");
}

TEST(Load, AnInfiniteThresholdIsAThreshold) {
  const auto model = LoadModel(Text{.values = "[-Infinity,1,2]"}.Json());
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->nodes[0].value, -std::numeric_limits<float>::infinity());
}

TEST(Load, UbjsonAndJsonOfOneModelAreTheSameModel) {
  for (const std::string name : {"logistic", "ranking"}) {
    const auto ubjson = LoadModel(Corpus(name + ".ubj"));
    const auto json = LoadModel(Corpus(name + ".json"));
    ASSERT_TRUE(ubjson) << ubjson.error().message;
    ASSERT_TRUE(json) << json.error().message;
    EXPECT_EQ(ubjson->tree_begin, json->tree_begin);
    EXPECT_EQ(ubjson->base_margin, json->base_margin);
    ASSERT_EQ(ubjson->nodes.size(), json->nodes.size());
    for (std::size_t i = 0; i < json->nodes.size(); ++i) {
      EXPECT_EQ(ubjson->nodes[i].value, json->nodes[i].value);
      EXPECT_EQ(ubjson->nodes[i].left, json->nodes[i].left);
      EXPECT_EQ(ubjson->nodes[i].feature, json->nodes[i].feature);
      EXPECT_EQ(ubjson->nodes[i].default_left, json->nodes[i].default_left);
    }
  }
}

// dart.json has three rounds, softmax.json one of three classes.
Result<Model> WithAttributes(const std::string& name, const std::string& attributes,
                             const std::string& parallel = "1") {
  std::string text = Corpus(name);
  for (const auto& [key, value] : {std::pair(std::string("\"attributes\":{}"), attributes),
                                   {"\"num_parallel_tree\":\"1\"", parallel}}) {
    const std::size_t at = text.find(key);
    AISLE_ASSERT(at != std::string::npos);
    text.replace(at, key.size(), key.substr(0, key.find(':') + 1) + value);
  }
  return LoadModel(text);
}

TEST(Load, AnEarlyStopIsCountedInRounds) {
  const auto best = [](const std::string& name, const std::string& iteration,
                       const std::string& parallel) {
    return WithAttributes(name, fmt::format(R"({{"best_iteration":{}}})", iteration), parallel)
        .value()
        .early_stop;
  };
  const auto stop = best("dart.json", "\"1\"", "\"1\"");
  ASSERT_TRUE(stop);
  EXPECT_EQ(stop->best_rounds, 2U);
  EXPECT_EQ(stop->rounds, 3U);
  EXPECT_FALSE(best("dart.json", "\"2\"", "\"1\"")) << "the last round is the best";
  EXPECT_FALSE(best("dart.json", "\"0\"", "\"3\"")) << "three trees of one round";
  EXPECT_FALSE(best("softmax.json", "\"0\"", "\"1\"")) << "three classes of one round";
  EXPECT_FALSE(LoadModel(Corpus("dart.json"))->early_stop);
}

TEST(Load, AnEarlyStopThatMakesNoSenseIsNone) {
  for (const std::string value :
       {R"("-1")", R"("3")", R"("4294967295")", R"("4294967296")", R"("1e0")", R"("1 ")",
        R"("0x1")", R"("")", R"("one")", "1", "[1]", R"(["1"])", "{}", "null", "NaN"}) {
    const auto model = WithAttributes("dart.json", "{\"best_iteration\":" + value + "}", "\"1\"");
    ASSERT_TRUE(model) << value << ": " << model.error().message;
    EXPECT_FALSE(model->early_stop) << value;
  }
  for (const std::string attributes :
       {R"("best_iteration")", R"(["best_iteration","0"])", "null"}) {
    const auto model = WithAttributes("dart.json", attributes, "\"1\"");
    ASSERT_TRUE(model) << attributes << ": " << model.error().message;
    EXPECT_FALSE(model->early_stop) << attributes;
  }
  for (const std::string parallel :
       {R"("0")", R"("2")", R"("-1")", R"("4294967295")", "{}", R"("9999999999")"}) {
    const auto model = WithAttributes("dart.json", R"({"best_iteration":"2"})", parallel);
    ASSERT_TRUE(model) << parallel << ": " << model.error().message;
    EXPECT_FALSE(model->early_stop) << parallel;
  }
}

TEST(Load, AMissingFileIsNotFoundAndABadOneIsNamed) {
  EXPECT_EQ(LoadModelFile("/no/such/model.ubj").error().code, ErrorCode::kNotFound);
  EXPECT_THAT(LoadModelFile(kCorpus / "cycle.json").error().message,
              AllOf(HasSubstr("cycle.json"), HasSubstr("tree 1")));
}

}  // namespace
}  // namespace aisle::forest
