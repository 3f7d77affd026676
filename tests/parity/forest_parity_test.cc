// Every engine against XGBoost, bit by bit: margins and predictions of models that XGBoost trained and saved
// as UBJSON and as JSON, on ordinary rows and on the worst ones.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine_fit_testing.h"
#include "forest/forest.h"
#include "forest/formats/load.h"
#include "trainer/trainer.h"

namespace aisle {
namespace {

constexpr std::size_t kFeatures = 7;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Case {
  std::string objective;
  int depth = 6;
  int rounds = 20;
  std::optional<double> base_score = std::nullopt;
  std::vector<std::pair<std::string, std::string>> extra = {};
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.objective << ", depth " << c.depth << ", rounds " << c.rounds << ", base_score "
       << (c.base_score ? std::to_string(*c.base_score) : "unset");
}

// Input 5 is constant, input 6 nearly always missing, input 3 has few values; some inputs are tiny, some huge.
trainer::Dataset MakeData(const std::string& objective) {
  base::Stream stream(17, 1, 1);
  trainer::Dataset data;
  data.feature_count = kFeatures;
  for (int i = 0; i < 1500; ++i) {
    const double a = stream.Normal();
    const double b = stream.Normal();
    const auto few = static_cast<double>(stream.Below(5));
    const double row[kFeatures] = {a, b * 1e-40, b * 1e30, few, stream.Exponential(), 3.5, a * few};
    for (std::size_t f = 0; f < kFeatures; ++f) {
      const double missing = f == 6 ? 0.9 : f == 5 ? 0.0 : 0.1;
      data.rows.push_back(stream.Chance(missing) ? kNan : static_cast<float>(row[f]));
    }
    const double signal = a - b * b + 0.3 * few + 0.5 * stream.Normal();
    const bool real = objective.starts_with("reg:sq") || objective.starts_with("reg:abs");
    const bool positive = objective == "reg:gamma" || objective == "reg:tweedie";
    data.labels.push_back(static_cast<float>(real       ? 10 * signal
                                             : positive ? std::exp(signal)
                                             : objective == "count:poisson"
                                                 ? std::floor(std::exp(signal))
                                             : signal > 0 ? 1.0
                                                          : 0.0));
  }
  if (objective.starts_with("rank:")) data.group_sizes.assign(75, 20);
  for (std::size_t f = 0; f < kFeatures; ++f) data.feature_names.push_back("f" + std::to_string(f));
  return data;
}

// The training rows, then rows built from values that sit on thresholds, one step beside them, and at the ends
// of what a float can be.
std::vector<float> HardRows(const trainer::Dataset& data, const forest::Model& model) {
  std::vector<std::vector<float>> values(kFeatures);
  for (auto& list : values) {
    list = {kNan,
            -kNan,
            kInfinity,
            -kInfinity,
            0.0F,
            -0.0F,
            1e-45F,
            -1e-45F,
            1.1754942e-38F,
            std::numeric_limits<float>::max(),
            std::numeric_limits<float>::lowest(),
            1.0F};
  }
  for (const forest::Node& node : model.nodes) {
    if (node.left == 0) continue;
    auto& list = values[node.feature];
    list.push_back(node.value);
    list.push_back(std::nextafter(node.value, kInfinity));
    list.push_back(std::nextafter(node.value, -kInfinity));
  }
  std::vector<float> rows = data.rows;
  base::Stream stream(18, 1, 1);
  for (int i = 0; i < 3001; ++i) {
    for (const auto& list : values) rows.push_back(list[stream.Below(list.size())]);
  }
  return rows;
}

std::size_t DifferentBits(std::span<const float> a, std::span<const float> b) {
  std::size_t count = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i])) ++count;
  }
  return count;
}

void ExpectParity(const std::string& bytes, const forest::Model& model,
                  const std::vector<float>& rows) {
  const auto margins = trainer::XgboostPredict(bytes, rows, kFeatures, true);
  const auto predictions = trainer::XgboostPredict(bytes, rows, kFeatures, false);
  ASSERT_TRUE(margins) << margins.error().message;
  ASSERT_TRUE(predictions) << predictions.error().message;
  for (const auto engine : forest::AllEngines()) {
    if (const auto runs = forest::CheckEngine(engine); !runs) {
      std::cout << "SKIPPED " << runs.error().message << "\n";
      continue;
    }
    const auto built = forest::Forest::Build(model, engine);
    if (const auto why = WhyItMayDecline(model, engine); !why.empty()) {
      ASSERT_FALSE(built) << forest::EngineName(engine) << " takes a model that is " << why;
      EXPECT_EQ(built.error().code, ErrorCode::kFailedPrecondition);
      std::cout << "SKIPPED " << built.error().message << "\n";
      continue;
    }
    ASSERT_TRUE(built) << built.error().message;
    ASSERT_EQ(built->EngineInUse(), engine);
    std::vector<float> ours(rows.size() / kFeatures);
    built->Margins(rows, ours);
    EXPECT_EQ(DifferentBits(ours, *margins), 0U) << "margins, " << forest::EngineName(engine);
    built->Predict(rows, ours);
    EXPECT_EQ(DifferentBits(ours, *predictions), 0U)
        << "predictions, " << forest::EngineName(engine);
  }
}

class ForestParity : public testing::TestWithParam<Case> {};

