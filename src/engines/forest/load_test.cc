#include "forest/load.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>

#include "base/files.h"
#include "forest/document.h"
#include "forest/exercise.h"

namespace aisle::forest {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::filesystem::path kCorpus =
    std::filesystem::path(AISLE_SOURCE_DIR) / "src/engines/forest/corpus";

std::string Corpus(const std::string& name) {
  const auto bytes = base::ReadFile(kCorpus / name);
  AISLE_ASSERT(bytes);
  return *bytes;
}

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

TEST(Load, AFileCutAnywhereIsRefused) {
  for (const std::string name : {"logistic.ubj", "logistic.json"}) {
    const std::string bytes = Corpus(name);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto model = LoadModel(std::string_view(bytes).substr(0, size));
      ASSERT_FALSE(model) << name << " cut to " << size;
      ASSERT_EQ(model.error().code, ErrorCode::kInvalidArgument);
    }
  }
}

TEST(Load, AFileWithOneByteChangedNeverBreaksAnEngine) {
  for (const std::string name : {"logistic.ubj", "logistic.json"}) {
    const std::string bytes = Corpus(name);
    base::Stream stream(9, 9, 9);
    for (int i = 0; i < 4000; ++i) {
      std::string changed = bytes;
      changed[stream.Below(changed.size())] = static_cast<char>(stream.Below(256));
      Exercise(changed);
    }
  }
}

// found_* are what the fuzzer kept; whether they are models is nobody's business.
TEST(Load, TheFuzzersCorpusIsAcceptedOrRefusedAsItsNamesSay) {
  const std::set<std::string> kRefused = {"child_far_away", "cut_in_half",   "cycle",
                                          "deep",           "nan_threshold", "typed_array_bomb"};
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus)) {
    const auto bytes = base::ReadFile(entry.path());
    ASSERT_TRUE(bytes);
    const std::string stem = entry.path().stem().string();
    const bool model = Exercise(*bytes);
    if (!stem.starts_with("found_")) {
      EXPECT_EQ(model, !kRefused.contains(stem)) << entry.path();
    }
    ++count;
  }
  EXPECT_GE(count, 25);
}

TEST(Load, DeepNestingAndHugeCountsEndQuickly) {
  EXPECT_THAT(LoadModel(Corpus("deep.ubj")).error().message, HasSubstr("nested deeper"));
  EXPECT_THAT(LoadModel(Corpus("deep.json")).error().message, HasSubstr("nested deeper"));
  EXPECT_THAT(LoadModel(Corpus("typed_array_bomb.ubj")).error().message,
              HasSubstr("something else than numbers"));
  const std::string huge(
      "{i\x01"
      "a[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff",
      17);
  EXPECT_THAT(LoadModel(huge).error().message, HasSubstr("does not fit"));
}

