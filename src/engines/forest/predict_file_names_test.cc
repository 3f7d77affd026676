// Rows that hold the names of categories, or their codes.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>

#include "base/files.h"
#include "base/temp_folder_testing.h"
#include "forest/formats/corpus_file_testing.h"
#include "forest/predict_file.h"

namespace aisle::forest {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The models' inputs: town (Rome, Oslo, Köln), width, shop (10, 20, 30).
class PredictNamesTest : public testing::Test {
 protected:
  Result<std::vector<double>> Run(const std::string& csv, bool codes = false) {
    AISLE_CHECK(base::WriteFileAtomic(folder_ / "rows.csv", csv));
    AISLE_TRY(report_, PredictFile(model_, folder_ / "rows.csv",
                                   {.margin = margin_, .codes = codes}, folder_ / "out.csv"));
    AISLE_TRY(const std::string text, base::ReadFile(folder_ / "out.csv"));
    std::vector<double> numbers;
    for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
      double number = 0;
      if (std::from_chars(rest.data(), rest.data() + rest.size(), number).ec == std::errc())
        numbers.push_back(number);
    }
    return numbers;
  }
  std::string ErrorOf(const std::string& csv, bool codes = false) {
    const auto out = Run(csv, codes);
    return out ? "no error" : out.error().message;
  }
  // A copy of a corpus file with `from` changed.
  void Change(const std::string& name, const std::string& from, const std::string& to) {
    std::string text = Corpus(name);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    ASSERT_TRUE(base::WriteFileAtomic(folder_ / name, text.replace(at, from.size(), to)));
    model_ = folder_ / name;
  }

  fs::path model_ = kCorpus / "names_3_4.ubj";
  bool margin_ = true;
  PredictReport report_;
  base::TempFolder temp_;
  const fs::path& folder_ = temp_.Path();
};

// The numbers are what XGBoost 3.4.1 predicts for a frame whose categories stand in another order.
TEST_F(PredictNamesTest, NamesBecomeTheCodesOfTraining) {
  const auto floats = [&](const std::string& csv, bool codes = false) {
    const auto numbers = Run(csv, codes).value();
    return std::vector<float>(numbers.begin(), numbers.end());
  };
  const auto expected = ElementsAre(2.9535133838653564F, 4.169903755187988F, 1.8863534927368164F);
  for (const std::string form : {"names_3_4.ubj", "names_3_4.json"}) {
    model_ = kCorpus / form;
    EXPECT_THAT(floats("town,width,shop\nOslo,0,30\nKöln,.5,10\nRome,-1,20\n"), expected);
    EXPECT_THAT(report_.categories.by_name, ElementsAre("town", "shop"));
    EXPECT_THAT(report_.categories.by_code, IsEmpty());
    EXPECT_EQ(report_.rows, 3U);
    EXPECT_THAT(floats("shop,town,width\n30.0,\"Oslo\",0\n1e1,Köln,.5\n+20, Rome,-1\n"), expected);
    EXPECT_THAT(floats("town,width,shop\n1,0,2\n2,.5,0\n0,-1,1\n", true), expected);
    EXPECT_THAT(report_.categories.by_name, IsEmpty());
    EXPECT_THAT(report_.categories.by_code, ElementsAre("town", "shop"));
    EXPECT_TRUE(report_.categories.file_has_names);
  }
}

TEST_F(PredictNamesTest, AnUnseenNameIsRefusedWhereTheLibraryRefusesIt) {
  EXPECT_THAT(
      ErrorOf("town,width,shop\nOslo,0,30\nParis,0,30\n"),
      AllOf(HasSubstr("line 3: column 1 'town': 'Paris' is no category"), HasSubstr("--codes")));
  EXPECT_THAT(ErrorOf("town,width,shop\nOslo,0,11\n"), HasSubstr("'11' is no category"));
  EXPECT_THAT(ErrorOf("town,width,shop\nOslo,0,x\n"), HasSubstr("'x' is no category"));
  EXPECT_THAT(ErrorOf("town,width,shop\nOslo,0,30\n", true),
              HasSubstr("'Oslo' is not a number; this input is a category, given by its code"));
  EXPECT_EQ(*Run("town,width,shop\n,0,10\nnan,0,10\n\"\",0,10\n"),
            *Run("town,width,shop\n,0,0\n,0,0\n,0,0\n", true));
}

TEST_F(PredictNamesTest, ForLightgbmAnUnseenNameIsMissingAndCounted) {
  model_ = kCorpus / "lightgbm_names.txt";
  const auto missing = Run("town,width,shop\n,0,30\nOslo,0,\nnan,0,nan\n");
  ASSERT_TRUE(missing) << missing.error().message;
  EXPECT_EQ(report_.categories.unseen_count, 0U);
  const auto unseen = Run("town,width,shop\nParis,0,30\nOslo,0,11\nrome,0,x\n");
  ASSERT_TRUE(unseen) << unseen.error().message;
  EXPECT_EQ(*unseen, *missing);
  EXPECT_EQ(report_.categories.unseen_count, 4U);
  EXPECT_EQ(report_.categories.first_unseen, "line 2, column 'town': 'Paris'");
  EXPECT_EQ(*Run("town,width,shop\nOslo,0,30\n"), *Run("town,width,shop\n1,0,2\n", true));
  EXPECT_NE(*Run("town,width,shop\nOslo,0,30\n"), *Run("town,width,shop\nRome,0,10\n"));
}

