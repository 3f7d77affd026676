// A folder for what is half written or goes again, where temporary files go (TMPDIR); it goes with the value.
//
//   errors   kNotFound: TMPDIR names no folder; else those of base::StagedFolder.
#pragma once

#include <string_view>

#include "base/files.h"
#include "base/result.h"

namespace aisle::app {

// `purpose` is part of its name.
Result<base::StagedFolder> MakeRoom(std::string_view purpose);

}  // namespace aisle::app
