// The datatypes of tensors in the Open Inference Protocol, and how their elements become inputs of a tree model.
//
//   units    bytes of one element, little-endian; BYTES has none: each element says its own length.
//   missing  NaN of FP16, FP32 and FP64.
//   errors   none; what a value breaks is said in words, empty: nothing.
//   source   Open Inference Protocol v2, tensor data types; FP16 is IEEE 754 binary16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace aisle::api {

enum class Datatype : std::uint8_t {
  kBool,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFp16,
  kFp32,
  kFp64,
  kBytes,
};

// All there are, in words for people.
inline constexpr std::string_view kDatatypes =
    "BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, FP32, FP64, BYTES";

std::optional<Datatype> ParseDatatype(std::string_view name);
std::string_view DatatypeName(Datatype datatype);
// 0 for BYTES.
std::size_t ElementBytes(Datatype datatype);

float FromHalf(std::uint16_t bits);

// Calls `visit` with a value of the C++ type of a number's datatype: neither BOOL, FP16 nor BYTES.
template <typename Visit>
auto WithNumberType(Datatype datatype, Visit&& visit) {
  switch (datatype) {
    case Datatype::kUint8:
      return visit(std::uint8_t{});
    case Datatype::kUint16:
      return visit(std::uint16_t{});
    case Datatype::kUint32:
      return visit(std::uint32_t{});
    case Datatype::kUint64:
      return visit(std::uint64_t{});
    case Datatype::kInt8:
      return visit(std::int8_t{});
    case Datatype::kInt16:
      return visit(std::int16_t{});
    case Datatype::kInt32:
      return visit(std::int32_t{});
    case Datatype::kInt64:
      return visit(std::int64_t{});
    case Datatype::kFp32:
      return visit(float{});
    default:
      return visit(double{});
  }
}

}  // namespace aisle::api
