// Where what lies beside the program is: tools/, mappings, recipes.
//
//   missing  none: a program that was not installed has its source tree.
#pragma once

#include <filesystem>

namespace aisle::app {

// As the environment says (AISLE_HOME), beside an installed program, or the source tree.
std::filesystem::path Home();

}  // namespace aisle::app
