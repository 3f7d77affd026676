#include "forest/predict_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <charconv>

#include "base/files.h"
#include "base/temp_folder_testing.h"
#include "forest/formats/corpus_file_testing.h"
#include "forest/formats/load.h"

namespace aisle::forest {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

// corpus/logistic.ubj has the inputs a and b.
class PredictFileTest : public testing::Test {
 protected:
  Result<std::string> Run(const std::string& csv, bool margin = true,
                          Engine engine = Engine::kAuto) {
    AISLE_CHECK(base::WriteFileAtomic(folder_ / "rows.csv", csv));
    AISLE_CHECK(PredictFile(model_, folder_ / "rows.csv", {.engine = engine, .margin = margin},
                            folder_ / "out.csv"));
    return base::ReadFile(folder_ / "out.csv");
  }
  std::string ErrorOf(const std::string& csv) {
    fs::remove(folder_ / "out.csv");
    const auto out = Run(csv);
    if (out) return "no error";
    EXPECT_EQ(out.error().code, ErrorCode::kInvalidArgument);
    EXPECT_FALSE(fs::exists(folder_ / "out.csv"));
    return out.error().message;
  }

  fs::path model_ = kCorpus / "logistic.ubj";
  base::TempFolder temp_;
  const fs::path& folder_ = temp_.Path();
};

TEST_F(PredictFileTest, ColumnsAreFoundByNameAndEmptyCellsAreMissing) {
  const auto one = Run("a,b\n3,1\n30,\n,2\n");
  ASSERT_TRUE(one) << one.error().message;
  const auto other = Run("\"b\",a\r\n1,3\r\nnan,30\r\n2,\r\n");
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(*one, *other);
  EXPECT_THAT(*one, testing::StartsWith("margin\n"));
}

TEST_F(PredictFileTest, WhatIsWrittenGivesTheFloatsBack) {
  const auto out = Run("a,b\n3,1\n30,\n", false, Engine::kReference);
  ASSERT_TRUE(out);
  const auto forest = Forest::Build(*LoadModelFile(model_));
  const std::vector<float> rows = {3, 1, 30, std::numeric_limits<float>::quiet_NaN()};
  std::vector<float> expected(2);
  forest->Predict(rows, expected);
  std::string_view rest = *out;
  rest.remove_prefix(std::string_view("prediction\n").size());
  for (const float score : expected) {
    float read = 0;
    std::from_chars(rest.data(), rest.data() + rest.size(), read);
    EXPECT_EQ(read, score);
    rest.remove_prefix(rest.find('\n') + 1);
  }
  EXPECT_TRUE(rest.empty());
}

TEST_F(PredictFileTest, ManyBlocksKeepTheirOrder) {
  std::string csv = "a,b\n";
  for (int i = 0; i < 40'000; ++i) csv += fmt::format("{},{}\n", i % 40, i % 5);
  const auto whole = Run(csv);
  const auto reference = Run(csv, true, Engine::kReference);
  ASSERT_TRUE(whole && reference);
  EXPECT_EQ(*whole, *reference);
  EXPECT_EQ(std::ranges::count(*whole, '\n'), 40'001);
}

TEST_F(PredictFileTest, ErrorsNameLineAndColumn) {
  EXPECT_THAT(ErrorOf("a,b\n1,2\n3,x\n"),
              AllOf(HasSubstr("rows.csv, line 3"), HasSubstr("column 2 'b': 'x' is not a number")));
  EXPECT_THAT(ErrorOf("a,b\n1,2,3\n"), HasSubstr("line 2: more than 2 cells"));
  EXPECT_THAT(ErrorOf("a,b\n1\n"), HasSubstr("line 2: 1 cells; the header has 2"));
  EXPECT_THAT(ErrorOf("a\n1\n"), HasSubstr("column 'b' is missing"));
  EXPECT_THAT(ErrorOf("a,b,c\n1,2,3\n"), HasSubstr("column 'c' is no input"));
  EXPECT_THAT(ErrorOf("a,b,a\n1,2,3\n"), HasSubstr("column 'a' stands twice"));
  EXPECT_THAT(ErrorOf("a,b\n\"1,2\n"), HasSubstr("quote"));
  EXPECT_THAT(ErrorOf("a,b\n\n"), HasSubstr("empty line"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("no header line"));
  EXPECT_THAT(ErrorOf("a,b\n1,2 3\n"), HasSubstr("'2 3'"));
}

TEST_F(PredictFileTest, EachClassHasAColumnAndAClassNumberHasOne) {
  model_ = kCorpus / "classes.ubj";
  const auto margins = Run("a,b,c\n1,2,3\n,,\n");
  ASSERT_TRUE(margins) << margins.error().message;
  EXPECT_THAT(*margins, testing::StartsWith("margin_0,margin_1,margin_2\n"));
  EXPECT_EQ(std::ranges::count(*margins, ','), 6);
  EXPECT_THAT(*Run("a,b,c\n", false), "prediction_0,prediction_1,prediction_2\n");
  model_ = kCorpus / "softmax.json";
  EXPECT_THAT(*Run("a,b,c\n3,0,1\n-3,3,0\n", false), "prediction\n2\n0\n");
  EXPECT_THAT(*Run("a,b,c\n"), "margin_0,margin_1,margin_2\n");
}

TEST_F(PredictFileTest, DoublesHaveTheirSeventeenDigits) {
  model_ = kCorpus / "lightgbm_binary.txt";
  const auto out = Run("Column_0,Column_1,Column_2\n1,2,3\n");
  ASSERT_TRUE(out) << out.error().message;
  double read = 0;
  std::from_chars(out->data() + 7, out->data() + out->size(), read);
  const auto forest = Forest::Build(*LoadModelFile(model_));
  const std::vector<float> rows = {1, 2, 3};
  std::vector<double> expected(1);
  forest->WideMargins(rows, expected);
  EXPECT_EQ(read, expected[0]);
  EXPECT_NE(read, static_cast<double>(static_cast<float>(read)));
}

TEST_F(PredictFileTest, CellsForLightgbmAreDoubles) {
  model_ = kCorpus / "lightgbm_binary.txt";
  const auto margins = [&](const std::string& first) {
    return Run(fmt::format("Column_0,Column_1,Column_2\n{},0,0\n", first)).value();
  };
  // On the first split's threshold, and one double beside it.
  EXPECT_EQ(margins("0.40070827305316931"), margins("0.4"));
  EXPECT_EQ(margins("0.40070827305316937"), margins("0.41"));
  EXPECT_NE(margins("0.40070827305316931"), margins("0.40070827305316937"));
  EXPECT_EQ(margins("1e999"), margins("inf"));
  EXPECT_EQ(margins("-1e999"), margins("-inf"));
  EXPECT_EQ(margins("1e-999"), margins("0"));
}

TEST_F(PredictFileTest, AnEarlyStopIsReportedAndAllRoundsAreUsed) {
  std::string text = Corpus("logistic.json");
  const std::string key = "\"attributes\":{}";
  const std::size_t at = text.find(key);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, key.size(), R"("attributes":{"best_iteration":"0","best_score":"0.5"})");
  ASSERT_TRUE(base::WriteFileAtomic(folder_ / "stopped.json", text));
  const auto expected = Run("a,b\n3,1\n");
  model_ = folder_ / "stopped.json";
  EXPECT_EQ(*Run("a,b\n3,1\n"), *expected);
  const auto report = PredictFile(model_, folder_ / "rows.csv", {.margin = true}, folder_ / "o");
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_TRUE(report->early_stop);
  EXPECT_EQ(report->early_stop->best_rounds, 1U);
  EXPECT_EQ(report->early_stop->rounds, 2U);
}

TEST_F(PredictFileTest, ABlankBesideANameHidesNoInput) {
  const auto plain = Run("a,b\n3,1\n");
  for (const std::string csv : {"a, b\n3,1\n", " a ,\tb\n3, 1\n", "\" a\",\"b \"\n3,1\n"}) {
    const auto out = Run(csv);
    ASSERT_TRUE(out) << csv << out.error().message;
    EXPECT_EQ(*out, *plain) << csv;
  }
  // A frame that was read from "a, b" calls its column " b", and so does its model.
  const std::string text = Corpus("logistic.json");
  const auto with = [&](const std::string& names) {
    std::string changed = text;
    const std::string own = "\"feature_names\":[\"a\",\"b\"]";
    changed.replace(changed.find(own), own.size(), "\"feature_names\":" + names);
    EXPECT_TRUE(base::WriteFileAtomic(folder_ / "named.json", changed));
    model_ = folder_ / "named.json";
  };
  with(R"(["a"," b"])");
  for (const std::string csv : {"a, b\n3,1\n", "a,b\n3,1\n", "a,\" b\"\n3,1\n", "a,b \n3,1\n"}) {
    const auto out = Run(csv);
    ASSERT_TRUE(out) << csv << out.error().message;
    EXPECT_EQ(*out, *plain) << csv;
  }
  // Two inputs whose names differ by a blank only: as they stand.
  with(R"([" a","a"])");
  EXPECT_EQ(*Run(" a,a\n3,1\n"), *plain);
  EXPECT_EQ(*Run("a, a\n1,3\n"), *plain);
  EXPECT_THAT(ErrorOf("a  ,b\n1,3\n"), HasSubstr("'b' is no input"));
  EXPECT_THAT(ErrorOf("\"a  \",a\n1,3\n"), HasSubstr("names differ by blanks only"));
  // LightGBM's underscores.
  with(R"(["a_of_b","b"])");
  EXPECT_EQ(*Run("a of b,b\n3,1\n"), *plain);
  EXPECT_THAT(
      ErrorOf("a of c,b\n3,1\n"),
      HasSubstr(
          "'a of c' is no input of the model; inputs without a column so far: 'a_of_b', 'b'"));
}

TEST_F(PredictFileTest, NoRowsGiveTheHeaderAlone) {
  const auto out = Run("a,b\n");
  ASSERT_TRUE(out);
  EXPECT_EQ(*out, "margin\n");
}

TEST_F(PredictFileTest, AFailedRunLeavesTheOldOutput) {
  ASSERT_TRUE(Run("a,b\n1,2\n"));
  const auto before = base::ReadFile(folder_ / "out.csv");
  EXPECT_FALSE(Run("a,b\n1,2\n1,oops\n"));
  EXPECT_EQ(*base::ReadFile(folder_ / "out.csv"), *before);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator{}), 2);
}

TEST_F(PredictFileTest, ADeviceIsNoPlaceForPredictions) {
  ASSERT_TRUE(base::WriteFileAtomic(folder_ / "rows.csv", "a,b\n1,2\n"));
  const auto status = PredictFile(model_, folder_ / "rows.csv", {.margin = true}, "/dev/null");
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("/dev/null: it is no regular file"));
}

TEST_F(PredictFileTest, AMissingRowsFileIsNotFound) {
  const auto status =
      PredictFile(model_, folder_ / "none.csv", {.margin = true}, folder_ / "o.csv");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace aisle::forest
