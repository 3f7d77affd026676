// Pieces of JSON text, appended to a string: for answers that are written field by field.
//
//   missing  bytes that are not UTF-8 become U+FFFD, one per byte, so that what leaves is always
//            valid; a number that is not finite becomes null (JSON has no other word for it).
//   source   RFC 8259; UTF-8 of RFC 3629 (no surrogates, no overlong forms).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aisle::web {

// Length of the UTF-8 character that starts at bytes[0]: 1 to 4, or 0 if there is none.
std::size_t Utf8Length(std::string_view bytes);
bool IsUtf8(std::string_view bytes);

// With its quotation marks.
void AppendJsonString(std::string& out, std::string_view text);
// The shortest text that reads back as the same float.
void AppendJsonNumber(std::string& out, float value);

}  // namespace aisle::web
