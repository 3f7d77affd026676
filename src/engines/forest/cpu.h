// What this CPU, and the system above it, can run.
//
//   threads  any.
//   errors   none.
//   source   CPUID leaf 7 and XGETBV, as the compiler's run-time library reads them: a register the system
//            does not save counts as lacking.
#pragma once

namespace aisle::forest {

bool CpuHasAvx2();
bool CpuHasAvx512();  // F, BW and VL.
bool CpuHasVbmi();    // The same, VBMI and GFNI.

}  // namespace aisle::forest
