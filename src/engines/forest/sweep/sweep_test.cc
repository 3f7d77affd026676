#include "forest/sweep/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "forest/forest.h"
#include "forest/model/double_sum_testing.h"
#include "forest/sweep/random_sweep_testing.h"
#include "forest/sweep/sweep_wide_testing.h"

namespace aisle::forest {

struct SweepWithKernels {
  static Result<Sweep> Build(const Model& model, const SweepCatalogue& catalogue,
                             const SweepKernels& kernels) {
    return Sweep::BuildWith(model, catalogue, SweepLevel::kPortable, kernels);
  }
};

namespace {

using testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// A level, or kernels that are none of a level but need its CPU.
struct Kernels {
  SweepLevel level = SweepLevel::kPortable;
  const SweepKernels* others = nullptr;

  std::string Name() const {
    std::string name(SweepLevelName(level));
    std::erase(name, '-');
    return others == nullptr ? name : name + "_64_bytes";
  }
};
const Kernels kEveryKernels[] = {{SweepLevel::kPortable},
                                 {SweepLevel::kAvx2},
                                 {SweepLevel::kAvx512},
                                 {SweepLevel::kPortable, &kSweepWide},
                                 {SweepLevel::kAvx2, &kSweepWideAvx2}};

class SweepOnEveryLevel : public testing::TestWithParam<Kernels> {
 protected:
  void SetUp() override {
    const SweepLevel level = GetParam().level;
    if (!CpuRuns(level)) {
      GTEST_SKIP() << "this CPU, or the system above it, lacks " << SweepLevelName(level);
    }
  }
  static Result<Sweep> Build(const Model& model, const SweepCatalogue& catalogue) {
    const Kernels& kernels = GetParam();
    return kernels.others == nullptr ? Sweep::Build(model, catalogue, kernels.level)
                                     : SweepWithKernels::Build(model, catalogue, *kernels.others);
  }
};

// What one request gave, product by product, against the reference.
struct Compared {
  std::size_t requests = 0;
  std::size_t declined = 0;
  std::size_t products = 0;
  std::size_t outside = 0;
  std::size_t different_bits = 0;
  double worst = 0;  // |margin - double sum| / what is allowed.
  double worst_exact = 0;
};

void Compare(const RandomSweep& made, const Sweep& sweep, const Forest& reference,
             const std::vector<float>& request, SweepScratch& scratch, Compared& compared) {
  ++compared.requests;
  if (!sweep.Takes(request)) {
    ++compared.declined;
    return;
  }
  sweep.Run(request, scratch);
  std::vector<std::uint32_t> cells;
  std::vector<float> rows;
  for (std::size_t p = 0; p < made.catalogue.axis.size(); ++p) {
    const std::uint32_t cell = sweep.CellOf(p);
    ASSERT_EQ(cell == Sweep::kOutside, !std::isfinite(made.catalogue.axis[p]));
    if (cell == Sweep::kOutside) {
      ++compared.outside;
      continue;
    }
    cells.push_back(cell);
    const auto row = made.Row(request, p);
    rows.insert(rows.end(), row.begin(), row.end());
    const double sum = DoubleSum(made.model, row.data());
    const double margin = static_cast<double>(scratch.Margins()[cell]);
    const double allowed = sweep.SumError() + std::abs(margin) * std::ldexp(1.0, -24);
    EXPECT_LE(std::abs(margin - sum), sweep.MarginError());
    compared.worst = std::max(compared.worst, std::abs(margin - sum) / allowed);
  }
  std::vector<float> exact(cells.size());
  std::vector<float> expected(cells.size());
  sweep.Exact(cells, scratch, exact);
  reference.Margins(rows, expected);
  std::vector<float> all(sweep.CellCount());
  sweep.ExactAll(scratch, all);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    for (const float found : {exact[i], all[cells[i]]}) {
      compared.different_bits +=
          std::bit_cast<std::uint32_t>(found) != std::bit_cast<std::uint32_t>(expected[i]) ? 1 : 0;
    }
    EXPECT_LE(std::abs(static_cast<double>(expected[i])), sweep.MarginMax());
    const double distance = std::abs(static_cast<double>(scratch.Margins()[cells[i]]) -
                                     static_cast<double>(expected[i]));
    compared.worst_exact = std::max(compared.worst_exact, distance / sweep.ExactDistance());
  }
  compared.products += cells.size();
}

TEST_P(SweepOnEveryLevel, EqualsTheReferenceOnRandomModelsAndHostileRequests) {
  Compared compared;
  SweepScratch scratch;  // One for all: a new sweep must not read what the last one left.
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    const RandomSweep made = MakeRandomSweep(seed, 1 + seed % 40, static_cast<unsigned>(seed % 9),
                                             1 + seed * 7 % 150, seed % 2 == 0);
    const auto sweep = Build(made.model, made.catalogue);
    ASSERT_TRUE(sweep) << "seed " << seed << ": " << sweep.error().message;
    const auto reference = Forest::Build(made.model, Engine::kReference);
    base::Stream stream(seed, 5, 5);
    for (int i = 0; i < 12; ++i) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", request " << i);
      Compare(made, *sweep, *reference, RandomRequest(stream, made), scratch, compared);
      ASSERT_LE(compared.worst, 1.0);
      ASSERT_LE(compared.worst_exact, 1.0);
      ASSERT_EQ(compared.different_bits, 0U);
    }
  }
  // The test is about something.
  EXPECT_GT(compared.products, 50'000U);
  EXPECT_GT(compared.outside, 100U);
  EXPECT_GT(compared.declined, 20U);
  EXPECT_LT(compared.declined, compared.requests / 3);
  EXPECT_GT(compared.worst, 0.1);
}

