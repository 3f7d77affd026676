#include "forest/explain/explainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "forest/cpu.h"
#include "forest/explain/brute_force_testing.h"
#include "forest/explain/explain_tables.h"
#include "forest/formats/exercise_testing.h"
#include "forest/model/random_any_model_testing.h"

namespace aisle::forest {
namespace {

using testing::HasSubstr;

std::vector<float> HardRows(const Model& model, std::size_t count, std::uint64_t seed) {
  base::Stream stream(seed, 80, 80);
  std::vector<float> rows(count * model.feature_count);
  for (float& x : rows) x = HardNumber(model, stream);
  return rows;
}

Explainer MakeExplainer(const Model& model) {
  const auto forest = Forest::Build(model, Engine::kReference);
  AISLE_ASSERT(forest);
  auto explainer = Explainer::Build(*forest);
  AISLE_ASSERT(explainer);
  return *std::move(explainer);
}

template <typename Number>
std::vector<double> ContributionsOf(const Explainer& explainer, const std::vector<Number>& rows) {
  std::vector<double> out(rows.size() / (explainer.Width() - 1) * explainer.GroupCount() *
                          explainer.Width());
  explainer.Contributions(std::span<const Number>(rows), out);
  return out;
}

double Largest(const Model& model) {
  double sum = 1;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    if (model.nodes[i].left == 0)
      sum = std::max(sum, std::abs(static_cast<double>(model.nodes[i].value)));
  }
  return sum * static_cast<double>(model.TreeCount() + 1) * std::max(1.0, std::abs(model.scale));
}

TEST(Explainer, GivesTheShapleyValuesOfSmallForestsOfEveryKind) {
  std::size_t compared = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    Model model = RandomAnyModel(seed);
    AddCovers(model, seed);
    const Explainer explainer = MakeExplainer(model);
    const std::vector<float> rows = HardRows(model, 5, seed);
    const std::vector<double> doubles(rows.begin(), rows.end());
    const std::vector<double> found = ContributionsOf(explainer, rows);
    const std::vector<double> wide = ContributionsOf(explainer, doubles);
    const std::size_t row_size = explainer.GroupCount() * explainer.Width();
    for (std::size_t i = 0; i < 5; ++i) {
      const auto expected = BruteForce(model, &rows[i * model.feature_count]);
      const auto expected_wide =
          model.double_inputs ? BruteForce(model, &doubles[i * model.feature_count]) : expected;
      for (std::size_t k = 0; k < row_size; ++k) {
        ASSERT_NEAR(found[i * row_size + k], expected[k], 1e-12 * Largest(model));
        ASSERT_NEAR(wide[i * row_size + k], expected_wide[k], 1e-12 * Largest(model));
        compared += expected[k] != 0 ? 1 : 0;
      }
    }
  }
  EXPECT_GT(compared, 10'000U);
}

TEST(Explainer, ContributionsAndBiasAddUpToTheMargin) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    // Deep, with many inputs: every number of points up to a dozen, and beyond what has a kernel of its own.
    Model model = RandomModel(seed, 6, static_cast<unsigned>(1 + seed % 12),
                              static_cast<std::uint32_t>(1 + seed * 2), 0.2);
    AddCovers(model, seed);
    model.wide = true;
    for (const Node& node : model.nodes)
      model.wide_values.push_back(static_cast<double>(node.value));
    const Explainer explainer = MakeExplainer(model);
    const std::vector<float> rows = HardRows(model, 150, seed);
    const std::vector<double> found = ContributionsOf(explainer, rows);
    std::vector<double> margins(150);
    Forest::Build(model)->WideMargins(rows, margins);
    for (std::size_t i = 0; i < margins.size(); ++i) {
      double sum = 0;
      for (std::size_t f = 0; f < explainer.Width(); ++f) sum += found[i * explainer.Width() + f];
      ASSERT_NEAR(sum, margins[i], 1e-12 * Largest(model));
    }
  }
}

TEST(Explainer, ARowGetsTheSameBitsAloneAndAmongOthers) {
  Model model = RandomModel(3, 40, 6, 9, 0.1);
  AddCovers(model, 3);
  const Explainer explainer = MakeExplainer(model);
  const std::vector<float> rows = HardRows(model, 301, 3);
  const std::vector<double> together = ContributionsOf(explainer, rows);
  for (std::size_t i = 0; i < 301; i += 7) {
    const std::vector<float> one(rows.begin() + static_cast<std::ptrdiff_t>(i * 9),
                                 rows.begin() + static_cast<std::ptrdiff_t>(i * 9 + 9));
    const std::vector<double> alone = ContributionsOf(explainer, one);
    EXPECT_EQ(std::memcmp(alone.data(), &together[i * 10], 10 * sizeof(double)), 0);
  }
}

