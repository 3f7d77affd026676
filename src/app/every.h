// Commands that do something every so often until they are told to stop.
//
//   units    durations as people write them: "90", "90s", "30m", "6h", "1d".
//   errors   ParseDuration: kInvalidArgument with the flag, the text and what is accepted.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aisle::app {

// `flag` gave the text: "--every".
Result<std::chrono::seconds> ParseDuration(std::string_view flag, const std::string& text);
// False when a signal came.
bool WaitUnlessInterrupted(std::chrono::duration<double> wait);

}  // namespace aisle::app
