// Results for programs on standard output, under --json.
//
// JSON has no word for numbers that are none: NaN, a missing value here, becomes null; the infinities become the texts
// "Infinity" and "-Infinity", so that nobody takes them for missing.
//
//   missing  null
//   threads  as standard output; WithJsonNumbers is pure.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

namespace aisle::app {

// One line.
void PrintJson(const boost::json::value& value);

// JSON in which NaN, Infinity and -Infinity stand bare, as the database writes them, made JSON.
std::string WithJsonNumbers(std::string_view json);

}  // namespace aisle::app