TEST(Load, MoreValuesThanTheFilesSizeAllowsAreRefused) {
  static_assert(ValuesMax(800) == 65'536 + 100 && ValuesMax(std::size_t{1} << 31U) == kValuesMax);
  std::string json = "{\"learner\":[";
  for (int i = 0; i < 110'000; ++i) json += "[],";
  EXPECT_THAT(LoadModel(json).error().message, HasSubstr("too many for the file"));
  json += "[]]}";
  for (char& c : json) c = c == '[' ? '1' : c == ']' ? ' ' : c;  // Numbers of one array are none.
  json[11] = '[';
  json[json.size() - 2] = ']';
  EXPECT_THAT(LoadModel(json).error().message, HasSubstr("'gradient_booster' is missing"));
  std::string ubjson("{i\x07learner[", 11);
  ubjson.append(110'000, 'Z');
  EXPECT_THAT(LoadModel(ubjson).error().message, HasSubstr("too many for the file"));
}

// Half a million texts need 70 MB; the child may have 40 MB more than it has.
TEST(Load, AModelForWhichMemoryDoesNotSufficeIsAnErrorThatNamesIt) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
  GTEST_SKIP() << "sanitizers reserve address space of their own";
#endif
  const auto path =
      std::filesystem::temp_directory_path() / fmt::format("aisle-large-{}.json", getpid());
  std::string json = "{\"learner\":[";
  for (int i = 0; i < 500'000; ++i) json += "\"123456\",";
  ASSERT_TRUE(base::WriteFileAtomic(path, json + "0]}"));
  const auto load = [&] {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlimit limit{.rlim_cur = pages * 4096 + (std::size_t{40} << 20U),
                       .rlim_max = RLIM_INFINITY};
    if (setrlimit(RLIMIT_AS, &limit) != 0) std::_Exit(3);
    const auto model = LoadModelFile(path);
    std::fprintf(stderr, "%s", model ? "accepted" : model.error().message.c_str());
    std::_Exit(!model && model.error().code == ErrorCode::kUnavailable ? 0 : 1);
  };
  EXPECT_EXIT(load(), testing::ExitedWithCode(0), "aisle-large-.*not enough memory");
  std::filesystem::remove(path);
}

// UBJSON as XGBoost writes it.
class Ubjson {
 public:
  void Text(std::string_view word) {
    bytes_ += fmt::format("i{}{}", static_cast<char>(word.size()), word);
  }
  void Pair(std::string_view key, std::string_view value) {
    Text(key);
    bytes_ += 'S';
    Text(value);
  }
  void Open(std::string_view key) {
    Text(key);
    bytes_ += '{';
  }
  void Raw(std::string_view bytes) { bytes_ += bytes; }
  template <typename Element>
  void Array(std::string_view key, char type, std::uint32_t count, const Element& element) {
    Text(key);
    bytes_ += fmt::format("[${}#l", type);
    BigEndian(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      type == 'U' ? bytes_.push_back(static_cast<char>(element(i))) : BigEndian(element(i));
    }
  }
  const std::string& Bytes() const { return bytes_; }

 private:
  void BigEndian(std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes_ += static_cast<char>(value >> shift & 0xff);
  }
  std::string bytes_;
};

// One tree, as deep as can be: node 2i is the split of level i, node 2i + 1 its left leaf, of value 2i + 1.
std::string Chain(std::uint32_t levels) {
  const std::uint32_t count = 2 * levels + 1;
  const auto split = [count](std::uint32_t i) { return i % 2 == 0 && i + 1 < count; };
  Ubjson file;
  file.Raw("{");
  file.Open("learner");
  file.Open("objective");
  file.Pair("name", "reg:squarederror");
  file.Raw("}");
  file.Open("learner_model_param");
  file.Pair("base_score", "0");
  file.Pair("num_feature", "1");
  file.Raw("}");
  file.Open("gradient_booster");
  file.Pair("name", "gbtree");
  file.Open("model");
  file.Open("gbtree_model_param");
  file.Pair("num_trees", "1");
  file.Raw("}");
  file.Array("tree_info", 'U', 1, [](std::uint32_t) { return 0U; });
  file.Text("trees");
  file.Raw("[{");
  file.Open("tree_param");
  file.Pair("num_nodes", fmt::format("{}", count));
  file.Raw("}");
  const auto child = [&](std::uint32_t step) {
    return [=](std::uint32_t i) { return split(i) ? i + step : 0xffffffffU; };
  };
  file.Array("left_children", 'l', count, child(1));
  file.Array("right_children", 'l', count, child(2));
  file.Array("parents", 'l', count, [](std::uint32_t i) {
    return i == 0 ? 2147483647U : i % 2 == 0 ? i - 2 : i - 1;
  });
  file.Array("split_indices", 'l', count, [](std::uint32_t) { return 0U; });
  file.Array("split_conditions", 'd', count, [&](std::uint32_t i) {
    return std::bit_cast<std::uint32_t>(split(i) ? 0.5F : static_cast<float>(i));
  });
  file.Array("default_left", 'U', count, [](std::uint32_t) { return 0U; });
  file.Raw("}]}}}}");
  return file.Bytes();
}

// 210 MB of UBJSON: read, checked and walked, in memory that is a small multiple of the file's size.
TEST(Load, TenMillionNodesInOneChainAreReadAndWalked) {
  const auto model = LoadModel(Chain(5'000'000));
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->nodes.size(), 10'000'001U);
  const auto forest = Forest::Build(*model, Engine::kReference);
  std::vector<float> margins(2);
  forest->Margins(std::vector<float>{0, 1}, margins);
  EXPECT_THAT(margins, testing::ElementsAre(1, 10'000'000));
}

TEST(Load, AMissingFileIsNotFoundAndABadOneIsNamed) {
  EXPECT_EQ(LoadModelFile("/no/such/model.ubj").error().code, ErrorCode::kNotFound);
  EXPECT_THAT(LoadModelFile(kCorpus / "cycle.json").error().message,
              AllOf(HasSubstr("cycle.json"), HasSubstr("tree 1")));
}

}  // namespace
}  // namespace aisle::forest
