// The bit-sliced kernel Avx2. Compiled with -mavx2; called where the CPU has it.
#include <immintrin.h>

#include "forest/bitsliced/avx2_planes.h"

namespace aisle::forest {

constinit const Kernel kAvx2Kernel = MakeKernel<Avx2>();

}  // namespace aisle::forest
