// Bytes -> model -> every engine, with a mutator that knows where models keep their numbers. Start it with corpus/ as
// its seeds.
//
// Changing bytes blindly nearly always breaks the text around a number first. So two times in three one number is
// changed as a number: an index, a size, a threshold, a category, in any of the three text forms, or an element of a
// typed UBJSON array.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "forest/formats/document.h"
#include "forest/formats/exercise_testing.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using aisle::base::Stream;

constexpr std::array<std::string_view, 26> kNumbers = {
    "-1",       "0",        "1",          "2",           "3",          "4",    "7",
    "8",        "9",        "31",         "32",          "-2",         "255",  "65536",
    "16777215", "16777216", "2147483647", "-2147483648", "4294967295", "1e39", "-0.0",
    "1e-35",    "0.5",      "NaN",        "Infinity",    "inf"};

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool InNumber(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

std::vector<Range> NumbersOf(const std::string& text) {
  std::vector<Range> found;
  for (std::size_t i = 0; i < text.size();) {
    const bool starts = (text[i] >= '0' && text[i] <= '9') || text[i] == '-';
    std::size_t end = i + 1;
    while (starts && end < text.size() && InNumber(text[end])) ++end;
    if (starts) found.push_back({i, end});
    i = end;
  }
  return found;
}

// One number becomes another, goes, stands twice, or changes places with another.
void ChangeText(std::string& text, Stream& stream) {
  const std::vector<Range> numbers = NumbersOf(text);
  if (numbers.empty()) return;
  const Range one = numbers[stream.Below(numbers.size())];
  const Range other = numbers[stream.Below(numbers.size())];
  const std::string own = text.substr(one.begin, one.end - one.begin);
  std::string instead = text.substr(other.begin, other.end - other.begin);
  switch (stream.Below(6)) {
    case 0:
      instead = kNumbers[stream.Below(kNumbers.size())];
      break;
    case 1:
      instead = std::to_string(stream.Between(-2, 12));
      break;
    case 2:
      instead = own + text.substr(one.end, 1) + own;
      break;
    case 3: {
      const bool separated =
          one.end < text.size() && (text[one.end] == ',' || text[one.end] == ' ');
      text.erase(one.begin, one.end - one.begin + (separated ? 1 : 0));
      return;
    }
    default:
      break;
  }
  text.replace(one.begin, own.size(), instead);
}

// Elements of a typed UBJSON array: "[$", type, "#", the type and bytes of the count, the elements.
struct TypedArray {
  std::size_t begin = 0;
  std::size_t width = 1;
  std::size_t count = 0;
};

std::vector<TypedArray> TypedArraysOf(const std::string& bytes) {
  std::vector<TypedArray> found;
  for (std::size_t at = bytes.find("[$"); at != std::string::npos; at = bytes.find("[$", at + 2)) {
    if (at + 5 > bytes.size() || bytes[at + 3] != '#') continue;
    TypedArray array{.width = aisle::forest::NumberWidth(bytes[at + 2])};
    const std::size_t length = aisle::forest::NumberWidth(bytes[at + 4]);
    array.begin = at + 5 + length;
    if (array.width == 0 || length == 0 || array.begin > bytes.size()) continue;
    for (std::size_t i = at + 5; i < array.begin; ++i) {
      array.count = array.count << 8U | static_cast<std::uint8_t>(bytes[i]);
    }
    if (array.count == 0 || array.count > (bytes.size() - array.begin) / array.width) continue;
    found.push_back(array);
  }
  return found;
}

// One element becomes a small integer, a copy of another, or all ones, or loses a bit.
void ChangeUbjson(std::string& bytes, Stream& stream) {
  const std::vector<TypedArray> arrays = TypedArraysOf(bytes);
  if (arrays.empty()) return;
  const TypedArray& array = arrays[stream.Below(arrays.size())];
  char* const element = bytes.data() + array.begin + stream.Below(array.count) * array.width;
  const char* const other = bytes.data() + array.begin + stream.Below(array.count) * array.width;
  switch (stream.Below(4)) {
    case 0:
      std::memset(element, 0, array.width);
      element[array.width - 1] = static_cast<char>(stream.Below(12));
      break;
    case 1:
      std::memmove(element, other, array.width);
      break;
    case 2:
      std::memset(element, 0xff, array.width);
      break;
    default: {
      char& byte = element[stream.Below(array.width)];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << stream.Below(8)));
    }
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  Stream stream(seed, size, 1);
  if (size < 4 || stream.Chance(0.33)) return LLVMFuzzerMutate(data, size, max_size);
  std::string bytes(reinterpret_cast<const char*>(data), size);
  const bool text = bytes[1] != 'L' && bytes[1] != 'i' && bytes[1] != 'U';
  for (std::uint64_t times = 1 + stream.Below(3); times > 0; --times) {
    text ? ChangeText(bytes, stream) : ChangeUbjson(bytes, stream);
  }
  if (bytes.size() > max_size) bytes.resize(max_size);
  std::ranges::copy(bytes, data);
  return bytes.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aisle::forest::Exercise({reinterpret_cast<const char*>(data), size});
  return 0;
}
