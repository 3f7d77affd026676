#include "serving/state/in_service.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include "base/files.h"
#include "serving/generation/layout.h"

namespace aisle::serving {
namespace {

namespace fs = std::filesystem;

// What stands in for `current`, best first.
std::vector<std::int64_t> Substitutes(const fs::path& root, std::int64_t current) {
  std::vector<std::int64_t> numbers = Generations(root);
  std::erase(numbers, current);
  std::ranges::sort(numbers, [current](std::int64_t a, std::int64_t b) {
    return std::pair(a < current, a) > std::pair(b < current, b);
  });
  return numbers;
}

Result<Switched> MakeCurrent(const fs::path& root, Switched switched) {
  AISLE_CHECK(
      base::WriteFileAtomic(root / kCurrentFile, fmt::format("{}\n", switched.to.generation)));
  return switched;
}

Result<base::FileLock> LockWriters(const fs::path& root) {
  return base::FileLock::Acquire(root / kWriterLockFile, "switching generations");
}

}  // namespace

KnownChanges KnownToAll(const fs::path& root, std::string_view log) {
  KnownChanges all{std::string(log), UINT64_MAX, base::Timestamp::max()};
  bool any = false;
  for (const std::int64_t generation : Generations(root)) {
    const auto text = base::ReadFile(GenerationFolder(root, generation) / kManifestFile);
    if (!text) continue;
    const auto stored = ManifestFromJson(*text);
    if (!stored) continue;
    const KnownChanges known = ChangesOf(stored->manifest);
    any = true;
    all.until = std::min(all.until, known.log == log ? known.until : 0);
    all.before = std::min(all.before, known.before);
  }
  return any ? all : KnownChanges{};
}

std::vector<std::int64_t> GenerationsThere(const fs::path& root) { return Generations(root); }

Result<InService> OpenInService(const fs::path& root) {
  auto current = ServingState::OpenCurrent(root);
  if (current) return InService{*std::move(current), {}};
  Error error = std::move(current).error();
  const auto number = CurrentGeneration(root);
  for (const std::int64_t generation : Substitutes(root, number.value_or(INT64_MAX))) {
    if (!number && number.error().code == ErrorCode::kNotFound) {
      error = {ErrorCode::kInternal, fmt::format("{} is missing, and generations are there",
                                                 (root / kCurrentFile).string())};
    }
    if (auto state = ServingState::Open(root, generation))
      return InService{*std::move(state), std::move(error.message)};
  }
  return std::unexpected(std::move(error));
}

Result<Switched> RollBack(const fs::path& root) {
  AISLE_TRY(const auto lock, LockWriters(root));
  const auto current = CurrentGeneration(root);
  const auto numbers = Generations(root);
  for (const std::int64_t generation : numbers | std::views::reverse) {
    if (current && generation >= *current) continue;
    if (const auto state = ServingState::Open(root, generation))
      return MakeCurrent(root, {current.value_or(0), (*state)->Manifest()});
  }
  return Fail(ErrorCode::kFailedPrecondition,
              current ? fmt::format("no whole generation before {} is in {}; `aisle publish` makes "
                                    "a new one",
                                    *current, root.string())
                      : current.error().message);
}

Result<Switched> SwitchTo(const fs::path& root, std::int64_t generation) {
  AISLE_TRY(const auto lock, LockWriters(root));
  const auto current = CurrentGeneration(root);
  const auto numbers = Generations(root);
  if (std::ranges::count(numbers, generation) == 0) {
    return Fail(
        ErrorCode::kNotFound,
        fmt::format("there is no generation {} in {}; there {}", generation, root.string(),
                    numbers.empty() ? "is none" : fmt::format("are {}", fmt::join(numbers, ", "))));
  }
  const auto state = ServingState::Open(root, generation);
  if (!state) return std::unexpected(state.error());
  return MakeCurrent(root, {current.value_or(0), (*state)->Manifest()});
}

}  // namespace aisle::serving
