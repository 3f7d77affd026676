#define AISLE_SWEEP_BYTES 32
#include "forest/sweep/sweep_kernel_text.h"

namespace aisle::forest {
const SweepKernels kSweepAvx2 = kKernels;
}  // namespace aisle::forest
