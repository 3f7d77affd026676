// Where the parts of a generation lie, and its small texts: manifest, CURRENT, a model's
// description. Private to this module.
//
//   errors   parsing: kInternal for what is damaged, kFailedPrecondition for a newer format; the
//            caller adds the path.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ranking/ranking.h"
#include "serving/generation/manifest.h"

namespace aisle::serving {

inline constexpr std::string_view kCurrentFile = "CURRENT";
inline constexpr std::string_view kWriterLockFile = "writer.lock";
inline constexpr std::string_view kManifestFile = "manifest.json";
inline constexpr std::string_view kShelfFile = "shelf.bin";
inline constexpr std::string_view kDataFolder = "data";
// Says in words that the generation was fetched from where its customers are: it has no data here.
inline constexpr std::string_view kFetchedFile = "customers_are_in_postgres";
inline constexpr std::string_view kModelsFolder = "models";
inline constexpr std::string_view kRankingModel = "ranking";

// Tables of the data file, in the order they are opened with.
enum Table : std::size_t { kCustomerTable, kPropensityTable, kCustomerIdTable, kTableCount };
inline constexpr std::array<std::string_view, kTableCount> kTables = {"customers", "propensity",
                                                                      "customer_ids"};
// Generations of formats 1 and 2 have the first two.
inline constexpr std::size_t kTablesBeforeIds = 2;
inline constexpr int kFormatBeforeIds = 2;

std::filesystem::path GenerationFolder(const std::filesystem::path& root, std::int64_t generation);
// The number of "generation-31"; nothing for any other name.
std::optional<std::int64_t> GenerationOfName(std::string_view name);
// Whether it lies there without its customers.
bool IsFetched(const std::filesystem::path& generation_folder);
// Of a file, by its path within the generation.
bool IsOfCustomers(std::string_view file);
// Numbers of the generations in `root`, rising.
std::vector<std::int64_t> Generations(const std::filesystem::path& root);

// The manifest as it lies on disk: also the checksum of every other file, by its path within the
// generation.
struct StoredManifest {
  GenerationManifest manifest;
  std::map<std::string, std::string> checksums;
};
// The text ends with a checksum of what stands before it, so that a flipped digit is found.
std::string ManifestToJson(const StoredManifest& stored);
Result<StoredManifest> ManifestFromJson(std::string_view text);

// All of a model but its trees, which lie beside it.
std::string ModelToJson(const ranking::ModelSpec& spec);
Result<ranking::ModelSpec> ModelFromJson(std::string_view text);

}  // namespace aisle::serving
