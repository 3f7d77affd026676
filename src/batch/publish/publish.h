// From models and gold tables to what a server serves: batch propensity, generations, and everybody's
// list.
//
//   order    RankEveryone: customers by id, each customer's products by rank.
//   threads  one call at a time; scoring uses one thread per core that the calling thread may run on.
//   errors   kNotFound: no model where one is needed; kUnavailable: another process publishes;
//            kFailedPrecondition: raw tables are missing or empty, or hold what the retailer's shape or a limit
//            does not allow (a tier, too many categories), or a model's inputs are unknown to this build. A
//            killed or failed call leaves the old generation in service and nothing half-written.
//   cost     one pass over the customers each, from the last refresh's tables where these are as of the same
//            moment from the same data, else counted from the events again (gold/made_tables.h).
//            ScorePropensity: 600,000 rows in seconds, 56 bytes of memory a customer. RankEveryone: the sweep
//            a customer where the model allows it, else candidates x trees; on every core, and memory does not
//            grow with the customers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/ids.h"
#include "registry/registry.h"
#include "serving/generation/manifest.h"
#include "warehouse/warehouse.h"

namespace aisle::publish {

// Hears customers done; false cancels (kUnavailable).
using Progress = std::function<bool(std::int64_t customers_done)>;

struct ScoreReport {
  std::int64_t customers = 0;
  std::int64_t rows = 0;
  int propensity_version = 0;
  double distinct_share = 0;  // Share of the customers whose scores are not all equal.
};
// Every customer and category with the champion of "propensity", into gold.customer_propensity, in
// one transaction that replaces what stood there. Ages and recencies count to `as_of`, which is
// also what the rows say in scored_at.
Result<ScoreReport> ScorePropensity(warehouse::Database& database,
                                    const registry::Registry& registry, base::Timestamp as_of,
                                    const Progress& progress = {});

// Builds a generation under `serving_root` from the records as of `as_of`, the retailer's shape, the propensities
// in gold.customer_propensity (whatever moment and version they were scored with; the manifest says
// which version), stock, what is hidden, and the champion of "ranking"; a missing model or table of propensities is
// left out (the ladder answers with less) and said in the manifest. A damaged model is an error. The manifest also says
// which changes the raw tables know of; of those, what was taken in at `as_of` or later is not in prices and stock.
Result<serving::GenerationManifest> PublishGeneration(warehouse::Database& database,
                                                      const registry::Registry& registry,
                                                      const std::filesystem::path& serving_root,
                                                      base::Timestamp as_of,
                                                      const Progress& progress = {});

struct EveryoneOptions {
  base::Timestamp as_of{};
  int count = 20;
  // Only these products; unset: the whole catalogue of as_of. Stock is not asked.
  std::optional<std::unordered_set<std::int64_t>> candidates = {};
  bool exclude_bought = false;
};
struct RankedList {
  domain::CustomerId customer;
  std::vector<domain::ProductId> products;
  std::vector<float> scores;  // Of the products: the bits that a server would give.
};
struct EveryoneReport {
  std::int64_t customers = 0;
  std::int64_t swept = 0;       // Of these, whom the sweep ranked (ranking/sweep_scorer.h).
  std::int64_t screened = 0;    // And whom the screen ranked (ranking/screen_scorer.h).
  std::int64_t candidates = 0;  // Products ranked for each.
  // Asked for, but not in the catalogue of as_of: left out. Rising.
  std::vector<std::int64_t> unknown_candidates;
  int ranking_version = 0;
  int propensity_version = 0;  // 0: the ranking model does not look at propensities.
};
// Ranks for every customer with the champions of "ranking" and, if that looks at propensities,
// "propensity". `take` hears one list after another, on the calling thread; what it fails with is
// returned. kInvalidArgument: none of the candidates is in the catalogue.
Result<EveryoneReport> RankEveryone(warehouse::Database& database,
                                    const registry::Registry& registry,
                                    const EveryoneOptions& options,
                                    const std::function<Status(const RankedList&)>& take,
                                    const Progress& progress = {});

}  // namespace aisle::publish
