#define AISLE_SWEEP_BYTES 64
#include "forest/sweep/sweep_kernel_text.h"

namespace aisle::forest {
const SweepKernels kSweepAvx512 = kKernels;
}  // namespace aisle::forest
