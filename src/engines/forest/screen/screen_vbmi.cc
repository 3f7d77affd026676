// The screen's kernel by AVX-512 BW, VL and VBMI. Compiled with these; called where the CPU has them.
#include <immintrin.h>

#include "forest/screen/screen_avx512_planes.h"

namespace aisle::forest {

constinit const ScreenKernel kScreenVbmiKernel = MakeScreenKernel<ScreenVbmi>(kNarrowAvx512Kernel);

}  // namespace aisle::forest