// So many thresholds that not every row of the bit string is kept: the others are made by turning bits.
TEST_P(SweepOnEveryLevel, EqualsTheReferenceOnALargeModelWithThousandsOfThresholds) {
  RandomSweep made = MakeRandomSweep(4, 300, 8, 400, false, true);
  for (Node& node : made.model.nodes) {
    if (node.left == 0) node.value = std::clamp(node.value, -0.5F, 0.5F);
  }
  const auto sweep = Build(made.model, made.catalogue);
  ASSERT_TRUE(sweep) << sweep.error().message;
  EXPECT_LT(sweep->Bytes(),
            40U << 20U);  // 4,900 rows of 9 kB for each of five inputs would be 220 MB.
  EXPECT_LT(sweep->SumError(), 1e-7);
  const auto reference = Forest::Build(made.model, Engine::kReference);
  SweepScratch scratch;
  Compared compared;
  base::Stream stream(1, 5, 5);
  for (int i = 0; i < 20; ++i) {
    Compare(made, *sweep, *reference, RandomRequest(stream, made), scratch, compared);
    ASSERT_LE(compared.worst, 1.0);
    ASSERT_EQ(compared.different_bits, 0U);
  }
  EXPECT_GT(compared.products, 4000U);
}

TEST_P(SweepOnEveryLevel, ProbabilitiesStayWithinTheirError) {
  const RandomSweep made = MakeRandomSweep(1, 1, 1, 3, false);
  const auto sweep = Build(made.model, made.catalogue);
  ASSERT_TRUE(sweep);
  std::vector<float> margins;
  for (int i = -20'000'000; i <= 20'000'000; i += 97)
    margins.push_back(static_cast<float>(i) * 5e-6F);
  margins.insert(margins.end(), {1e30F, -1e30F, std::numeric_limits<float>::infinity(),
                                 -std::numeric_limits<float>::infinity(), 0.0F});
  std::vector<float> found(margins.size());
  for (const auto& [slope, offset] : {std::pair(1.0F, 0.0F), {0.8F, -0.3F}, {-2.0F, 1.0F}}) {
    sweep->Probabilities(margins, slope, offset, found);
    double worst = 0;
    for (std::size_t i = 0; i < margins.size(); ++i) {
      const auto z = static_cast<double>(margins[i] * slope + offset);
      const double p = 1.0 / (1.0 + std::exp(-z));
      worst = std::max(worst, std::abs(p - static_cast<double>(found[i])));
    }
    EXPECT_LT(worst, Sweep::kProbabilityError);
    EXPECT_GT(worst, 1e-9);
  }
}

