// Fields of JSON objects that we wrote ourselves and that a person may have touched since.
//
//   missing  a field that is not there, or of another type, is empty, 0, or the epoch.
//   errors   ParseVersioned: kInternal: not a JSON object with a format; kFailedPrecondition: of a newer
//            format.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace aisle::workspace {

Result<boost::json::object> ParseVersioned(std::string_view text);

std::string TextOf(const boost::json::object& object, std::string_view key);
std::int64_t IntOf(const boost::json::object& object, std::string_view key);
double DoubleOf(const boost::json::object& object, std::string_view key);
base::Timestamp TimeOf(const boost::json::object& object, std::string_view key);

}  // namespace aisle::workspace
