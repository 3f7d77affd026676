#include "serving/generation/fetched.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/files.h"
#include "base/log.h"
#include "serving/generation/layout.h"
#include "serving/generation/succession.h"

namespace aisle::serving {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWhy =
    "This generation was fetched from Postgres: its customers are looked up there.\n";

// One that lies here, as its manifest says.
struct Here {
  std::string checksum;
  base::Timestamp created{};
  bool fetched = false;
};
std::optional<Here> ReadHere(const fs::path& root, std::int64_t generation) {
  const fs::path folder = GenerationFolder(root, generation);
  const auto text = base::ReadFile(folder / kManifestFile);
  if (!text) return std::nullopt;
  const auto stored = ManifestFromJson(*text);
  if (!stored) return std::nullopt;
  return Here{base::Checksum(*text), stored->manifest.created, IsFetched(folder)};
}

bool LiesHere(const fs::path& root, const OfferedGeneration& offered) {
  const auto here = ReadHere(root, offered.generation);
  return here && here->checksum == offered.checksum;
}

// A name comes from a database and becomes a path: "shelf.bin", "models/ranking.json".
Status CheckName(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '/';
  };
  const bool good = !name.empty() && std::ranges::all_of(name, plain) &&
                    std::ranges::count(name, '/') <= 1 && name.find("..") == std::string::npos &&
                    !name.starts_with('/') && !name.starts_with('.') && name != kManifestFile;
  return good ? Status{}
              : Fail(ErrorCode::kInternal, fmt::format("'{}' is no file of a generation", name));
}

Result<StoredManifest> ParseOffered(std::string_view manifest, const OfferedGeneration& offered) {
  const auto refuse = [&](const std::string& why) {
    return Fail(ErrorCode::kInternal, fmt::format("the manifest of generation {} is damaged: {}",
                                                  offered.generation, why));
  };
  if (const std::string found = base::Checksum(manifest); found != offered.checksum)
    return refuse(fmt::format("checksum {}, offered is {}", found, offered.checksum));
  AISLE_TRY(auto stored, ManifestFromJson(manifest));
  if (stored.manifest.generation != offered.generation)
    return refuse(fmt::format("it is of generation {}", stored.manifest.generation));
  for (const auto& [name, checksum] : stored.checksums) {
    if (!IsOfCustomers(name)) AISLE_CHECK(CheckName(name));
  }
  return stored;
}

// Room for the folder: what was fetched goes, what was published here does not.
Status MakeRoom(const fs::path& root, std::int64_t generation) {
  const fs::path folder = GenerationFolder(root, generation);
  std::error_code code;
  if (!fs::exists(folder, code)) return {};
  if (!IsFetched(folder)) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} was published here and is not generation {} of the tables; give "
                            "this server a data directory of its own, or remove that folder",
                            folder.string(), generation));
  }
  const fs::path trash = root / fmt::format(".staging-{}-replaced-{}", getpid(), generation);
  fs::remove_all(trash, code);
  fs::rename(folder, trash, code);
  if (code) {
    return Fail(ErrorCode::kInternal,
                fmt::format("cannot rename {}: {}", folder.string(), code.message()));
  }
  fs::remove_all(trash, code);
  return {};
}

Status WriteFiles(const fs::path& folder, std::string_view manifest, const FetchedFiles& files) {
  for (const auto& [name, bytes] : files) {
    std::error_code code;
    fs::create_directories((folder / name).parent_path(), code);
    AISLE_CHECK(base::WriteFileAtomic(folder / name, bytes));
  }
  AISLE_CHECK(base::WriteFileAtomic(folder / kFetchedFile, kWhy));
  return base::WriteFileAtomic(folder / kManifestFile, manifest);
}

Result<base::FileLock> LockWriters(const fs::path& root) {
  return base::FileLock::Acquire(root / kWriterLockFile, "fetching a generation");
}

}  // namespace

Standing StandingOf(const fs::path& root, const OfferedGeneration& offered) {
  const bool lies_here = LiesHere(root, offered);
  const auto number = CurrentGeneration(root);
  const auto current = number ? ReadHere(root, *number) : std::nullopt;
  if (current && current->checksum == offered.checksum) return Standing::kInService;
  if (current && !current->fetched && (lies_here || offered.created <= current->created))
    return Standing::kLeftAlone;
  return lies_here ? Standing::kHere : Standing::kMissing;
}

