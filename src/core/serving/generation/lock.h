// Keeps a generation on disk while somebody reads it. Private to this module.
//
// A reader holds a shared lock on the generation's manifest; the writer removes a generation only
// when it gets that lock for itself alone, and by renaming it first. The kernel lets go of the lock
// when its holder dies.
//
//   threads  a value; readers in other processes count too.
//   errors   Hold: kNotFound when the generation is not (or no longer) there.
//   source   flock(2): the lock belongs to the open file, so two readers of one process are two.
#pragma once

#include <filesystem>
#include <utility>

#include "base/result.h"

namespace aisle::serving {

class GenerationLock {
 public:
  static Result<GenerationLock> Hold(const std::filesystem::path& generation_folder);
  ~GenerationLock();
  GenerationLock(GenerationLock&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}
  GenerationLock& operator=(GenerationLock&&) = delete;

  // Whether another generation lies in the folder now. One that is gone is not replaced.
  bool IsReplaced() const;

 private:
  GenerationLock(int descriptor, std::filesystem::path path)
      : descriptor_(descriptor), path_(std::move(path)) {}
  int descriptor_ = -1;
  std::filesystem::path path_;  // Of the manifest.
};

// True when nobody reads it and it is gone. `trash` is where it is renamed to before its files go.
bool RemoveUnlessRead(const std::filesystem::path& generation_folder,
                      const std::filesystem::path& trash);

}  // namespace aisle::serving
