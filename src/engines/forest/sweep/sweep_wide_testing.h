// The sweep's kernel text with vectors of 64 bytes, for CPUs without AVX-512: the compiler makes smaller ones of them.
// Private to the tests.
//
// So the width at which the AVX-512 kernels run is tested everywhere: loops, remainders and masks of sixteen lanes.
// What the compiler makes of them for AVX-512 itself is not.
//
//   errors   kSweepWideAvx2 may be called only where CpuRuns(SweepLevel::kAvx2).
#pragma once

#include "forest/sweep/sweep_kernel.h"

namespace aisle::forest {

extern const SweepKernels kSweepWide;
extern const SweepKernels
    kSweepWideAvx2;  // With the text's branches for AVX2, which AVX-512 takes too.

}  // namespace aisle::forest
