// Bodies of /predict and of inference requests. Start it with api/corpus/ as its seeds.
#include <cstddef>
#include <cstdint>

#include "api/model_service/exercise_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aisle::api::ExerciseService({reinterpret_cast<const char*>(data), size});
  return 0;
}
