// The bit-sliced kernel Vbmi. Compiled with what bitsliced_avx512.cc has and -mavx512vbmi -mgfni; called where the CPU has them.
#include <immintrin.h>

#include "forest/bitsliced/avx512_planes.h"

namespace aisle::forest {

constinit const Kernel kVbmiKernel = MakeKernel<Vbmi>();

}  // namespace aisle::forest
