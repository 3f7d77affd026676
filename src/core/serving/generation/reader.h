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
#include <optional>

#include "base/result.h"
#include "kv/kv.h"
#include "ranking/ranking.h"
#include "serving/generation/lock.h"
#include "serving/generation/manifest.h"
#include "serving/shelf/shelf.h"

namespace aisle::serving {

struct OpenGeneration {
  GenerationLock lock;
  GenerationManifest manifest;
  Shelf shelf;
  std::optional<ranking::ModelSpec> ranking_model;
  std::filesystem::path ranking_model_file;  // For errors.
  kv::Snapshot data;
};

Result<OpenGeneration> OpenGenerationFiles(const std::filesystem::path& root,
                                           std::int64_t generation);

}  // namespace aisle::serving
