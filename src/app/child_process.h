// Other programs, and this one once more: children that are started, and ended with their parent.
//
//   threads  one thread.
//   errors   kInternal: the system, or a program that fails.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace aisle::app {

// Starts this very program with `arguments`, also where its file was replaced since; the child gets SIGTERM when this
// process dies.
Result<pid_t> StartSelf(const std::vector<std::string>& arguments);
// For commands that train: starts this program over, once, so that the learner's threads wait for each other
// in the kernel and do not spin. OpenMP reads that wish only while the program is loaded, and spinning
// beside other work makes a training several times slower. Goes on as it is when that fails, or when
// OMP_WAIT_POLICY is set.
void RestartWithPatientThreads();
// Runs another program to its end and gives what it wrote to standard output; its standard error is
// ours. kInternal with the code when it fails.
Result<std::string> RunProgram(const std::vector<std::string>& command);

}  // namespace aisle::app
