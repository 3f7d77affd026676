// One SQL statement with its parameters.
//
//   Statement{.sql = "SELECT name FROM shop.products WHERE product_id = $1",
//             .parameters = Parameters().Int8(id)}
//
// One that is kept is prepared once per connection, under a name that follows from its text and the
// types of its parameters, and planned once; so its text is a constant of the program, and what varies
// is a parameter. One that runs once (DDL, text that was put together) says kOnce.
#pragma once

#include <cstdint>
#include <string>

#include "postgres/values.h"

namespace aisle::postgres {

enum class Keep : std::uint8_t { kPrepared, kOnce };

struct Statement {
  std::string sql;  // One statement; $1, $2, ... are its parameters.
  Parameters parameters = {};
  Keep keep = Keep::kPrepared;
};

// A name as SQL writes it, whatever is in it: "order" -> "\"order\"".
std::string QuoteName(std::string_view name);

}  // namespace aisle::postgres
