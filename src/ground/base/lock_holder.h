// Who holds a FileLock: for telling whom to wait for.
//
//   missing  nothing: nobody holds it, or there is no such file.
//   threads  a free function; what it says may have changed when it returns.
//   errors   none leave: a holder that cannot be seen from here is "another process".
//   source   proc(5): /proc/locks. The file itself says what for; but another program (flock(1) for one) holds it
//            without a word there, where the last of ours still stands.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace aisle::base {

// "process 17 (training)"; of a program that is not ours its name in brackets.
std::optional<std::string> LockHolder(const std::filesystem::path& path);

}  // namespace aisle::base
