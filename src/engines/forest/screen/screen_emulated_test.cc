// The screen's AVX-512 kernels on CPUs without AVX-512: the same text, its intrinsics emulated by SIMDe (libsimde-dev).
//
// Says nothing about speed. Where the package is missing, and with clang, the test is skipped.
#include <gtest/gtest.h>

#include "forest/screen/screen_testing.h"

// clang's own headers have names that SIMDe's aliases would have too.
#if __has_include(<simde/x86/avx512.h>) && !defined(__clang__)
#define AISLE_SIMDE 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/gfni.h>
#pragma GCC diagnostic pop

#include "forest/screen/screen_avx512_planes.h"
#endif

namespace aisle::forest {
namespace {

#if AISLE_SIMDE
const Kernel kEmulatedNarrow = MakeKernel<NarrowAvx512>();
const ScreenKernel kEmulatedAvx512 = MakeScreenKernel<ScreenAvx512>(kEmulatedNarrow);
const ScreenKernel kEmulatedVbmi = MakeScreenKernel<ScreenVbmi>(kEmulatedNarrow);

TEST(ScreenEmulated, BothGiveTheBestOfRandomModelsAndHardColumns) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    for (const ScreenKernel* kernel : {&kEmulatedAvx512, &kEmulatedVbmi})
      CheckScreen(*kernel, ShallowModel(seed), seed, 1 + seed * 61 % 1500);
  }
}
#else
TEST(ScreenEmulated, BothGiveTheBestOfRandomModelsAndHardColumns) {
  GTEST_SKIP() << "simde/x86/avx512.h is missing (install libsimde-dev), or the compiler is clang";
}
#endif

}  // namespace
}  // namespace aisle::forest
