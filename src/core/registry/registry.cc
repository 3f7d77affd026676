#include "registry/registry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/files.h"
#include "registry/manifest_json.h"

namespace aisle::registry {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifestFile = "manifest.json";
constexpr const char* kModelFile = "model.ubj";
constexpr const char* kAliasFile = "aliases.json";
constexpr const char* kChallenger = "challenger";
constexpr const char* kPrevious = "previous";  // Where Rollback() goes back to.

// A version's folder is its number and nothing else; 0: not a version.
int VersionOfName(const std::string& name) {
  int version = 0;
  const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), version);
  return code == std::errc{} && end == name.data() + name.size() && version > 0 ? version : 0;
}

Status CheckName(const std::string& model) {
  const bool plain = !model.empty() && std::all_of(model.begin(), model.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (plain) return {};
  return Fail(
      ErrorCode::kInvalidArgument,
      fmt::format("model name '{}' is not made of lower-case letters, digits and _", model));
}

}  // namespace

std::string AliasesOf(const std::map<std::string, int>& aliases, int version) {
  std::vector<std::string> names;
  for (const auto& [alias, number] : aliases) {
    if (number == version) names.push_back(alias);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

Result<std::vector<std::string>> Registry::Models() const {
  std::vector<std::string> models;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(root_, code)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && CheckName(name)) models.push_back(name);
  }
  std::sort(models.begin(), models.end());
  return models;
}

Result<std::vector<int>> Registry::Versions(const std::string& model) const {
  AISLE_CHECK(CheckName(model));
  std::vector<int> versions;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(root_ / model, code)) {
    const int version = VersionOfName(entry.path().filename().string());
    if (version > 0) versions.push_back(version);
  }
  if (versions.empty()) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("no model '{}' in {}; `aisle train` makes one", model, root_.string()));
  }
  std::sort(versions.begin(), versions.end());
  return versions;
}

Result<int> Registry::Add(Manifest manifest, const std::string& ubjson, bool promote) const {
  AISLE_CHECK(CheckName(manifest.model));
  const fs::path folder = root_ / manifest.model;
  std::error_code code;
  fs::create_directories(folder, code);
  base::RemoveStagingLeftovers(folder);
  const auto versions = Versions(manifest.model);
  manifest.version = versions ? versions->back() + 1 : 1;
  manifest.model_checksum = base::Checksum(ubjson);

  AISLE_TRY(base::StagedFolder staged,
            base::StagedFolder::Create(folder / std::to_string(manifest.version)));
  AISLE_CHECK(base::WriteFileAtomic(staged.Path() / kModelFile, ubjson));
  AISLE_CHECK(base::WriteFileAtomic(staged.Path() / kManifestFile, ManifestToJson(manifest)));
  AISLE_CHECK(staged.Commit());

  if (promote) {
    AISLE_CHECK(Promote(manifest.model, manifest.version));
  } else {
    AISLE_TRY(auto aliases, Aliases(manifest.model));
    aliases[kChallenger] = manifest.version;
    AISLE_CHECK(base::WriteFileAtomic(folder / kAliasFile, AliasesToJson(aliases)));
  }
  return manifest.version;
}

Result<Manifest> Registry::ReadManifest(const std::string& model, int version) const {
  AISLE_CHECK(CheckName(model));
  const fs::path path = root_ / model / std::to_string(version) / kManifestFile;
  auto text = base::ReadFile(path);
  if (!text && text.error().code == ErrorCode::kNotFound) {
    return Fail(ErrorCode::kNotFound, fmt::format("no version {} of model '{}'", version, model));
  }
  if (!text) return std::unexpected(text.error());
  auto manifest = ManifestFromJson(*text);
  if (!manifest) return Within(path.string(), manifest.error());
  return manifest;
}

Result<ModelVersion> Registry::Load(const std::string& model, int version) const {
  AISLE_TRY(Manifest manifest, ReadManifest(model, version));
  const fs::path path = root_ / model / std::to_string(version) / kModelFile;
  AISLE_TRY(std::string ubjson, base::ReadFile(path));
  if (const std::string checksum = base::Checksum(ubjson); checksum != manifest.model_checksum) {
    return Fail(ErrorCode::kInternal,
                fmt::format("{} is damaged: checksum {}, the manifest says {}", path.string(),
                            checksum, manifest.model_checksum));
  }
  return ModelVersion{std::move(manifest), std::move(ubjson)};
}

Result<std::map<std::string, int>> Registry::Aliases(const std::string& model) const {
  AISLE_CHECK(CheckName(model));
  const fs::path path = root_ / model / kAliasFile;
  auto text = base::ReadFile(path);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::map<std::string, int>{};
  if (!text) return std::unexpected(text.error());
  auto aliases = AliasesFromJson(*text);
  if (!aliases) return Within(path.string(), aliases.error());
  return aliases;
}

Result<int> Registry::Resolve(const std::string& model, const std::string& alias) const {
  AISLE_TRY(const auto aliases, Aliases(model));
  const auto found = aliases.find(alias);
  if (found != aliases.end()) return found->second;
  const auto versions = Versions(model);
  if (!versions || alias != kChampion) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("model '{}' has no alias '{}'; `aisle train` makes a first version",
                            model, alias));
  }
  return Fail(
      ErrorCode::kNotFound,
      fmt::format("model '{0}' has no champion: version {1} was not promoted; "
                  "`aisle models show {0}/{1}` says why, `aisle models promote {0}/{1}` does it",
                  model, versions->back()));
}

Result<VersionName> Registry::Find(const std::string& name) const {
  const std::size_t slash = name.find('/');
  VersionName found{.model = name.substr(0, slash)};
  const std::string rest = slash == std::string::npos ? kChampion : name.substr(slash + 1);
  AISLE_CHECK(CheckName(found.model));
  const bool number = !rest.empty() && rest.size() < 9 &&
                      std::ranges::all_of(rest, [](char c) { return c >= '0' && c <= '9'; });
  if (number) {
    found.version = std::stoi(rest);
  } else {
    AISLE_TRY(found.version, Resolve(found.model, rest));
  }
  return found;
}

Status Registry::Promote(const std::string& model, int version) const {
  AISLE_CHECK(ReadManifest(model, version));
  AISLE_TRY(auto aliases, Aliases(model));
  const auto champion = aliases.find(kChampion);
  if (champion != aliases.end() && champion->second != version)
    aliases[kPrevious] = champion->second;
  aliases[kChampion] = version;
  if (const auto challenger = aliases.find(kChallenger);
      challenger != aliases.end() && challenger->second == version) {
    aliases.erase(challenger);
  }
  return base::WriteFileAtomic(root_ / model / kAliasFile, AliasesToJson(aliases));
}

Result<int> Registry::Rollback(const std::string& model) const {
  AISLE_TRY(auto aliases, Aliases(model));
  const auto previous = aliases.find(kPrevious);
  if (previous == aliases.end()) {
    AISLE_CHECK(Versions(model));  // A model that is not there is not found.
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("model '{}' has no earlier champion to go back to", model));
  }
  const int version = previous->second;
  AISLE_CHECK(Promote(model, version));
  return version;
}

}  // namespace aisle::registry
