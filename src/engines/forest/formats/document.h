// The tree of values in a model file, whether it was written as UBJSON or as JSON. Private to this module.
//
// Numbers that stand together in an array stay together: a typed UBJSON array is a view into the bytes
// it came from, a JSON array of numbers is one vector. The bytes must outlive the document.
//
//   units    a JSON number with a point or an exponent is rounded once (Decimals says to what, XGBoost
//            reads floats); NaN and Infinity, which XGBoost writes, are read.
//   errors   kInvalidArgument with the byte offset: the text ends early, a type that models do not use,
//            nesting beyond kNestingMax, more values than ValuesMax() of the bytes.
//   cost     linear in the bytes. Memory: values that are no numbers in an array have up to 0.6 GB together,
//            however large the file; numbers in JSON arrays have 8 bytes each (while they grow, 12). A real
//            model: twice its file.
//   source   UBJSON draft 12 (the subset XGBoost writes); RFC 8259.
//
// Why not a library's JSON: XGBoost writes Infinity, and thresholds must not be rounded twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aisle::forest {

inline constexpr int kNestingMax = 32;
inline constexpr std::size_t kUbjsonBytesMax = std::size_t{1} << 31U;
inline constexpr std::size_t kJsonBytesMax = std::size_t{1} << 29U;
// XGBoost writes 21 values a tree, and one per name of an input.
inline constexpr std::size_t kValuesMax = 4'000'000;

// How many values a file of that size may hold: one per eight bytes and 65,536, up to kValuesMax. The numbers of
// an array of numbers are none.
constexpr std::size_t ValuesMax(std::size_t bytes) {
  const std::size_t by_size = (std::size_t{1} << 16U) + bytes / 8;
  return by_size < kValuesMax ? by_size : kValuesMax;
}

// Bytes of a UBJSON number of that type; 0 when it is no number.
std::size_t NumberWidth(char type);

class Value {
 public:
  enum class Kind : std::uint8_t {
    kNull,
    kBool,
    kNumber,
    kString,
    kNumbers,
    kTyped,
    kArray,
    kObject
  };

  Kind kind = Kind::kNull;
  char element_type = 0;   // kTyped: one of i U I l L d D.
  double number = 0;       // kNumber, kBool.
  std::string text;        // kString.
  std::string_view bytes;  // kTyped: big endian.
  std::vector<double> numbers;
  std::vector<Value> items;       // kArray: the elements; kObject: the members' values.
  std::vector<std::string> keys;  // kObject: one per item.

  // Null when this is no object or has no such member.
  const Value* Find(std::string_view key) const;
  // How many elements an array of any form has; nothing when it is none.
  std::optional<std::size_t> Size() const;
  // Element `index` of an array of numbers in any form; nothing when it is no number.
  std::optional<double> NumberAt(std::size_t index) const;
};

static_assert(sizeof(Value) * kValuesMax < 600'000'000, "the head comment says so");

// What a JSON number with a point or an exponent is rounded to, once: XGBoost means floats, CatBoost doubles.
enum class Decimals : std::uint8_t { kFloat, kDouble };

Result<Value> ReadUbjson(std::string_view bytes);
Result<Value> ReadJson(std::string_view bytes, Decimals decimals = Decimals::kFloat);

}  // namespace aisle::forest
