// How a generation that has just come takes the place of the current one. Private to this module.
//
//   errors   kUnavailable: the disk is full; kInternal: the disk.
//   cost     reads every file of the one to go back to.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace aisle::serving {

// Needs the writer's lock. Switches CURRENT, and removes older generations that nobody reads but the one to go back to:
// the one it replaced, or where that is damaged the newest whole one.
Status BringIntoService(const std::filesystem::path& root, std::int64_t generation);

}  // namespace aisle::serving
