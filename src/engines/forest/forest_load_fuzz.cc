// Bytes -> model -> every engine. Start it with corpus/ as its seeds.
#include <cstddef>
#include <cstdint>

#include "forest/exercise.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aisle::forest::Exercise({reinterpret_cast<const char*>(data), size});
  return 0;
}
