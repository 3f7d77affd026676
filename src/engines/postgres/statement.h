// One SQL statement with its parameters.
//
//   connection.Run({"SELECT name FROM shop.products WHERE product_id = $1", Parameters().Int8(id)}, deadline)
//
// One that is kept is prepared once per connection, under a name that follows from its text and the
// types of its parameters, and planned once; so its text is a constant of the program, and what
// varies is a parameter. One that runs once (DDL, text that was put together) says kOnce.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "postgres/values.h"

namespace aisle::postgres {

enum class Keep : std::uint8_t { kPrepared, kOnce };

// Not an aggregate: g++ 12 destroys one that is written down inside of a co_await twice.
struct Statement {
  Statement(std::string text, Parameters values = {},
            Keep how = Keep::kPrepared)  // NOLINT: implicit
      : sql(std::move(text)), parameters(std::move(values)), keep(how) {}
  Statement(std::string text, Keep how) : sql(std::move(text)), keep(how) {}
  Statement(const char* text) : sql(text) {}  // NOLINT: implicit

  std::string sql;  // One statement; $1, $2, ... are its parameters.
  Parameters parameters;
  Keep keep = Keep::kPrepared;
};

// A name as SQL writes it, whatever is in it: "order" -> "\"order\"".
std::string QuoteName(std::string_view name);

}  // namespace aisle::postgres