TEST(Explainer, EveryCpuGivesTheSameBits) {
  if (!CpuHasAvx2()) GTEST_SKIP() << "SKIPPED: this CPU has no AVX2";
  for (const unsigned depth : {1U, 4U, 6U, 9U, 14U}) {
    Model model = RandomModel(depth, 1, depth, 40, 0.1);
    AddCovers(model, depth);
    const auto tables = MakeExplainTables(model);
    ASSERT_TRUE(tables);
    if (tables->trees.empty()) continue;
    const ExplainTree& tree = tables->trees[0];
    base::Stream stream(depth, 81, 81);
    std::vector<std::uint8_t> goes_left(tree.split_count);
    for (auto& bits : goes_left) bits = static_cast<std::uint8_t>(stream.Below(256));
    std::vector<std::vector<double>> sums;
    for (const ExplainKernel kernel : {kExplainPortable, kExplainAvx2}) {
      std::vector<double> levels(tables->level_numbers_max + 8);
      void* aligned = levels.data();
      std::size_t space = levels.size() * sizeof(double);
      std::vector<std::uint32_t> open(tables->depth_max + 1);
      std::vector<double> of_features(40 * kExplainLanes + 8);
      void* at = of_features.data();
      std::size_t room = of_features.size() * sizeof(double);
      auto* const to = static_cast<double*>(std::align(64, 40 * 64, at, room));
      kernel({.steps = tables->steps.data(),
              .step_count = tree.step_count,
              .numbers = tables->numbers.data(),
              .points = tree.points,
              .goes_left = goes_left.data(),
              .levels = static_cast<double*>(
                  std::align(64, tables->level_numbers_max * sizeof(double), aligned, space)),
              .open = open.data(),
              .sums = to});
      sums.emplace_back(to, to + 40 * kExplainLanes);
    }
    EXPECT_EQ(std::memcmp(sums[0].data(), sums[1].data(), sums[0].size() * sizeof(double)), 0)
        << "depth " << depth;
  }
}

TEST(Explainer, AnInputThatNoTreeAsksContributesNothing) {
  Model model = RandomModel(5, 3, 4, 4, 0);
  AddCovers(model, 5);
  model.feature_count = 6;
  const auto found = ContributionsOf(MakeExplainer(model), HardRows(model, 3, 5));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(found[i * 7 + 4], 0);
    EXPECT_EQ(found[i * 7 + 5], 0);
  }
}

// One path through `inputs` different inputs, each split with a leaf beside it.
Model Chain(std::uint32_t inputs) {
  Model model;
  model.feature_count = inputs;
  for (std::uint32_t i = 0; i < inputs; ++i) {
    model.nodes.push_back({.value = 0, .feature = i, .left = 2 * i + 1});
    if (i == 0) continue;
    model.nodes.insert(model.nodes.end() - 1, Node{.value = 1});
  }
  model.nodes.push_back({.value = 2});
  model.nodes.push_back({.value = 3});
  model.tree_begin.push_back(static_cast<std::uint32_t>(model.nodes.size()));
  model.covers.assign(model.nodes.size(), 1);
  for (std::size_t i = 0; i < model.nodes.size(); ++i)
    model.covers[i] = static_cast<float>(2 * model.nodes.size() - i);
  return model;
}

TEST(Explainer, WhatCannotBeExplainedIsRefusedInWords) {
  const auto words = [](const Model& model) {
    const auto forest = Forest::Build(model);
    AISLE_ASSERT(forest);
    const auto explainer = Explainer::Build(*forest);
    if (explainer) return std::string("explained");
    EXPECT_EQ(explainer.error().code, ErrorCode::kFailedPrecondition);
    return explainer.error().message;
  };
  Model model = RandomModel(1, 2, 3, 3, 0);
  EXPECT_THAT(words(model), HasSubstr("nothing says how much training data"));
  AddCovers(model, 1);
  EXPECT_EQ(words(model), "explained");
  for (const float wrong : {-1.0F, 1e30F, std::numeric_limits<float>::infinity()}) {
    Model spoilt = model;
    spoilt.covers[model.tree_begin[1] + 2] = wrong;
    EXPECT_THAT(words(spoilt), HasSubstr("of tree 1")) << wrong;
  }
  model.covers[4] = std::nanf("");
  EXPECT_THAT(words(model),
              HasSubstr("does not say how much training data came through node 4 of tree 0"));
  EXPECT_EQ(words(Chain(kPathInputsMax)), "explained");
  EXPECT_THAT(words(Chain(kPathInputsMax + 1)),
              HasSubstr("asks for 129 different inputs; at most 128"));
}

TEST(Explainer, TheLongestPathStillAddsUp) {
  const Model model = Chain(kPathInputsMax);
  const Explainer explainer = MakeExplainer(model);
  std::vector<float> rows(kPathInputsMax, 1);
  const auto found = ContributionsOf(explainer, rows);
  double sum = 0;
  for (const double x : found) sum += x;
  EXPECT_NEAR(sum, 3, 1e-11);
}

TEST(Explainer, ALeafAloneIsBias) {
  Model model;
  model.feature_count = 2;
  model.nodes = {{.value = 0.5F}};
  model.tree_begin = {0, 1};
  model.base_margin = 1;
  EXPECT_EQ(ContributionsOf(MakeExplainer(model), std::vector<float>{1, 2}),
            (std::vector<double>{0, 0, 1.5}));
}

TEST(Quadrature, IntegratesPolynomialsBelowTwiceItsPointsExactly) {
  for (std::size_t count = 1; count <= 64; ++count) {
    const Quadrature rule = GaussLegendre(count);
    for (std::size_t degree = 0; degree < 2 * count; ++degree) {
      double sum = 0;
      for (std::size_t q = 0; q < count; ++q)
        sum += rule.weights[q] * std::pow(rule.points[q], static_cast<double>(degree));
      EXPECT_NEAR(sum, 1 / static_cast<double>(degree + 1), 1e-14) << count << " " << degree;
    }
  }
}

}  // namespace
}  // namespace aisle::forest
