// Bytes -> recipe. Start it with corpus/ as its seeds.
#include <cstddef>
#include <cstdint>

#include "training/exercise_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aisle::training::ExerciseRecipe({reinterpret_cast<const char*>(data), size});
  return 0;
}