// q < 2 and then q >= 3: no number comes here, but a missing quotient does, by the default branches.
TEST_P(SweepOnEveryLevel, ALeafOfContradictingQuotientsIsReachedByAMissingOne) {
  Model model;
  model.feature_count = 1;
  model.nodes = {{.value = 2, .left = 1, .default_left = true},
                 {.value = 3, .left = 3, .default_left = false},
                 {.value = 10},
                 {.value = 20},
                 {.value = 30}};
  model.tree_begin = {0, 5};
  const SweepCatalogue catalogue{{1, 4}, {{.role = InputRole::kPairMonotone}}};
  const auto sweep = Build(model, catalogue);
  ASSERT_TRUE(sweep) << sweep.error().message;
  SweepScratch scratch;
  const auto margin = [&](float denominator, std::size_t product) {
    const float request[] = {denominator};
    sweep->Run(request, scratch);
    return scratch.Margins()[sweep->CellOf(product)];
  };
  EXPECT_EQ(margin(1, 0), 20);  // 1 / 1
  EXPECT_EQ(margin(1, 1), 10);  // 4 / 1
  EXPECT_EQ(margin(kNan, 0), 30);
  EXPECT_EQ(margin(kNan, 1), 30);
  EXPECT_EQ(margin(0, 0), 10);
}

