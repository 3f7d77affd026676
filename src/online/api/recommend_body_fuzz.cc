// Bytes -> a body of /recommend -> checked requests. Start it with corpus/ as its seeds.
#include <cstddef>
#include <cstdint>

#include "api/exercise_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aisle::api::Exercise({reinterpret_cast<const char*>(data), size});
  return 0;
}
