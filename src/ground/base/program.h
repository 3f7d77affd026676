// The program that runs, as a file.
//
//   missing  an empty path: the system does not say.
//   source   proc(5): /proc/self/exe.
#pragma once

#include <filesystem>

namespace aisle::base {

// Where it lies, symbolic links followed: what was installed beside it is found from there.
std::filesystem::path ProgramFolder();

}  // namespace aisle::base
