// A fuzz target with a fault that a fuzzer led by coverage finds in a moment, and a blind one never.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kFault = "aisle";
  std::size_t right = 0;
  while (right < size && right < kFault.size() &&
         data[right] == static_cast<std::uint8_t>(kFault[right]))
    ++right;
  switch (right) {  // Every letter is an edge of its own.
    case 1:
      return 0;
    case 2:
      return 0;
    case 3:
      return 0;
    case 4:
      return 0;
    case 5:
      std::abort();
    default:
      return 0;
  }
}
