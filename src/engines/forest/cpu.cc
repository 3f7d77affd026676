#include "forest/cpu.h"

namespace aisle::forest {

bool CpuHasAvx2() { return __builtin_cpu_supports("avx2") != 0; }

bool CpuHasAvx512() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0;
}

bool CpuHasVbmi() {
  return CpuHasAvx512() && __builtin_cpu_supports("avx512vbmi") != 0 &&
         __builtin_cpu_supports("gfni") != 0;
}

}  // namespace aisle::forest
