// What may be a text in a raw table.
//
//   threads  a pure function.
#pragma once

#include <string_view>

namespace aisle::raw {

// True if `text` is UTF-8 without NUL.
bool IsPlainText(std::string_view text);

}  // namespace aisle::raw
