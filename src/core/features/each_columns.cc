#include "features/each_columns.h"

#include "forest/cpu.h"

namespace aisle::features {

const EachColumns& EachHere() {
  static const EachColumns* const here = forest::CpuHasAvx512() ? &kEachAvx512
                                         : forest::CpuHasAvx2() ? &kEachAvx2
                                                                : &kEachPortable;
  return *here;
}

}  // namespace aisle::features
