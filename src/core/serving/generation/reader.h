// Opens a generation on disk: every file read once and compared with its checksum. Private to this module;
// everybody else opens a ServingState.
//
// While the object lives, the generation stays on disk (lock.h).
//
//   errors   kNotFound: the generation is not there, or is being removed; kInternal: damaged, with its path;
//            kFailedPrecondition: a newer format.
//   cost     reads all files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "kv/kv.h"
#include "ranking/ranking.h"
#include "serving/generation/layout.h"
#include "serving/generation/lock.h"
#include "serving/generation/manifest.h"
#include "serving/shelf/shelf.h"

namespace aisle::serving {

struct OpenGeneration {
  GenerationLock lock;
  GenerationManifest manifest;
  std::string manifest_checksum;  // Over the manifest, which holds that of every file.
  std::filesystem::path folder;
  std::map<std::string, std::string> checksums;  // By file, as the manifest says.
  Shelf shelf;
  std::optional<ranking::ModelSpec> ranking_model;
  std::filesystem::path ranking_model_file;  // For errors.
  std::optional<kv::Snapshot> data;          // Nothing: its customers are elsewhere.
};

// Bytes of a file of the generation, if they are what the manifest says.
Result<std::string> ReadChecked(const std::filesystem::path& folder,
                                const std::map<std::string, std::string>& checksums,
                                const std::string& file);

Result<OpenGeneration> OpenGenerationFiles(const std::filesystem::path& root,
                                           std::int64_t generation);

// What `open` makes of the generation CURRENT points at. A publisher may replace and remove that one between the
// reading of CURRENT and the holding of it; then the next one is tried.
template <typename Opened, typename Open>
Result<Opened> OpenCurrentBy(const std::filesystem::path& root, const Open& open) {
  constexpr int kAttempts = 5;
  Error error;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    AISLE_TRY(const std::int64_t generation, CurrentGeneration(root));
    Result<Opened> opened = open(generation);
    if (opened || opened.error().code != ErrorCode::kNotFound) return opened;
    error = std::move(opened).error();
  }
  // Something is published, and yet it is not there: that is damage.
  return Fail(ErrorCode::kInternal, (root / kCurrentFile).string() +
                                        " names a generation that is not there: " + error.message);
}

}  // namespace aisle::serving
