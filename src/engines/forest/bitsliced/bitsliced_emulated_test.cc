// The AVX-512 kernels on CPUs without AVX-512: the same text, its intrinsics emulated by SIMDe (libsimde-dev).
//
// Says nothing about speed. Where the package is missing, and with clang, the test is skipped.
#include <gtest/gtest.h>

#include "forest/bitsliced/bitsliced_forest.h"
#include "forest/bitsliced/bitsliced_tables.h"
#include "forest/scorers/hard_rows_testing.h"

// clang's own headers have names that SIMDe's aliases would have too.
#if __has_include(<simde/x86/avx512.h>) && !defined(__clang__)
#define AISLE_SIMDE 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/gfni.h>
#pragma GCC diagnostic pop

#include "forest/bitsliced/avx512_planes.h"
#endif

namespace aisle::forest {
namespace {

#if AISLE_SIMDE
const Kernel kEmulatedAvx512 = MakeKernel<Avx512>();
const Kernel kEmulatedVbmi = MakeKernel<Vbmi>();

void ExpectEqual(const Model& model, const Kernel& kernel, std::span<const float> rows) {
  std::vector<float> margins(rows.size() / model.feature_count);
  MakeBitslicedForest(model, kernel)->Margins(rows, margins);
  EXPECT_TRUE(SameBits(OracleMargins(model, rows), margins));
}

TEST(BitslicedEmulated, Avx512EqualsTheOracle) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Model model = HardModel(seed);
    ExpectEqual(model, kEmulatedAvx512, HardRows(model, seed, seed * 37 % 1200));
  }
}

TEST(BitslicedEmulated, VbmiAndGfniEqualTheOracle) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Model model = HardModel(seed);
    ExpectEqual(model, kEmulatedVbmi, HardRows(model, seed, seed * 37 % 1200));
  }
}

TEST(BitslicedEmulated, BothTakeTreesOfEveryDepth) {
  for (unsigned depth = 0; depth <= kDepthMax; ++depth) {
    const Model model = RandomModel(depth, 7, depth, 4, 0);
    const std::vector<float> rows = HardRows(model, depth, 1100);
    ExpectEqual(model, kEmulatedAvx512, rows);
    ExpectEqual(model, kEmulatedVbmi, rows);
  }
}

TEST(BitslicedEmulated, BothTakeThousandsOfThresholdsOfOneInput) {
  Model model = RandomModel(1, 60, 8, 1, 0);
  base::Stream stream(1, 2, 3);
  for (Node& node : model.nodes) {
    if (node.left != 0) node.value = static_cast<float>(stream.Normal());
  }
  const std::vector<float> rows = HardRows(model, 7, 900);
  ExpectEqual(model, kEmulatedAvx512, rows);
  ExpectEqual(model, kEmulatedVbmi, rows);
}

TEST(BitslicedEmulated, BothTakeColumns) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Model model = HardModel(seed);
    const HardColumns hard(model, seed, 1 + seed * 61 % 1300);
    for (const Kernel* kernel : {&kEmulatedAvx512, &kEmulatedVbmi}) {
      const auto scorer = MakeBitslicedForest(model, *kernel);
      std::vector<float> margins(hard.Plan().row_count);
      scorer->Margins(hard.Plan(), *scorer->Prepare(hard.Plan()), hard.Columns(), margins);
      EXPECT_TRUE(SameBits(OracleMargins(model, hard.Rows()), margins)) << seed;
    }
  }
}
#else
TEST(BitslicedEmulated, Avx512EqualsTheOracle) {
  GTEST_SKIP() << "simde/x86/avx512.h is missing (install libsimde-dev), or the compiler is clang";
}
#endif

}  // namespace
}  // namespace aisle::forest
