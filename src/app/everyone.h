// Everybody's list as a CSV file: customer_id,rank,product_id, in the retailer's own ids.
//
//   order    customers by our id, each customer's products by rank.
//   errors   as publish::RankEveryone; kInvalidArgument: the candidates file, with its line; those of
//            base::StagedFile. The output appears complete or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "app/command.h"

namespace aisle::app {

struct EveryoneRequest {
  base::Timestamp as_of{};
  int count = 20;
  std::optional<std::filesystem::path> candidates_csv;  // A column product_id.
  bool exclude_bought = false;
  std::filesystem::path out_csv;
};
struct EveryoneReport {
  std::int64_t customers = 0;
  std::int64_t swept = 0;     // Of these, whom the sweep ranked.
  std::int64_t screened = 0;  // And whom the screen ranked.
  std::int64_t rows = 0;
  std::int64_t candidates = 0;          // 0: the whole catalogue.
  std::int64_t unknown_candidates = 0;  // Asked for, but not in the catalogue of as_of: left out.
  double seconds = 0;
};
Result<EveryoneReport> RecommendEveryone(const Context& context, const EveryoneRequest& request);

}  // namespace aisle::app
