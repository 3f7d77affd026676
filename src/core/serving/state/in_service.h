// Which generation a server answers from when the current one cannot be it, and how the current one is changed by
// hand.
//
//   AISLE_TRY(const InService opened, OpenInService(root));
//   if (!opened.trouble.empty()) ...                         an older one stands in, and the words say for which
//
//   order    what stands in is the newest whole generation before the current one, else the newest there is: one
//            after the current was rolled back from.
//   missing  nothing was ever published: kNotFound. Generations without a CURRENT are damage, not that.
//   errors   OpenInService: of the current one, when no other opens either. RollBack and SwitchTo: kUnavailable:
//            somebody publishes (named), or the disk is full; kFailedPrecondition: there is none before the current;
//            kNotFound: no such generation; kInternal: that one is damaged, with its path. CURRENT is then as it was.
//   cost     reads every file of a generation for each that is tried.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "serving/state/serving_state.h"

namespace aisle::serving {

struct InService {
  std::shared_ptr<const ServingState> state;
  std::string trouble;  // Why it is not the current one, with the path; empty: it is.
};

Result<InService> OpenInService(const std::filesystem::path& root);

struct Switched {
  std::int64_t from = 0;  // 0: CURRENT could not be read.
  GenerationManifest to;
};

// Makes the newest whole generation before the current one the current one.
Result<Switched> RollBack(const std::filesystem::path& root);
// The same with one that is named: forward again.
Result<Switched> SwitchTo(const std::filesystem::path& root, std::int64_t generation);

// Which changes of the log every generation that is there knows; of one that cannot be read nothing is asked, since it
// cannot be served either.
KnownChanges KnownToAll(const std::filesystem::path& root, std::string_view log);

// Numbers of the generations that are there, rising; whole or not.
std::vector<std::int64_t> GenerationsThere(const std::filesystem::path& root);

}  // namespace aisle::serving
