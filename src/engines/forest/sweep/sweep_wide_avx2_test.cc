// No tests, but what sweep_test.cc runs them with: compiled for AVX2, so nothing else may stand here.
#define AISLE_SWEEP_BYTES 64
#include "forest/sweep/sweep_kernel_text.h"
#include "forest/sweep/sweep_wide_testing.h"

#if !defined(__AVX2__) || defined(__AVX512F__)
#error "compile this for AVX2 and not for AVX-512"
#endif

namespace aisle::forest {
const SweepKernels kSweepWideAvx2 = kKernels;
}  // namespace aisle::forest
