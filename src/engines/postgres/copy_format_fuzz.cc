// Bytes of a COPY -> rows. Start it with corpus/ as its seeds.
#include <cstddef>
#include <cstdint>

#include "postgres/copy_exercise_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aisle::postgres::ExerciseDecoder({reinterpret_cast<const char*>(data), size});
  return 0;
}
