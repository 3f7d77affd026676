// Bytes -> record -> bytes. Start it with corpus/ as its seeds.
#include <cstddef>
#include <cstdint>

#include "events/exercise_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aisle::events::ExerciseRecord({reinterpret_cast<const char*>(data), size});
  return 0;
}
