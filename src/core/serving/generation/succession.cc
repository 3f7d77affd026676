#include "serving/generation/succession.h"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>
#include <ranges>
#include <vector>

#include "base/files.h"
#include "serving/generation/layout.h"
#include "serving/generation/lock.h"
#include "serving/generation/reader.h"

namespace aisle::serving {
namespace {

namespace fs = std::filesystem;

// The one to go back to from `newest`: what was current before it, or where that is damaged the newest whole one.
std::optional<std::int64_t> OneToGoBackTo(const fs::path& root, std::int64_t newest,
                                          std::optional<std::int64_t> before) {
  if (before && OpenGenerationFiles(root, *before)) return before;
  const std::vector<std::int64_t> known = Generations(root);
  for (const std::int64_t generation : known | std::views::reverse) {
    if (generation < newest && OpenGenerationFiles(root, generation)) return generation;
  }
  return std::nullopt;
}

// Removes what is older than `newest` but the one to go back to; what somebody still reads stays until a later
// publish.
void RemoveOld(const fs::path& root, std::int64_t newest, std::optional<std::int64_t> current) {
  const auto before = OneToGoBackTo(root, newest, current);
  for (const std::int64_t generation : Generations(root)) {
    if (generation >= newest || generation == before) continue;
    const fs::path trash = root / fmt::format(".staging-{}-old-{}", getpid(), generation);
    RemoveUnlessRead(GenerationFolder(root, generation), trash);
  }
}

}  // namespace

Status BringIntoService(const fs::path& root, std::int64_t generation) {
  const auto before = CurrentGeneration(root);
  AISLE_CHECK(base::WriteFileAtomic(root / kCurrentFile, fmt::format("{}\n", generation)));
  RemoveOld(root, generation, before ? std::optional(*before) : std::nullopt);
  return {};
}

}  // namespace aisle::serving
