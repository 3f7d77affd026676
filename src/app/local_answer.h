// One answer without a server: the published generation, opened here and asked once.
//
//   errors   as recommend::Recommender; kFailedPrecondition when nothing is published.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/command.h"
#include "recommend/recommend.h"
#include "serving/state/serving_state.h"

namespace aisle::app {

struct LocalAnswer {
  recommend::Answer answer;
  std::shared_ptr<const serving::ServingState> state;
  std::optional<features::CustomerRecord> customer;  // Nothing: unknown.
};

// `zip_code`: where it would be delivered, checked by what is published (kInvalidArgument); unset: the customer's
// own.
Result<LocalAnswer> AskPublished(const workspace::Workspace& workspace, recommend::Request request,
                                 const std::optional<std::string>& zip_code = {});

// One per item, in their order (reason.h).
std::vector<std::string> Reasons(const LocalAnswer& local);
// Rank, product, category, price, score, stock, delivery, source and why.
std::string ItemsTable(const LocalAnswer& local);

}  // namespace aisle::app
