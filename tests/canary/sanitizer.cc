// What each sanitizer must complain about: `sanitizer_canary address`, `sanitizer_canary undefined`.
#include <climits>
#include <cstdlib>
#include <cstring>

int main(int count, char** arguments) {
  if (count == 2 && std::strcmp(arguments[1], "address") == 0) {
    const auto size = static_cast<std::size_t>(count) * 8;
    auto* bytes = static_cast<volatile char*>(std::malloc(size));
    return bytes[size];  // One beyond the end.
  }
  return INT_MAX - 1 + count;  // Overflows for the two words of a call.
}
