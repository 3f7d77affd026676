// Files that are cut, changed, too deep or too large: refused in bounded time and memory, or harmless.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/little_memory_testing.h"
#include "forest/formats/corpus_file_testing.h"
#include "forest/formats/document.h"
#include "forest/formats/exercise_testing.h"

namespace aisle::forest {
namespace {

using testing::HasSubstr;

TEST(LoadHostile, AFileCutAnywhereIsRefused) {
  for (const std::string name : {"logistic.ubj", "logistic.json"}) {
    const std::string bytes = Corpus(name);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto model = LoadModel(std::string_view(bytes).substr(0, size));
      ASSERT_FALSE(model) << name << " cut to " << size;
      ASSERT_EQ(model.error().code, ErrorCode::kInvalidArgument);
    }
  }
}

TEST(LoadHostile, AFileWithOneByteChangedNeverBreaksAnEngine) {
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
TEST(LoadHostile, TheFuzzersCorpusIsAcceptedOrRefusedAsItsNamesSay) {
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

TEST(LoadHostile, DeepNestingAndHugeCountsEndQuickly) {
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

TEST(LoadHostile, MoreValuesThanTheFilesSizeAllowsAreRefused) {
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
TEST(LoadHostile, AModelForWhichMemoryDoesNotSufficeIsAnErrorThatNamesIt) {
  if (!base::kMemoryCanBeLimited) GTEST_SKIP() << "sanitizers reserve address space of their own";
  const auto path =
      std::filesystem::temp_directory_path() / fmt::format("aisle-large-{}.json", getpid());
  std::string json = "{\"learner\":[";
  for (int i = 0; i < 500'000; ++i) json += "\"123456\",";
  ASSERT_TRUE(base::WriteFileAtomic(path, json + "0]}"));
  const auto load = [&] {
    if (!base::LimitMemory(std::size_t{40} << 20U)) std::_Exit(3);
    const auto model = LoadModelFile(path);
    std::fprintf(stderr, "%s", model ? "accepted" : model.error().message.c_str());
    std::_Exit(!model && model.error().code == ErrorCode::kFailedPrecondition ? 0 : 1);
  };
  EXPECT_EXIT(load(), testing::ExitedWithCode(0),
              "aisle-large-.*memory ran out while .*more memory or a smaller file");
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
TEST(LoadHostile, TenMillionNodesInOneChainAreReadAndWalked) {
  const auto model = LoadModel(Chain(5'000'000));
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->nodes.size(), 10'000'001U);
  const auto forest = Forest::Build(*model, Engine::kReference);
  std::vector<float> margins(2);
  forest->Margins(std::vector<float>{0, 1}, margins);
  EXPECT_THAT(margins, testing::ElementsAre(1, 10'000'000));
}

}  // namespace
}  // namespace aisle::forest
