// The models and near-models in corpus/, for tests.
//
//   errors   a file that is not there stops the test run.
#pragma once

#include <filesystem>
#include <string>

#include "base/files.h"

namespace aisle::forest {

inline const std::filesystem::path kCorpus =
    std::filesystem::path(AISLE_SOURCE_DIR) / "src/engines/forest/corpus";

inline std::string Corpus(const std::string& name) {
  const auto bytes = base::ReadFile(kCorpus / name);
  AISLE_ASSERT(bytes);
  return *bytes;
}

}  // namespace aisle::forest