TEST_P(SweepOnEveryLevel, BlockMaximaAreThoseOfTheSums) {
  const RandomSweep made = MakeRandomSweep(1, 1, 1, 3, false);
  const auto sweep = Build(made.model, made.catalogue);
  ASSERT_TRUE(sweep);
  base::Stream stream(2, 2, 2);
  std::vector<float> a(96), b(96), found(2);
  for (float& x : a) x = static_cast<float>(stream.Normal());
  for (float& x : b) x = stream.Chance(0.3) ? -std::numeric_limits<float>::infinity() : 0;
  sweep->BlockMaxima(a, b, 48, found);
  for (std::size_t block = 0; block < 2; ++block) {
    float largest = -std::numeric_limits<float>::infinity();
    for (std::size_t i = 48 * block; i < 48 * (block + 1); ++i)
      largest = std::max(largest, a[i] + b[i]);
    EXPECT_EQ(found[block], largest);
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, SweepOnEveryLevel, testing::ValuesIn(kEveryKernels),
                         [](const auto& tested) { return tested.param.Name(); });

// Two products; `role` is that of the only input, with the values 1 and 2 if it is static.
SweepCatalogue TwoProducts(InputRole role) {
  SweepCatalogue catalogue{{5, 6}, {{.role = role}}};
  if (role == InputRole::kProductStatic) catalogue.inputs[0].values = {1, 2};
  return catalogue;
}

Model OneSplit() {
  Model model;
  model.feature_count = 1;
  model.nodes = {{.value = 2, .left = 1}, {.value = -1}, {.value = 1}};
  model.tree_begin = {0, 3};
  model.feature_names = {"pair_views"};
  return model;
}

void ExpectRefused(const Model& model, const SweepCatalogue& catalogue, ErrorCode code,
                   const char* words) {
  const auto sweep = Sweep::Build(model, catalogue, SweepLevel::kPortable);
  ASSERT_FALSE(sweep) << words;
  EXPECT_EQ(sweep.error().code, code) << words;
  EXPECT_THAT(sweep.error().message, HasSubstr(words));
}

TEST(Sweep, BuildSaysWhyItDoesNotTakeAModel) {
  constexpr auto kUnfit = ErrorCode::kFailedPrecondition;
  ExpectRefused(OneSplit(), TwoProducts(InputRole::kPair), kUnfit,
                "'pair_views', by which 1 splits");
  SweepCatalogue many{{}, {{.role = InputRole::kProductStatic}}};
  for (int p = 0; p < 9; ++p) {
    many.axis.push_back(1);
    many.inputs[0].values.push_back(static_cast<float>(p));
  }
  ExpectRefused(OneSplit(), many, kUnfit, "more than 8 classes");
  many.axis = {1, 2, 3, 4, 5, 6, 7, 8, 9};  // Now they rise with the axis and are no classes.
  EXPECT_TRUE(Sweep::Build(OneSplit(), many, SweepLevel::kPortable));
  many.axis.assign(9, kNan);
  ExpectRefused(OneSplit(), many, kUnfit, "no product has a price");
  Model huge = OneSplit();
  huge.nodes[1].value = 3e38F;
  ExpectRefused(huge, TwoProducts(InputRole::kRequestConstant), kUnfit, "too large");
  Model three = OneSplit();
  three.feature_count = 3;
  three.feature_names.clear();
  for (std::uint32_t input = 1; input < 3; ++input) {
    three.nodes.insert(three.nodes.end(), {{.value = 2, .feature = input, .left = 1}, {}, {}});
    three.tree_begin.push_back(static_cast<std::uint32_t>(three.nodes.size()));
  }
  const SweepInput quotient{.role = InputRole::kPairMonotone};
  ExpectRefused(three, {{1, 2}, {quotient, quotient, quotient}}, kUnfit, "3 quotients");
}

TEST(Sweep, TheSummarySaysWhenLeavesAreTooLargeForTheUsualError) {
  Model model = OneSplit();
  const SweepCatalogue catalogue = TwoProducts(InputRole::kRequestConstant);
  const auto usual = Sweep::Build(model, catalogue, SweepLevel::kPortable);
  ASSERT_TRUE(usual);
  EXPECT_LE(usual->MarginError(), Sweep::kMarginErrorUsual);
  EXPECT_EQ(usual->Summary(), "2 prices x 1 classes, 2 leaves, portable");
  model.nodes[1].value = 1000;
  const auto large = Sweep::Build(model, catalogue, SweepLevel::kPortable);
  ASSERT_TRUE(large);
  EXPECT_GT(large->MarginError(), Sweep::kMarginErrorUsual);
  EXPECT_THAT(large->Summary(), HasSubstr(", table within 6.3e-05 of the sums"));
}

TEST(Sweep, BuildRefusesShapesThatDoNotFit) {
  constexpr auto kInvalid = ErrorCode::kInvalidArgument;
  ExpectRefused(OneSplit(), {{1, 2}, {}}, kInvalid, "0 inputs are described, the model has 1");
  ExpectRefused(OneSplit(), {{1}, {{.role = InputRole::kProductStatic}}}, kInvalid,
                "input 0 has 0 values for 1 products");
  ExpectRefused(OneSplit(), {{1}, {{.role = InputRole::kPairMonotone, .cap = kNan}}}, kInvalid,
                "cap of input 0");
  Model model = OneSplit();
  model.nodes[0].value = kNan;
  ExpectRefused(model, TwoProducts(InputRole::kRequestConstant), kInvalid, "threshold is NaN");
}

TEST(Sweep, AnInputThatNoSplitAsksForMayHaveAnyRole) {
  Model model = OneSplit();
  model.feature_count = 2;
  model.feature_names.clear();
  const auto sweep =
      Sweep::Build(model, {{1, 2}, {{}, {.role = InputRole::kPair}}}, SweepLevel::kPortable);
  ASSERT_TRUE(sweep) << sweep.error().message;
  EXPECT_EQ(sweep->Summary(), "2 prices x 1 classes, 2 leaves, portable");
}

}  // namespace
}  // namespace aisle::forest
