#include "serving/generation/reader.h"

#include <fmt/format.h>

#include <span>
#include <string>

#include "base/files.h"
#include "serving/generation/bytes.h"
#include "serving/generation/layout.h"

namespace aisle::serving {
namespace {

namespace fs = std::filesystem;

Result<kv::Snapshot> OpenData(const fs::path& folder, const StoredManifest& stored) {
  const std::string file = fmt::format("{}/{}", kDataFolder, kv::kDataFile);
  const auto expected = stored.checksums.find(file);
  auto found = kv::DataChecksum(folder / kDataFolder);
  if (!found) return Fail(ErrorCode::kInternal, found.error().message);
  if (expected == stored.checksums.end() || *found != expected->second) {
    return Fail(
        ErrorCode::kInternal,
        fmt::format("{} is damaged: checksum {}, the manifest says {}", (folder / file).string(),
                    *found, expected == stored.checksums.end() ? "nothing" : expected->second));
  }
  const std::span<const std::string_view> tables = kTables;
  return kv::Snapshot::Open(folder / kDataFolder, stored.manifest.format > kFormatBeforeIds
                                                      ? tables
                                                      : tables.first(kTablesBeforeIds));
}

Result<std::optional<ranking::ModelSpec>> ReadRankingModel(const fs::path& folder,
                                                           const StoredManifest& stored) {
  const std::string file = fmt::format("{}/{}.json", kModelsFolder, kRankingModel);
  if (!stored.checksums.contains(file)) return std::optional<ranking::ModelSpec>{};
  AISLE_TRY(const std::string text, ReadChecked(folder, stored.checksums, file));
  auto spec = ModelFromJson(text);
  if (!spec) return Within((folder / file).string(), spec.error());
  AISLE_TRY(spec->ubjson, ReadChecked(folder, stored.checksums,
                                      fmt::format("{}/{}.ubj", kModelsFolder, kRankingModel)));
  return std::optional(*std::move(spec));
}

}  // namespace

Result<std::string> ReadChecked(const fs::path& folder,
                                const std::map<std::string, std::string>& checksums,
                                const std::string& file) {
  const auto expected = checksums.find(file);
  if (expected == checksums.end()) {
    return Fail(ErrorCode::kInternal,
                fmt::format("{}: its manifest does not list it", (folder / file).string()));
  }
  auto bytes = base::ReadFile(folder / file);
  if (!bytes) return Fail(ErrorCode::kInternal, bytes.error().message);
  if (const std::string found = base::Checksum(*bytes); found != expected->second) {
    return Fail(ErrorCode::kInternal,
                fmt::format("{} is damaged: checksum {}, the manifest says {}",
                            (folder / file).string(), found, expected->second));
  }
  return bytes;
}

Result<OpenGeneration> OpenGenerationFiles(const fs::path& root, std::int64_t generation) {
  const fs::path folder = GenerationFolder(root, generation);
  AISLE_TRY(GenerationLock lock, GenerationLock::Hold(folder));
  const fs::path manifest_path = folder / kManifestFile;
  const auto text = base::ReadFile(manifest_path);
  if (!text) return Fail(ErrorCode::kInternal, text.error().message);
  auto stored = ManifestFromJson(*text);
  if (!stored) return Within(manifest_path.string(), stored.error());
  if (stored->manifest.generation != generation) {
    return Fail(ErrorCode::kInternal, fmt::format("{} is of generation {}", manifest_path.string(),
                                                  stored->manifest.generation));
  }
  AISLE_TRY(const std::string bytes,
            ReadChecked(folder, stored->checksums, std::string(kShelfFile)));
  auto shelf = DecodeShelf(bytes);
  if (!shelf) return Within((folder / kShelfFile).string(), shelf.error());
  AISLE_TRY(auto model, ReadRankingModel(folder, *stored));
  std::optional<kv::Snapshot> data;
  if (!IsFetched(folder)) {
    AISLE_TRY(data, OpenData(folder, *stored));
  }
  return OpenGeneration{
      .lock = std::move(lock),
      .manifest = stored->manifest,
      .manifest_checksum = base::Checksum(*text),
      .folder = folder,
      .checksums = std::move(stored->checksums),
      .shelf = *std::move(shelf),
      .ranking_model = std::move(model),
      .ranking_model_file = folder / kModelsFolder / (std::string(kRankingModel) + ".ubj"),
      .data = std::move(data)};
}

}  // namespace aisle::serving
