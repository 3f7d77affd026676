// The commands as other programs want them: a page for man(1), and words for a shell to complete.
//
// Both are written from the same table that the command line is parsed by, when aisle is installed, so that they
// cannot say anything else than `aisle help`.
//
//   order    commands as in the help.
//   threads  pure.
//   source   man(7) for the macros; the completion is for bash, which needs no package beside it for that.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

namespace aisle::app {

std::string ManPage(const CLI::App& root, std::string_view version, std::string_view exit_codes);
std::string BashCompletion(const CLI::App& root);

}  // namespace aisle::app
