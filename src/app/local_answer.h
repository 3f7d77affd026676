// One answer without a server: the published generation, opened here and asked once. Nobody is shown it: no impression.
//
//   errors   as recommend::Recommender; kFailedPrecondition when nothing is published; kInvalidArgument for a customer
//            or a postal code that cannot be, in the words of HTTP.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/command.h"
#include "recommend/recommend.h"
#include "serving/state/serving_state.h"

namespace aisle::app {

struct LocalRequest {
  std::string customer;  // As the retailer writes it.
  std::optional<std::string> zip_code = {};
  recommend::TopN top_n = {};
  bool strict = false;
  bool explain = false;
  std::string product = {};  // With explain.
  std::string request_id;
};

struct LocalAnswer {
  recommend::Answer answer;  // With the reasons.
  std::shared_ptr<const serving::ServingState> state;
};

Result<LocalAnswer> AskPublished(const Context& context, LocalRequest request);

// A line per product, of what made its score most, and one per reason for what was left out. Empty: not explained.
std::string ExplainedText(const recommend::Answer& answer);

// Rank, product, category, price, score, stock, delivery, source and why.
std::string ItemsTable(const recommend::Answer& answer);

}  // namespace aisle::app
