// A piece of embedded text that knows which file it came from, so that errors can name file and
// line.
#pragma once

#include <string_view>

namespace aisle::base {

struct NamedText {
  std::string_view name;  // "gold/sql/customer_360.sql"
  std::string_view text;
};

}  // namespace aisle::base
