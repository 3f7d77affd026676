// Bytes -> requests, answers, targets, JSON. Start it with corpus/ as its seeds.
#include <cstddef>
#include <cstdint>

#include "web/exercise_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aisle::web::Exercise({reinterpret_cast<const char*>(data), size});
  return 0;
}
