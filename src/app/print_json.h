// Results for programs on standard output, under --json.
#pragma once

#include <boost/json.hpp>

namespace aisle::app {

// One line.
void PrintJson(const boost::json::value& value);

}  // namespace aisle::app