TEST_P(ForestParity, EveryEngineEqualsXgboostBitByBit) {
  const Case& c = GetParam();
  const trainer::Dataset data = MakeData(c.objective);
  trainer::Settings settings;
  settings.objective = c.objective;
  settings.max_depth = c.depth;
  settings.rounds = c.rounds;
  settings.min_child_weight = 0;
  settings.base_score = c.base_score;
  settings.extra = c.extra;
  const auto trained = trainer::Train(data, settings);
  ASSERT_TRUE(trained) << trained.error().message;
  const auto json = trainer::ModelAsJson(trained->ubjson);
  ASSERT_TRUE(json) << json.error().message;

  const auto model = forest::LoadModel(trained->ubjson);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->TreeCount(), static_cast<std::size_t>(c.rounds));
  EXPECT_EQ(model->feature_names, data.feature_names);
  EXPECT_EQ(model->objective_name, c.objective);
  const std::vector<float> rows = HardRows(data, *model);
  ExpectParity(trained->ubjson, *model, rows);

  const auto from_json = forest::LoadModel(*json);
  ASSERT_TRUE(from_json) << from_json.error().message;
  ExpectParity(*json, *from_json, rows);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, ForestParity,
    testing::Values(Case{.objective = "binary:logistic", .depth = 1},
                    Case{.objective = "binary:logistic", .depth = 2, .base_score = 0.5},
                    Case{.objective = "binary:logistic", .depth = 3, .base_score = 0.05},
                    Case{.objective = "binary:logistic", .depth = 6, .base_score = 0.3},
                    Case{.objective = "binary:logistic", .depth = 4, .base_score = 1e-7},
                    Case{.objective = "binary:logistic", .depth = 4, .base_score = 0.999999},
                    Case{.objective = "binary:logistic", .depth = 4, .base_score = 0.0},
                    Case{.objective = "binary:logistic", .depth = 4, .base_score = 1.0},
                    Case{.objective = "binary:logistic", .depth = 8, .rounds = 100},
                    Case{.objective = "binary:logistic", .extra = {{"gamma", "2"}}},
                    Case{.objective = "binary:logistic", .extra = {{"eta", "30"}}},
                    Case{.objective = "binary:logistic",
                         .depth = 0,
                         .extra = {{"grow_policy", "lossguide"}, {"max_leaves", "40"}}},
                    Case{.objective = "binary:logitraw", .depth = 3},
                    Case{.objective = "binary:logitraw", .depth = 3, .base_score = 0.3},
                    Case{.objective = "reg:logistic", .depth = 3},
                    Case{.objective = "reg:squarederror", .depth = 1, .rounds = 1},
                    Case{.objective = "reg:squarederror", .depth = 6},
                    Case{.objective = "reg:squarederror", .depth = 8, .base_score = 0.7},
                    Case{.objective = "reg:squarederror", .depth = 3, .base_score = -3e4},
                    Case{.objective = "reg:absoluteerror", .depth = 4},
                    Case{.objective = "rank:ndcg", .depth = 5},
                    Case{.objective = "rank:ndcg", .depth = 8, .base_score = 0.25},
                    Case{.objective = "rank:pairwise", .depth = 4},
                    Case{.objective = "rank:map", .depth = 4},
                    Case{.objective = "count:poisson", .depth = 4},
                    Case{.objective = "count:poisson", .depth = 4, .base_score = 2.0},
                    Case{.objective = "reg:gamma", .depth = 4},
                    Case{.objective = "reg:tweedie", .depth = 4}));

struct Unsupported {
  std::string word;
  std::string objective;
  std::vector<std::pair<std::string, std::string>> extra = {};
};
class ForestRefuses : public testing::TestWithParam<Unsupported> {};

TEST_P(ForestRefuses, WhatItDoesNotSupportByName) {
  trainer::Settings settings;
  settings.objective = GetParam().objective;
  settings.rounds = 3;
  settings.extra = GetParam().extra;
  const auto trained = trainer::Train(MakeData("binary:logistic"), settings);
  ASSERT_TRUE(trained) << trained.error().message;
  const auto model = forest::LoadModel(trained->ubjson);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(model.error().message.find(GetParam().word), std::string::npos)
      << model.error().message;
}

INSTANTIATE_TEST_SUITE_P(Kinds, ForestRefuses,
                         testing::Values(Unsupported{"binary:hinge", "binary:hinge", {}},
                                         Unsupported{
                                             "reg:squaredlogerror", "reg:squaredlogerror", {}}),
                         [](const auto& test) { return "Case" + std::to_string(test.index); });

TEST(ForestParity, ProbabilityEqualsXgboostsSigmoidFarOut) {
  trainer::Dataset data;
  data.feature_count = 1;
  for (int i = 0; i < 400; ++i) {
    data.rows.push_back(static_cast<float>(i));
    data.labels.push_back(static_cast<float>(i >= 200));
  }
  trainer::Settings settings;
  settings.rounds = 30;
  settings.min_child_weight = 0;
  settings.extra = {{"eta", "90"}};  // Leaves so large that margins pass ±88.7.
  const auto trained = trainer::Train(data, settings);
  ASSERT_TRUE(trained);
  const auto margins = trainer::XgboostPredict(trained->ubjson, data.rows, 1, true);
  const auto predictions = trainer::XgboostPredict(trained->ubjson, data.rows, 1, false);
  ASSERT_TRUE(margins && predictions);
  float low = 0;
  float high = 0;
  for (std::size_t i = 0; i < margins->size(); ++i) {
    low = std::min(low, (*margins)[i]);
    high = std::max(high, (*margins)[i]);
    EXPECT_EQ(forest::Probability((*margins)[i]), (*predictions)[i]) << (*margins)[i];
  }
  EXPECT_LT(low, -88.7F);
  EXPECT_GT(high, 88.7F);
}

}  // namespace
}  // namespace aisle
