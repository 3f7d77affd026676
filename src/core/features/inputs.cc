#include "features/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "features/pair_row.h"

namespace aisle::features {
namespace {

constexpr auto kRequest = Role::kRequestConstant;
constexpr auto kProduct = Role::kProductStatic;
constexpr auto kPair = Role::kPair;
constexpr auto kMonotone = Role::kPairMonotone;

constexpr std::array<InputDefinition, static_cast<std::size_t>(PairInput::kCount)> kPairInputs = {{
    {"age", kRequest, "years", "completed years at the request; NaN without a birth date"},
    {"tenure_months", kRequest, "months", "completed months since the customer joined"},
    {"loyalty_tier_num", kRequest, "", "0 for the lowest tier, then rising"},
    {"total_orders", kRequest, "orders", "distinct orders"},
    {"lifetime_spend", kRequest, "currency", "sum of order totals"},
    {"avg_order_value", kRequest, "currency", "lifetime_spend / total_orders; NaN without orders"},
    {"days_since_purchase", kRequest, "days", "whole days since the last purchase; NaN if never"},
    {"engagement_score", kRequest, "", "the quickstart's score, 0 to 100, one decimal"},
    {"avg_browsed_price", kRequest, "currency", "mean price of browsed products; NaN if none"},
    {"price", kProduct, "currency", "catalogue price as of the generation"},
    {"product_tier", kProduct, "", "0 below 50, 1 below 150, 2 from there; currency"},
    {"is_perishable", kProduct, "", "0 or 1"},
    {"price_ratio", kMonotone, "", "price / max(avg_browsed_price, 1)"},
    {"spend_match", kMonotone, "", "min(price / max(avg_order_value, 1), 5)"},
    {"total_browse_events", kRequest, "events", "views, category browses and searches"},
    {"total_sessions", kRequest, "sessions", "distinct sessions with a browse event"},
    {"days_since_event", kRequest, "days", "since the last event of any kind; NaN if never"},
    {"products_touched", kRequest, "products",
     "distinct, viewed, carted or bought by the customer"},
    {"share_bought", kRequest, "share",
     "of the products touched, those bought; one in four of four more is added"},
    {"open_interests", kRequest, "products", "viewed or added in 60 days and not bought since"},
    {"category", kProduct, "", "position of the category, sorted by id"},
    {"brand", kProduct, "", "position of the brand, sorted by name"},
    {"log_purchases_28d", kProduct, "log(1 + lines)", "purchases by everybody in the last 28 days"},
    {"log_purchases_90d", kProduct, "log(1 + lines)", "purchases by everybody in the last 90 days"},
    {"log_views_28d", kProduct, "log(1 + views)", "views by everybody in the last 28 days"},
    {"log_share_in_category", kProduct, "log share",
     "share of the category's recent weight, smoothed"},
    {"days_since_launch", kProduct, "days", "from launch to the generation; NaN when unknown"},
    {"price_z", kProduct, "sd", "log price, centred and scaled within the category"},
    {"log_purchases_per_buyer", kProduct, "log ratio",
     "lines / buyers of the product, two lines by two buyers added: bought again and again?"},
    {"log_buyers", kProduct, "log(1 + customers)", "distinct customers who ever bought it"},
    {"purchases_per_view", kProduct, "ratio",
     "lines / views of the last 28 days, ten lines in fifty views added"},
    {"propensity", kPair, "probability",
     "to buy in the product's category; NaN without a propensity model"},
    {"category_share_log", kPair, "log ratio",
     "the customer's share of sessions in the category / everybody's"},
    {"category_sessions", kPair, "sessions", "the customer's sessions that touched the category"},
    {"category_sessions_28d", kPair, "sessions", "of these, in the last 28 days"},
    {"category_purchases", kPair, "lines", "bought by the customer in the category"},
    {"days_since_category_event", kPair, "days", "NaN if never"},
    {"days_since_category_purchase", kPair, "days", "NaN if never"},
    {"brand_share_log", kPair, "log ratio",
     "the customer's share of the brand in its department / everybody's"},
    {"brand_products", kPair, "products", "distinct products of the brand the customer touched"},
    {"price_distance", kPair, "sd", "price_z less the customer's own, shrunk to 0"},
    {"affinity_log", kPair, "log",
     "popularity, category, brand and price put together as if independent"},
    {"pair_views", kPair, "views", "of this product by this customer"},
    {"pair_carts", kPair, "adds", "of this product by this customer"},
    {"pair_purchases", kPair, "lines", "of this product by this customer"},
    {"pair_views_28d", kPair, "views", "in the last 28 days"},
    {"pair_purchases_90d", kPair, "lines", "in the last 90 days"},
    {"days_since_pair_view", kPair, "days", "NaN if never"},
    {"days_since_pair_cart", kPair, "days", "NaN if never"},
    {"days_since_pair_purchase", kPair, "days", "NaN if never"},
    {"days_since_open_interest", kPair, "days",
     "since the last view or add after the last purchase; NaN if none"},
    {"open_interest_rank", kPair, "",
     "place among the customer's open interests, 0 the newest; NaN if it is none"},
}};
static_assert(!kPairInputs.back().name.empty(), "every pair input has a definition");

constexpr std::array<InputDefinition, static_cast<std::size_t>(CategoryInput::kCount)>
    kCategoryInputs = {{
        {"age", kRequest, "years", "as for pairs"},
        {"tenure_months", kRequest, "months", "as for pairs"},
        {"loyalty_tier_num", kRequest, "", "as for pairs"},
        {"total_orders", kRequest, "orders", "as for pairs"},
        {"lifetime_spend", kRequest, "currency", "as for pairs"},
        {"avg_order_value", kRequest, "currency", "as for pairs"},
        {"days_since_purchase", kRequest, "days", "as for pairs"},
        {"categories_purchased", kRequest, "categories", "distinct categories bought in"},
        {"total_browse_events", kRequest, "events", "as for pairs"},
        {"total_sessions", kRequest, "sessions", "as for pairs"},
        {"cart_abandonment_rate", kRequest, "share",
         "abandoned carts / carts started; NaN without carts"},
        {"engagement_score", kRequest, "", "as for pairs"},
        {"category", kProduct, "", "position of the category, sorted by id"},
        {"category_popularity", kProduct, "share", "of everybody's recent weight"},
        {"category_share_log", kPair, "log ratio", "as for pairs"},
        {"category_sessions", kPair, "sessions", "as for pairs"},
        {"category_sessions_28d", kPair, "sessions", "as for pairs"},
        {"category_purchases", kPair, "lines", "as for pairs"},
        {"days_since_category_event", kPair, "days", "NaN if never"},
        {"days_since_category_purchase", kPair, "days", "NaN if never"},
        {"open_interests", kPair, "products",
         "of the category, viewed or added in 60 days and not bought since"},
    }};
static_assert(!kCategoryInputs.back().name.empty(), "every category input has a definition");

Result<std::vector<std::uint16_t>> ResolveInputs(std::span<const InputDefinition> definitions,
                                                 std::span<const std::string> names) {
  std::vector<std::uint16_t> inputs;
  for (const std::string& name : names) {
    const auto found = std::find_if(definitions.begin(), definitions.end(),
                                    [&](const auto& input) { return input.name == name; });
    if (found == definitions.end()) {
      return Fail(ErrorCode::kFailedPrecondition,
                  fmt::format("input {} of the model, '{}', cannot be made by this build",
                              inputs.size() + 1, name));
    }
    inputs.push_back(static_cast<std::uint16_t>(found - definitions.begin()));
  }
  return inputs;
}

}  // namespace

std::span<const InputDefinition> PairInputs() { return kPairInputs; }
std::span<const InputDefinition> CategoryInputs() { return kCategoryInputs; }

Result<std::vector<std::uint16_t>> ResolvePairInputs(std::span<const std::string> names) {
  return ResolveInputs(kPairInputs, names);
}
Result<std::vector<std::uint16_t>> ResolveCategoryInputs(std::span<const std::string> names) {
  return ResolveInputs(kCategoryInputs, names);
}

}  // namespace aisle::features
