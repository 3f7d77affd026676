// No tests, but what sweep_test.cc runs them with.
#define AISLE_SWEEP_BYTES 64
#include "forest/sweep/sweep_kernel_text.h"
#include "forest/sweep/sweep_wide_testing.h"

namespace aisle::forest {
const SweepKernels kSweepWide = kKernels;
}  // namespace aisle::forest
