// One customer as the demo shows them: who they are, what they did lately, what they should see and why.
//
//   errors   as the warehouse and AskPublished; kNotFound: no such customer.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>

#include "app/command.h"

namespace aisle::app {

struct Portrait {
  std::string text;          // For people.
  boost::json::value value;  // The same for programs.
};

// `zip_code` empty: the customer's own.
Result<Portrait> DrawPortrait(const Context& context, std::int64_t customer, base::Timestamp as_of);

}  // namespace aisle::app
