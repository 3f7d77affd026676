// Bytes -> a query and a value -> statements. Start it with corpus/ as its seeds.
#include <cstddef>
#include <cstdint>

#include "warehouse/script_exercise_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aisle::warehouse::ExerciseScript({reinterpret_cast<const char*>(data), size});
  return 0;
}
