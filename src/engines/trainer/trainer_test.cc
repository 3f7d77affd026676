#include "trainer/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"

namespace aisle::trainer {
namespace {

using testing::HasSubstr;

// Label 1 where the first input exceeds the second; a tenth of the cells missing.
Dataset Small(std::size_t row_count = 400) {
  base::Stream stream(1, 2, 3);
  Dataset data;
  data.feature_count = 3;
  data.feature_names = {"age_years", "price_usd", "days"};
  for (std::size_t i = 0; i < row_count; ++i) {
    const double a = stream.Normal();
    const double b = stream.Normal();
    data.labels.push_back(a > b ? 1.0F : 0.0F);
    data.rows.push_back(static_cast<float>(a));
    data.rows.push_back(static_cast<float>(b));
    data.rows.push_back(stream.Chance(0.1) ? std::numeric_limits<float>::quiet_NaN()
                                           : static_cast<float>(stream.Uniform()));
  }
  return data;
}

Settings Quick() {
  Settings settings;
  settings.rounds = 8;
  settings.max_depth = 3;
  return settings;
}

TEST(Trainer, LearnsARuleAndStoresTheInputNames) {
  const Dataset data = Small();
  const auto model = Train(data, Quick());
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_THAT(model->ubjson, HasSubstr("price_usd"));
  const auto scores = XgboostPredict(model->ubjson, data.rows, data.feature_count, false);
  ASSERT_TRUE(scores) << scores.error().message;
  ASSERT_EQ(scores->size(), data.labels.size());
  std::size_t right = 0;
  for (std::size_t i = 0; i < scores->size(); ++i) {
    if (((*scores)[i] > 0.5F) == (data.labels[i] > 0.5F)) ++right;
  }
  EXPECT_GT(right, data.labels.size() * 8 / 10);
}

TEST(Trainer, TheSameSeedGivesTheSameBytes) {
  Settings settings = Quick();
  settings.subsample = 0.7;
  settings.seed = 11;
  const auto first = Train(Small(), settings);
  const auto again = Train(Small(), settings);
  settings.seed = 12;
  const auto other = Train(Small(), settings);
  ASSERT_TRUE(first && again && other);
  EXPECT_EQ(first->ubjson, again->ubjson);
  EXPECT_NE(first->ubjson, other->ubjson);
}

TEST(Trainer, ProgressThatReturnsFalseCancels) {
  int calls = 0;
  const auto model = Train(Small(), Quick(), [&](int rounds_done) {
    ++calls;
    return rounds_done < 3;
  });
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(model.error().message, "cancelled");
  EXPECT_EQ(calls, 3);
}

TEST(Trainer, RanksWithGroups) {
  Dataset data = Small();
  data.group_sizes.assign(40, 10);
  data.weights.assign(40, 1.0F);
  Settings settings = Quick();
  settings.objective = "rank:ndcg";
  const auto model = Train(data, settings);
  ASSERT_TRUE(model) << model.error().message;
}

TEST(Trainer, WeightsMoveTheAnswer) {
  Dataset data = Small();
  const auto plain = Train(data, Quick());
  for (const float label : data.labels) data.weights.push_back(label > 0 ? 10.0F : 1.0F);
  const auto weighted = Train(data, Quick());
  ASSERT_TRUE(plain && weighted);
  const auto before = XgboostPredict(plain->ubjson, data.rows, 3, false);
  const auto after = XgboostPredict(weighted->ubjson, data.rows, 3, false);
  ASSERT_TRUE(before && after);
  double shift = 0;
  for (std::size_t i = 0; i < before->size(); ++i) shift += (*after)[i] - (*before)[i];
  EXPECT_GT(shift, 0);
}

TEST(Trainer, ShapesThatDisagreeAreRefused) {
  Dataset data = Small();
  data.rows.pop_back();
  EXPECT_EQ(Train(data, Quick()).error().code, ErrorCode::kInvalidArgument);
  data = Small();
  data.group_sizes = {399};
  EXPECT_THAT(Train(data, Quick()).error().message, HasSubstr("399 rows of 400"));
  data = Small();
  data.weights = {1.0F};
  EXPECT_THAT(Train(data, Quick()).error().message, HasSubstr("1 weights, 400 expected"));
  data = Small();
  data.feature_names.pop_back();
  EXPECT_THAT(Train(data, Quick()).error().message, HasSubstr("2 input names"));
  EXPECT_FALSE(Train(Dataset{}, Quick()));
}

TEST(Trainer, AnInfiniteInputIsRefusedByPlace) {
  Dataset data = Small();
  data.rows[7] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(Train(data, Quick()).error().message, HasSubstr("row 2, input 1"));
}

TEST(Trainer, AnUnknownObjectiveIsRefusedInXgboostsWords) {
  Settings settings = Quick();
  settings.objective = "binary:nonsense";
  const auto model = Train(Small(), settings);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(model.error().message, HasSubstr("binary:nonsense"));
}

TEST(Trainer, ExtraParametersReachXgboost) {
  Settings settings = Quick();
  settings.extra = {{"gamma", "1e9"}};  // No split is worth that much.
  const auto model = Train(Small(), settings);
  ASSERT_TRUE(model);
  const Dataset data = Small();
  const auto margins = XgboostPredict(model->ubjson, data.rows, 3, true);
  ASSERT_TRUE(margins);
  for (const float margin : *margins) EXPECT_EQ(margin, margins->front());
}

TEST(Trainer, AModelThatIsNotOneIsRefused) {
  const std::vector<float> rows = {1, 2, 3};
  const auto result = XgboostPredict("not a model", rows, 3, true);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
}

TEST(Trainer, SaysItsVersion) { EXPECT_EQ(XgboostVersion(), "3.2.0"); }

}  // namespace
}  // namespace aisle::trainer
