// Names of categories that a model file keeps: LightGBM's pandas_categorical, XGBoost's cats.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "forest/formats/corpus_file_testing.h"
#include "forest/formats/load.h"

namespace aisle::forest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string With(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  AISLE_ASSERT(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

StoredNames NamesOf(const std::string& bytes) {
  const auto model = LoadModel(bytes);
  EXPECT_TRUE(model) << model.error().message;
  return model ? model->names : StoredNames{};
}

const std::string kPandas = "[[\"Rome\", \"Oslo\", \"K\\u00f6ln\"], [10, 20, 30]]";

StoredNames Lightgbm(const std::string& lists) {
  return NamesOf(With(Corpus("lightgbm_names.txt"), kPandas, lists));
}

void ExpectTownsAndShops(const StoredNames& names) {
  EXPECT_THAT(names.unusable, IsEmpty());
  ASSERT_EQ(names.inputs.size(), 2U);
  EXPECT_EQ(names.inputs[0].feature, 0U);
  EXPECT_THAT(names.inputs[0].texts, ElementsAre("Rome", "Oslo", "Köln"));
  EXPECT_EQ(names.inputs[1].feature, 2U);
  EXPECT_THAT(names.inputs[1].numbers, ElementsAre(10, 20, 30));
}

TEST(LoadNames, EachFormHasTheNamesOfItsInputsInTheOrderOfTheirCodes) {
  ExpectTownsAndShops(NamesOf(Corpus("lightgbm_names.txt")));
  ExpectTownsAndShops(NamesOf(Corpus("names_3_4.json")));
  ExpectTownsAndShops(NamesOf(Corpus("names_3_4.ubj")));
  EXPECT_TRUE(NamesOf(Corpus("lightgbm_names.txt")).unseen_is_missing);
  EXPECT_FALSE(NamesOf(Corpus("names_3_4.json")).unseen_is_missing);
  EXPECT_TRUE(NamesOf(Corpus("lightgbm_binary.txt")).IsEmpty());
  EXPECT_TRUE(NamesOf(Corpus("sets.json")).IsEmpty());
}

// What XGBoost 3.1 to 3.3 wrote beyond ASCII is cut: bytes were counted as letters.
TEST(LoadNames, NamesThatXgboostCutAreUnusable) {
  const std::string text = Corpus("names_3_4.json");
  for (const std::string version : {"[3,1,0]", "[3,3,9]", "[2,0,0]"}) {
    EXPECT_THAT(NamesOf(With(text, "[3,4,1]", version)).unusable,
                HasSubstr("wrote the category names of input 'town' cut"));
  }
  EXPECT_THAT(NamesOf(With(text, "[3,4,1]", "[4,0,0]")).unusable, IsEmpty());
}

TEST(LoadNames, LightgbmsListsThatCannotBeUsedAreNamed) {
  EXPECT_THAT(Lightgbm("[[\"a\", 3, 2.5], [10, 20, 30]]").unusable, HasSubstr("of several kinds"));
  EXPECT_THAT(Lightgbm("[[true, 2, 3], [10, 20, 30]]").unusable, HasSubstr("of several kinds"));
  EXPECT_THAT(Lightgbm("[[\"a\", \"b\", \"a\"], [10, 20, 30]]").unusable,
              HasSubstr("input 'town' stand there twice"));
  EXPECT_THAT(Lightgbm("[[\"a\", \"b\", \"c\"], [1152921504606846976, 1, 2]]").unusable,
              HasSubstr("numbers beyond 2^53"));
  EXPECT_THAT(Lightgbm("[[\"a\", \"b\", \"c\"]]").unusable, HasSubstr("cannot be told"));
  EXPECT_THAT(Lightgbm("[[\"a\", \"b\"], [10, 20, 30]]").unusable, HasSubstr("cannot be told"));
  EXPECT_TRUE(Lightgbm("null").IsEmpty());
  EXPECT_TRUE(Lightgbm("[]").IsEmpty());
}

// Three lists for two categories: the third is of an ordered column, which looks like a number with whole bounds.
TEST(LoadNames, AnOrderedCategoryIsFoundWhereOneInputOnlyCanBeIt) {
  std::string text = With(Corpus("lightgbm_names.txt"), kPandas,
                          "[[\"Rome\", \"Oslo\", \"Bonn\"], [\"S\", \"M\"], [10, 20, 30]]");
  EXPECT_THAT(NamesOf(text).unusable, HasSubstr("cannot be told"));
  const std::size_t at = text.find("feature_infos=");
  const std::size_t begin = text.find('[', at);
  text.replace(begin, text.find(']', begin) + 1 - begin, "[0:1]");
  const StoredNames names = NamesOf(text);
  EXPECT_THAT(names.unusable, IsEmpty());
  ASSERT_EQ(names.inputs.size(), 3U);
  EXPECT_EQ(names.inputs[1].feature, 1U);
  EXPECT_THAT(names.inputs[1].texts, ElementsAre("S", "M"));
}

TEST(LoadNames, BrokenListsAreRefused) {
  const auto error = [](const std::string& name, const std::string& from, const std::string& to) {
    const auto model = LoadModel(With(Corpus(name), from, to));
    return model ? "accepted" : model.error().message;
  };
  EXPECT_THAT(error("lightgbm_names.txt", kPandas, "[[\"Rome\""),
              HasSubstr("pandas_categorical: JSON"));
  EXPECT_THAT(error("lightgbm_names.txt", kPandas, "[1, 2]"), HasSubstr("no list of lists"));
  EXPECT_THAT(error("names_3_4.json", "\"offsets\":[0,4,8,13]", "\"offsets\":[0,4,8,14]"),
              HasSubstr("offsets are not places"));
  EXPECT_THAT(error("names_3_4.json", "\"offsets\":[0,4,8,13]", "\"offsets\":[0,8,4,13]"),
              HasSubstr("offsets are not places"));
  EXPECT_THAT(error("names_3_4.json", "\"offsets\":[0,4,8,13]", "\"offsets\":[0,4,8,12]"),
              HasSubstr("belong to no name"));
  EXPECT_THAT(error("names_3_4.json", "\"offsets\":[0,4,8,13]", "\"offsets\":[0,4,13]"),
              HasSubstr("input 0: 2 category names; feature_segments has 3"));
  EXPECT_THAT(error("names_3_4.json", "\"values\":[10,20,30]", "\"values\":[10,20,\"30\"]"),
              HasSubstr("category name 2 is no number"));
  EXPECT_THAT(error("names_3_4.json", "\"values\":[82,", "\"values\":[382,"),
              HasSubstr("byte 382"));
}

}  // namespace
}  // namespace aisle::forest
