// Jobs that began and did not come to a good end: what failed, and what was killed or ran out of memory.
//
// A job notes itself under its command's name in <run>/job-<command>.json when it has its lock, and takes that away
// when it is done. What stays is the command that failed, with its words, or one that was ended from outside: then
// its process is gone and nobody wrote an end. A job that is done also takes away what failed of its own steps.
//
//   missing  a note that cannot be written is not (a full disk stops no job); one that cannot be read is passed over.
//   threads  one thread; the writer of a note is its process.
//   errors   none leave.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "workspace/workspace.h"

namespace aisle::workspace {

struct Attempt {
  std::string command;  // "train"
  std::int64_t pid = 0;
  base::Timestamp started{};
  base::Timestamp ended{};  // The epoch: never said.
  std::string error = {};
  bool running = false;
};

void BeginAttempt(const Workspace& workspace, const std::string& command);
// Of this process and that command; of none that began, nothing. What the caller got wrong (kInvalidArgument) did not
// fail, and is taken away like what is done.
void EndAttempt(const Workspace& workspace, const std::string& command, const Status& status);

// By command; those that run included.
std::vector<Attempt> ReadAttempts(const Workspace& workspace);

}  // namespace aisle::workspace