TEST_F(PredictNamesTest, TrueAndFalseAreNamesByWordAndByNumber) {
  Change("lightgbm_names.txt", "[\"Rome\", \"Oslo\", \"K\\u00f6ln\"], [10, 20, 30]",
         "[\"x\", \"y\", \"z\"], [true, false, true]");
  EXPECT_THAT(ErrorOf("town,width,shop\nx,0,true\n"), HasSubstr("input 'shop' stand there twice"));
  std::string infos = Corpus("lightgbm_names.txt");
  for (const auto& [from, to] : {std::pair<std::string, std::string>("] -1:0:1:2", "] -1:0:1"),
                                 {"[10, 20, 30]", "[false, true]"}}) {
    const std::size_t at = infos.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    infos.replace(at, from.size(), to);
  }
  ASSERT_TRUE(base::WriteFileAtomic(folder_ / "bool.txt", infos));
  model_ = folder_ / "bool.txt";
  const auto by_code = Run("town,width,shop\n1,0,1\n1,0,0\n", true);
  EXPECT_EQ(*Run("town,width,shop\nOslo,0,True\nOslo,0,false\n"), *by_code);
  EXPECT_EQ(*Run("town,width,shop\nOslo,0,1\nOslo,0,0\n"), *by_code);
  EXPECT_EQ(report_.categories.unseen_count, 0U);
}

TEST_F(PredictNamesTest, AQuotedBlankOrAnEmptyNameIsAName) {
  Change("lightgbm_names.txt", "\"Rome\", \"Oslo\"", "\" Rome\", \"\"");
  EXPECT_EQ(*Run("town,width,shop\n\" Rome\",0,10\n Rome,0,10\n\"\",0,10\n"),
            *Run("town,width,shop\n0,0,0\n0,0,0\n1,0,0\n", true));
  EXPECT_EQ(*Run("town,width,shop\n,0,10\n"), *Run("town,width,shop\n,0,0\n", true));
}

TEST_F(PredictNamesTest, NamesThatCannotBeUsedStopTheRowsUnlessTheyAreCodes) {
  Change("names_3_4.json", "[3,4,1]", "[3,3,0]");
  EXPECT_THAT(
      ErrorOf("town,width,shop\nRome,0,10\n"),
      AllOf(HasSubstr("names_3_4.json: XGBoost 3.3.0 wrote the category names of input 'town' cut"),
            HasSubstr("--codes")));
  EXPECT_TRUE(Run("town,width,shop\n0,0,0\n", true));
}

TEST_F(PredictNamesTest, WithoutNamesInTheFileCellsAreCodesAndTheReportSaysSo) {
  model_ = kCorpus / "sets.json";
  const auto model = Run("a,b,c\n1,2,3\n");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_FALSE(report_.categories.by_code.empty());
  EXPECT_FALSE(report_.categories.file_has_names);
}

TEST_F(PredictNamesTest, OfAnObjectiveOfOnesOwnOnlyMarginsAreKnown) {
  Change("lightgbm_binary.txt", "objective=binary sigmoid:1\n", "");
  const std::string csv = "Column_0,Column_1,Column_2\n1,2,3\n";
  EXPECT_TRUE(Run(csv)) << ErrorOf(csv);
  margin_ = false;
  EXPECT_THAT(ErrorOf(csv), AllOf(HasSubstr("names no objective"), HasSubstr("--margin")));
}

TEST_F(PredictNamesTest, RowsThatAreNoCsvAreNamedAndNothingOfThemIsPrinted) {
  EXPECT_THAT(ErrorOf("PAR1\x15\x04"), HasSubstr("rows.csv: it is a Parquet file"));
  EXPECT_THAT(ErrorOf("\x1f\x8b\x08\x02"), HasSubstr("it is a gzip'd file; unpack it first"));
  EXPECT_THAT(ErrorOf(std::string("\xff\xfe"
                                  "a\0,\0",
                                  6)),
              HasSubstr("UTF-16"));
  EXPECT_THAT(ErrorOf("town,width,shop\rRome,0,10\r"), HasSubstr("CR alone"));
  EXPECT_THAT(ErrorOf("town\x01,width,shop\nRome,0,10\n"), HasSubstr("control characters"));
  EXPECT_TRUE(Run("town,width,shop\r\nRome,0,10\r\n"));
}

TEST_F(PredictNamesTest, ALightgbmFileCutInItsParametersIsRefused) {
  const std::string text = Corpus("lightgbm_names.txt");
  const std::size_t cut = text.find("end of parameters");
  ASSERT_NE(cut, std::string::npos);
  model_ = folder_ / "cut.txt";
  ASSERT_TRUE(base::WriteFileAtomic(model_, text.substr(0, cut)));
  EXPECT_THAT(ErrorOf("town,width,shop\nRome,0,10\n"), HasSubstr("the file was cut short"));
}

}  // namespace
}  // namespace aisle::forest
