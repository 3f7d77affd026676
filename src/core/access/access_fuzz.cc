// Bytes -> tokens, credentials, records. Start it with corpus/ as its seeds.
#include <cstddef>
#include <cstdint>

#include "access/exercise_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aisle::access::Exercise({reinterpret_cast<const char*>(data), size});
  return 0;
}
