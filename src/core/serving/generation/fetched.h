// Generations that were published elsewhere, beside those that are here: without their customers, which a server then
// looks up where the generation came from.
//
//   AISLE_TRY(const auto wanted, FilesToFetch(manifest, offered));
//   ... files[name] of each ...
//   AISLE_CHECK(TakeIn(root, offered, manifest, files));
//
// Every file is compared with its checksum in the manifest, and the manifest with the offer. The folder appears by one
// rename and CURRENT is switched by another: whoever is killed in between leaves what was current in service.
//
//   order    what was published here is left alone unless the offer is newer than it: whoever publishes here will
//            sync. What was fetched follows the offer, backwards as well.
//   threads  any; two processes exclude each other by the writer's lock.
//   errors   FilesToFetch: kInternal: damaged, or no manifest; kFailedPrecondition: a newer format. TakeIn as well, and
//            kUnavailable: another process publishes (named), or the disk is full; kFailedPrecondition: a generation
//            that was published here has its number.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace aisle::serving {

// What others say there is.
struct OfferedGeneration {
  std::int64_t generation = 0;
  std::string checksum;  // Of its manifest.
  base::Timestamp created{};
};

enum class Standing : std::uint8_t {
  kInService,  // CURRENT is it.
  kLeftAlone,  // What is current was published here: it stays.
  kHere,       // It lies here, fetched earlier: SwitchToFetched.
  kMissing,    // It is to be fetched.
};
// Reads manifests; cheap enough for polling.
Standing StandingOf(const std::filesystem::path& root, const OfferedGeneration& offered);

// What a manifest offers, by itself.
Result<OfferedGeneration> OfferOf(std::string_view manifest);
// The newest one that was fetched and is newer than the current one: it will be in service when the tables are of it.
std::optional<std::int64_t> FetchedAhead(const std::filesystem::path& root, std::int64_t current);
// Names of the files that a generation without customers has, by its manifest.
Result<std::vector<std::string>> FilesToFetch(std::string_view manifest,
                                              const OfferedGeneration& offered);
// By name.
using FetchedFiles = std::map<std::string, std::string>;
// Whether they are what the manifest says, and that what was offered. TakeIn does it.
Status CheckFiles(const OfferedGeneration& offered, std::string_view manifest,
                  const FetchedFiles& files);
// Makes it one that is here. `make_current`: and the current one, with what BringIntoService does; without, one that
// has the number of the current one is left for later (a publisher whose folder was made anew begins again with 1).
Status TakeIn(const std::filesystem::path& root, const OfferedGeneration& offered,
              std::string_view manifest, const FetchedFiles& files, bool make_current);
// Removes the one that lies here, if it was fetched and its files are not what its manifest says: it is to be fetched
// again. Reads all of them. True: it did.
Result<bool> RemoveIfDamaged(const std::filesystem::path& root, const OfferedGeneration& offered);
// Makes one that is here the current one.
Status SwitchToFetched(const std::filesystem::path& root, const OfferedGeneration& offered);

}  // namespace aisle::serving
