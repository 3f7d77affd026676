// The bit-sliced kernels Avx512 and NarrowAvx512. Compiled with -mavx512f -mavx512bw -mavx512vl; called where the CPU has them.
#include <immintrin.h>

#include "forest/bitsliced/avx512_planes.h"

namespace aisle::forest {

constinit const Kernel kAvx512Kernel = MakeKernel<Avx512>();
constinit const Kernel kNarrowAvx512Kernel = MakeKernel<NarrowAvx512>();

}  // namespace aisle::forest
