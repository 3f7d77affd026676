// The command line: words in, one command run, an exit code out.
//
//   0 done · 1 ours: a bug or a damaged file · 2 wrong arguments, file or query · 3 not found ·
//   4 held or unreachable, try again · 5 a step before is missing, versions disagree, nothing came in or memory ran
//   out · 130 interrupted (Ctrl-C), 143 terminated
//
//   threads  one call, from main.
//   errors   none leave: an error is one line on standard error, "aisle <command>: <message>".
//   source   CLI11 parses; this is its wall.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aisle::app {

// `arguments` without the program's name.
int RunCommandLine(const std::vector<std::string>& arguments);

int ExitCodeOf(ErrorCode code);
// Of `aisle status`, when there is a problem.
inline constexpr int kProblemExitCode = 6;

}  // namespace aisle::app
