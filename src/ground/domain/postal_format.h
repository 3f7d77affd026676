// What one format of postal codes (postal_codes.h has the notation) says of codes and prefixes. Private
// to this module.
//
// A skeleton is a format as normal codes see it: without blanks. It is not in upper case, since `a` is
// itself and `A` any letter.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "domain/limits.h"

namespace aisle::domain {

// The normal form of a code without a string of its own; how long it is, or 0 where there is none.
std::size_t WriteNormal(std::string_view code, std::span<char, kPostalCodeBytesMax> out);

// Whether one character of a format takes one of a code.
bool Fits(char format, char code);
bool Matches(std::string_view format, std::string_view code);
std::string Skeleton(std::string_view format);
// Whether some normal code of the skeleton begins with `prefix`, which is normal.
bool Begins(std::string_view skeleton, std::string_view prefix);
// Whether some normal code that begins with `prefix` is of both formats.
bool Overlap(std::string_view format, std::string_view another, std::string_view prefix);
// A code of the format that begins with the prefix.
std::string Example(std::string_view format, std::string_view prefix);
// "five digits", "A9A 9A9 (9 a digit, A a letter)".
std::string DescribeFormat(std::string_view format);

}  // namespace aisle::domain