std::optional<std::int64_t> FetchedAhead(const fs::path& root, std::int64_t current) {
  const std::vector<std::int64_t> there = Generations(root);
  if (there.empty() || there.back() <= current) return std::nullopt;
  return IsFetched(GenerationFolder(root, there.back())) ? std::optional(there.back())
                                                         : std::nullopt;
}

Result<OfferedGeneration> OfferOf(std::string_view manifest) {
  AISLE_TRY(const auto stored, ManifestFromJson(manifest));
  return OfferedGeneration{stored.manifest.generation, base::Checksum(manifest),
                           stored.manifest.created};
}

Result<std::vector<std::string>> FilesToFetch(std::string_view manifest,
                                              const OfferedGeneration& offered) {
  AISLE_TRY(const auto stored, ParseOffered(manifest, offered));
  std::vector<std::string> names;
  for (const auto& [name, checksum] : stored.checksums) {
    if (!IsOfCustomers(name)) names.push_back(name);
  }
  return names;
}

Status CheckFiles(const OfferedGeneration& offered, std::string_view manifest,
                  const FetchedFiles& files) {
  AISLE_TRY(const auto names, FilesToFetch(manifest, offered));
  AISLE_TRY(auto stored, ParseOffered(manifest, offered));
  const auto refuse = [&](const std::string& why) {
    return Fail(ErrorCode::kInternal,
                fmt::format("generation {} is damaged: {}", offered.generation, why));
  };
  for (const std::string& name : names) {
    const auto file = files.find(name);
    if (file == files.end()) return refuse(fmt::format("{} is missing", name));
    const std::string& expected = stored.checksums[name];
    if (const std::string found = base::Checksum(file->second); found != expected)
      return refuse(fmt::format("{} has checksum {}, the manifest says {}", name, found, expected));
  }
  if (files.size() == names.size()) return {};
  return refuse("there are files that its manifest does not name");
}

Status TakeIn(const fs::path& root, const OfferedGeneration& offered, std::string_view manifest,
              const FetchedFiles& files, bool make_current) {
  AISLE_CHECK(CheckFiles(offered, manifest, files));
  AISLE_TRY(const auto lock, LockWriters(root));
  base::RemoveStagingLeftovers(root);
  // Somebody else may have done it, or published, in between.
  if (StandingOf(root, offered) != Standing::kMissing) return {};
  // It would take the place of what is in service, which the tables still hold: its turn comes with theirs.
  if (!make_current && CurrentGeneration(root) == offered.generation) return {};
  AISLE_TRY(base::StagedFolder staged,
            base::StagedFolder::Create(GenerationFolder(root, offered.generation)));
  AISLE_CHECK(WriteFiles(staged.Path(), manifest, files));
  AISLE_CHECK(MakeRoom(root, offered.generation));
  AISLE_CHECK(staged.Commit());
  return make_current ? BringIntoService(root, offered.generation) : Status{};
}

Result<bool> RemoveIfDamaged(const fs::path& root, const OfferedGeneration& offered) {
  const fs::path folder = GenerationFolder(root, offered.generation);
  if (!IsFetched(folder) || !LiesHere(root, offered)) return false;
  AISLE_TRY(const std::string manifest, base::ReadFile(folder / kManifestFile));
  AISLE_TRY(const auto names, FilesToFetch(manifest, offered));
  FetchedFiles files;
  for (const std::string& name : names) {
    if (auto bytes = base::ReadFile(folder / name)) files[name] = *std::move(bytes);
  }
  const Status whole = CheckFiles(offered, manifest, files);
  if (whole) return false;
  base::LogWarning("{}: {}; it is fetched again", folder.string(), whole.error().message);
  AISLE_TRY(const auto lock, LockWriters(root));
  AISLE_CHECK(MakeRoom(root, offered.generation));
  return true;
}

Status SwitchToFetched(const fs::path& root, const OfferedGeneration& offered) {
  AISLE_TRY(const auto lock, LockWriters(root));
  if (StandingOf(root, offered) != Standing::kHere) return {};
  return BringIntoService(root, offered.generation);
}

}  // namespace aisle::serving
