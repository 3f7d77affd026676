#include "api/model_service/predict_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "api/model_service/open_service_testing.h"
#include "web/json_body.h"

namespace aisle::api {
namespace {

using testing::HasSubstr;

constexpr std::size_t kRowsMax = 4;

std::vector<float> Floats(const PredictRows& rows) {
  return std::get<std::vector<float>>(rows.rows);
}

TEST(PredictJson, RowsAndTheirIndicesAreReadInTheirOrder) {
  const ServedPointer model = ServeFile("dart.json");
  const auto read =
      PredictRowsOf(R"( {"data" : [ [7, 1.5, -2e1, 3] , [0,0.1,1e-50,4]]} )", *model, kRowsMax);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_THAT(read->indices, testing::ElementsAre(7, 0));
  EXPECT_THAT(Floats(*read), testing::ElementsAre(1.5F, -20, 3, 0.1F, 0, 4));
}

TEST(PredictJson, NullTheEmptyTextAndNanAreMissing) {
  const auto read =
      PredictRowsOf(R"({"data": [[0, null, "", "NaN"]]})", *ServeFile("dart.json"), kRowsMax);
  ASSERT_TRUE(read) << read.error().detail;
  for (const float value : Floats(*read)) EXPECT_TRUE(std::isnan(value));
}

TEST(PredictJson, NamesOfCategoriesBecomeTheirCodes) {
  const ServedPointer model = ServeFile("names_3_4.ubj");  // town, width, shop: 10, 20, 30
  const auto read = PredictRowsOf(
      R"({"data": [[0, "Oslo", 2.5, "30"], [1, 1, 0, 2], [2, "", null, ""]]})", *model, kRowsMax);
  ASSERT_TRUE(read) << read.error().detail;
  const std::vector<float> rows = Floats(*read);
  EXPECT_EQ(rows[0], rows[3]);  // Oslo is town 1.
  EXPECT_EQ(rows[2], rows[5]);  // 30 is shop 2.
  EXPECT_TRUE(std::isnan(rows[6]) && std::isnan(rows[8]));
  const auto unseen = PredictRowsOf(R"({"data": [[0, "Paris", 2.5, "30"]]})", *model, kRowsMax);
  ASSERT_FALSE(unseen);
  EXPECT_THAT(unseen.error().detail, HasSubstr("row 0, input 'town': 'Paris' is no category"));
  // LightGBM takes a name that it has not seen for missing.
  const auto missing = PredictRowsOf(R"({"data": [[0, "Paris", 2.5, "30"]]})",
                                     *ServeFile("lightgbm_names.txt"), kRowsMax);
  ASSERT_TRUE(missing);
  EXPECT_TRUE(std::isnan(std::get<std::vector<double>>(missing->rows)[0]));
}

TEST(PredictJson, WhatIsWrongIsNamed) {
  const ServedPointer model = ServeFile("dart.json");
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"", "an object is missing here"},
      {"[]", "an object is missing here"},
      {"{}", "data is missing"},
      {R"({"data": [[0, 1, 2, 3]]} x)", "goes on after"},
      {R"({"data": [[0, 1, 2, 3])", "is missing here"},
      {R"({"data": [[0, 1, 2, 3]], "data": []})", "stands twice"},
      {R"({"rows": [[0, 1, 2, 3]]})", "\"rows\" is unknown"},
      {R"({"data": [[]]})", "row 0 is empty"},
      {R"({"data": [[0, 1, 2, 3], [1, 1, 2]]})", "row 1 has 2 inputs"},
      {R"({"data": [[0, 1, 2, 3, 4]]})", "row 0 has more than 3 inputs"},
      {R"({"data": [[-1, 1, 2, 3]]})", "the index of row 0"},
      {R"({"data": [[0.5, 1, 2, 3]]})", "the index of row 0"},
      {R"({"data": [[0, 1, 2, "x"]]})", "row 0, input 'c': a text where a number"},
      {R"({"data": [[0, 1, 1e39, 3]]})", "row 0, input 'b': a number that is not finite"},
      {R"({"data": [[0, 1, NaN, 3]]})", "null is missing"},
      {R"({"data": [[0, 1, 01, 3]]})", "a number that JSON does not have"},
      {R"({"data": [[0, 1, [2], 3]]})", "a number is missing here"},
      {R"({"data": [[0,1,2,3],[1,1,2,3],[2,1,2,3],[3,1,2,3],[4,1,2,3]]})", "too many rows"},
  };
  for (const auto& [body, words] : cases) {
    const auto read = PredictRowsOf(body, *model, kRowsMax);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().status, 400) << body;
    EXPECT_THAT(read.error().detail, HasSubstr(words)) << body;
  }
}

std::string AnswerOf(const ServedPointer& model, std::string_view body) {
  auto read = PredictRowsOf(body, *model, kRowsMax);
  EXPECT_TRUE(read) << read.error().detail;
  Scores scores = model->RoomFor(read->indices.size());
  model->Score(read->rows, 0, read->indices.size(), scores);
  return PredictAnswer(*model, read->indices, scores);
}

TEST(PredictJson, TwoClassesHaveBothProbabilities) {
  const ServedPointer model = ServeFile("dart.json");
  const auto answer = web::ParseJson(AnswerOf(model, R"({"data": [[9, 1, 2, 3]]})"));
  ASSERT_TRUE(answer);
  const auto& row = answer->at("data").at(0).as_array();
  EXPECT_EQ(row.at(0).as_int64(), 9);
  const auto& features = row.at(1).as_object();
  EXPECT_EQ(features.size(), 2U);
  std::vector<float> wanted(1);
  model->Forest().Predict(std::vector<float>{1, 2, 3}, wanted);
  EXPECT_EQ(static_cast<float>(features.at("output_feature_1").as_double()), wanted[0]);
  EXPECT_EQ(static_cast<float>(features.at("output_feature_0").as_double()), 1 - wanted[0]);
}

TEST(PredictJson, SeveralClassesHaveEachItsProbabilityAndSoftmaxToo) {
  for (const char* const file : {"classes.ubj", "softmax.json", "lightgbm_classes.txt"}) {
    const auto answer = web::ParseJson(AnswerOf(ServeFile(file), R"({"data": [[0, 1, 2, 3]]})"));
    ASSERT_TRUE(answer);
    double sum = 0;
    const auto& features = answer->at("data").at(0).at(1).as_object();
    EXPECT_EQ(features.size(), 3U) << file;
    for (const auto& feature : features) sum += feature.value().as_double();
    EXPECT_NEAR(sum, 1, 1e-6) << file;
  }
}

}  // namespace
}  // namespace aisle::api
