#include "api/model_service/datatype.h"

#include <array>
#include <bit>

namespace aisle::api {
namespace {

struct Entry {
  std::string_view name;
  std::size_t bytes;
};

// In the order of the enumeration.
constexpr std::array<Entry, 13> kEntries = {{{"BOOL", 1},
                                             {"UINT8", 1},
                                             {"UINT16", 2},
                                             {"UINT32", 4},
                                             {"UINT64", 8},
                                             {"INT8", 1},
                                             {"INT16", 2},
                                             {"INT32", 4},
                                             {"INT64", 8},
                                             {"FP16", 2},
                                             {"FP32", 4},
                                             {"FP64", 8},
                                             {"BYTES", 0}}};
static_assert(static_cast<std::size_t>(Datatype::kBytes) + 1 == kEntries.size());

}  // namespace

std::optional<Datatype> ParseDatatype(std::string_view name) {
  for (std::size_t i = 0; i < kEntries.size(); ++i) {
    if (kEntries[i].name == name) return static_cast<Datatype>(i);
  }
  return std::nullopt;
}

std::string_view DatatypeName(Datatype datatype) {
  return kEntries[static_cast<std::size_t>(datatype)].name;
}

std::size_t ElementBytes(Datatype datatype) {
  return kEntries[static_cast<std::size_t>(datatype)].bytes;
}

float FromHalf(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (bits >> 10U) & 0x1FU;
  const std::uint32_t fraction = bits & 0x3FFU;
  if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000U | (fraction << 13U));
  if (exponent != 0)
    return std::bit_cast<float>(sign | ((exponent + 112U) << 23U) | (fraction << 13U));
  // Subnormal: a whole number of 2^-24.
  const float value = static_cast<float>(fraction) * 0x1p-24F;
  return sign != 0 ? -value : value;
}

}  // namespace aisle::api
