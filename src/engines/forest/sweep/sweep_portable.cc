#define AISLE_SWEEP_BYTES 16
#include "forest/sweep/sweep_kernel_text.h"

namespace aisle::forest {
const SweepKernels kSweepPortable = kKernels;
}  // namespace aisle::forest
