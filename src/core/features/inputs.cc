#include "features/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/nearest.h"
#include "features/pair_row.h"

namespace aisle::features {
namespace {

constexpr auto kRequest = Role::kRequestConstant;
constexpr auto kProduct = Role::kProductStatic;
constexpr auto kPair = Role::kPair;
constexpr auto kMonotone = Role::kPairMonotone;
using Group = InputGroup;

constexpr std::array<InputGroupDefinition, static_cast<std::size_t>(InputGroup::kCount)> kGroups = {
    {
        {"profile", "who the customer is: age, time with the shop, tier"},
        {"activity", "how much, how often and how lately the customer looks and buys, of whatever"},
        {"product", "what the product is: category, brand, perishable, age"},
        {"price", "what the product costs, also among its category's"},
        {"popularity", "what everybody does with the product"},
        {"propensity", "what the propensity model says of the customer and the category"},
        {"category history", "what the customer did in the product's category"},
        {"brand history", "what the customer did with the product's brand"},
        {"price fit", "the product's price beside what the customer looks at and buys"},
        {"affinity", "popularity, category, brand and price put together"},
        {"pair history", "what the customer did with this very product"},
    }};
static_assert(!kGroups.back().name.empty(), "every group has a definition");

constexpr std::array<InputDefinition, static_cast<std::size_t>(PairInput::kCount)> kPairInputs = {{
    {"age", kRequest, Group::kProfile, "years", "completed years at the request", "no birth date",
     "raw.customers.date_of_birth"},
    {"tenure_months", kRequest, Group::kProfile, "months",
     "completed months since the customer joined", "", "raw.customers.customer_since_date"},
    {"loyalty_tier_num", kRequest, Group::kProfile, "", "0 for the lowest tier, then rising", "",
     "raw.customers.loyalty_tier, raw.loyalty_tiers"},
    {"total_orders", kRequest, Group::kActivity, "orders", "distinct orders", "",
     "raw.event_stream"},
    {"lifetime_spend", kRequest, Group::kActivity, "currency", "sum of order totals", "",
     "raw.event_stream"},
    {"avg_order_value", kRequest, Group::kActivity, "currency", "lifetime_spend / total_orders",
     "no orders", "raw.event_stream"},
    {"days_since_purchase", kRequest, Group::kActivity, "days",
     "whole days since the last purchase", "never bought", "raw.event_stream"},
    {"engagement_score", kRequest, Group::kActivity, "",
     "the quickstart's score, 0 to 100, one decimal", "", "raw.event_stream, raw.customers"},
    {"avg_browsed_price", kRequest, Group::kActivity, "currency", "mean price of browsed products",
     "browsed no product with a price", "raw.event_stream"},
    {"price", kProduct, Group::kPrice, "currency", "catalogue price as of the generation", "",
     "raw.product_catalog.price"},
    {"product_tier", kProduct, Group::kPrice, "", "0 below 50, 1 below 150, 2 from there; currency",
     "", "raw.product_catalog.price"},
    {"is_perishable", kProduct, Group::kProduct, "", "0 or 1", "",
     "raw.product_catalog.is_perishable"},
    {"price_ratio", kMonotone, Group::kPriceFit, "", "price / max(avg_browsed_price, 1)",
     "browsed no product with a price", "raw.event_stream, raw.product_catalog"},
    {"spend_match", kMonotone, Group::kPriceFit, "", "min(price / max(avg_order_value, 1), 5)",
     "no orders", "raw.event_stream, raw.product_catalog"},
    {"total_browse_events", kRequest, Group::kActivity, "events",
     "views, category browses and searches", "", "raw.event_stream"},
    {"total_sessions", kRequest, Group::kActivity, "sessions",
     "distinct sessions with a browse event", "", "raw.event_stream"},
    {"days_since_event", kRequest, Group::kActivity, "days", "since the last event of any kind",
     "no event ever", "raw.event_stream"},
    {"products_touched", kRequest, Group::kActivity, "products",
     "distinct, viewed, carted or bought by the customer", "", "raw.event_stream"},
    {"share_bought", kRequest, Group::kActivity, "share",
     "of the products touched, those bought; one in four of four more is added", "",
     "raw.event_stream"},
    {"open_interests", kRequest, Group::kActivity, "products",
     "viewed or added in 60 days and not bought since", "", "raw.event_stream"},
    {"category", kProduct, Group::kProduct, "", "position of the category, sorted by id", "",
     "raw.product_catalog.category_id"},
    {"brand", kProduct, Group::kProduct, "", "position of the brand, sorted by name", "",
     "raw.product_catalog.brand"},
    {"log_purchases_28d", kProduct, Group::kPopularity, "log(1 + lines)",
     "purchases by everybody in the last 28 days", "", "raw.event_stream"},
    {"log_purchases_90d", kProduct, Group::kPopularity, "log(1 + lines)",
     "purchases by everybody in the last 90 days", "", "raw.event_stream"},
    {"log_views_28d", kProduct, Group::kPopularity, "log(1 + views)",
     "views by everybody in the last 28 days", "", "raw.event_stream"},
    {"log_share_in_category", kProduct, Group::kPopularity, "log share",
     "share of the category's recent weight, smoothed", "",
     "raw.event_stream, raw.product_catalog"},
    {"days_since_launch", kProduct, Group::kProduct, "days", "from launch to the generation",
     "launch unknown", "raw.product_catalog.launched_on"},
    {"price_z", kProduct, Group::kPrice, "sd", "log price, centred and scaled within the category",
     "", "raw.product_catalog.price"},
    {"log_purchases_per_buyer", kProduct, Group::kPopularity, "log ratio",
     "lines / buyers of the product, two lines by two buyers added: bought again and again?", "",
     "raw.event_stream"},
    {"log_buyers", kProduct, Group::kPopularity, "log(1 + customers)",
     "distinct customers who ever bought it", "", "raw.event_stream"},
    {"purchases_per_view", kProduct, Group::kPopularity, "ratio",
     "lines / views of the last 28 days, ten lines in fifty views added", "", "raw.event_stream"},
    {"propensity", kPair, Group::kPropensity, "probability", "to buy in the product's category",
     "no propensity model", "a propensity model"},
    {"category_share_log", kPair, Group::kCategoryHistory, "log ratio",
     "the customer's share of sessions in the category / everybody's", "",
     "raw.event_stream, raw.product_catalog"},
    {"category_sessions", kPair, Group::kCategoryHistory, "sessions",
     "the customer's sessions that touched the category", "",
     "raw.event_stream, raw.product_catalog"},
    {"category_sessions_28d", kPair, Group::kCategoryHistory, "sessions",
     "the customer's sessions of the last 28 days that touched the category", "",
     "raw.event_stream, raw.product_catalog"},
    {"category_purchases", kPair, Group::kCategoryHistory, "lines",
     "bought by the customer in the category", "", "raw.event_stream, raw.product_catalog"},
    {"days_since_category_event", kPair, Group::kCategoryHistory, "days",
     "since the customer's last event in the category", "never there",
     "raw.event_stream, raw.product_catalog"},
    {"days_since_category_purchase", kPair, Group::kCategoryHistory, "days",
     "since the customer's last purchase in the category", "never bought there",
     "raw.event_stream, raw.product_catalog"},
    {"brand_share_log", kPair, Group::kBrandHistory, "log ratio",
     "the customer's share of the brand in its department / everybody's", "",
     "raw.event_stream, raw.product_catalog"},
    {"brand_products", kPair, Group::kBrandHistory, "products",
     "distinct products of the brand the customer touched", "",
     "raw.event_stream, raw.product_catalog"},
    {"price_distance", kPair, Group::kPriceFit, "sd",
     "price_z less the customer's own, shrunk to 0", "", "raw.event_stream, raw.product_catalog"},
    {"affinity_log", kPair, Group::kAffinity, "log",
     "popularity, category, brand and price put together as if independent", "",
     "raw.event_stream, raw.product_catalog"},
    {"pair_views", kPair, Group::kPairHistory, "views", "of this product by this customer", "",
     "raw.event_stream"},
    {"pair_carts", kPair, Group::kPairHistory, "adds", "of this product by this customer", "",
     "raw.event_stream"},
    {"pair_purchases", kPair, Group::kPairHistory, "lines", "of this product by this customer", "",
     "raw.event_stream"},
    {"pair_views_28d", kPair, Group::kPairHistory, "views",
     "of this product by this customer in the last 28 days", "", "raw.event_stream"},
    {"pair_purchases_90d", kPair, Group::kPairHistory, "lines",
     "of this product by this customer in the last 90 days", "", "raw.event_stream"},
    {"days_since_pair_view", kPair, Group::kPairHistory, "days",
     "since the customer last viewed the product", "never viewed", "raw.event_stream"},
    {"days_since_pair_cart", kPair, Group::kPairHistory, "days",
     "since the customer last added the product", "never added", "raw.event_stream"},
    {"days_since_pair_purchase", kPair, Group::kPairHistory, "days",
     "since the customer last bought the product", "never bought", "raw.event_stream"},
    {"days_since_open_interest", kPair, Group::kPairHistory, "days",
     "since the last view or add after the last purchase", "no view or add after the last purchase",
     "raw.event_stream"},
    {"open_interest_rank", kPair, Group::kPairHistory, "",
     "place among the customer's open interests, 0 the newest", "not among the open interests",
     "raw.event_stream"},
}};
static_assert(!kPairInputs.back().name.empty(), "every pair input has a definition");

// What the customer is and did in a category is the same input for a pair and for a category.
constexpr InputDefinition AsForPairs(std::string_view name) {
  return *std::ranges::find(kPairInputs, name, &InputDefinition::name);
}

constexpr std::array<InputDefinition, static_cast<std::size_t>(CategoryInput::kCount)>
    kCategoryInputs = {{
        AsForPairs("age"),
        AsForPairs("tenure_months"),
        AsForPairs("loyalty_tier_num"),
        AsForPairs("total_orders"),
        AsForPairs("lifetime_spend"),
        AsForPairs("avg_order_value"),
        AsForPairs("days_since_purchase"),
        {"categories_purchased", kRequest, Group::kActivity, "categories",
         "distinct categories bought in", "", "raw.event_stream, raw.product_catalog"},
        AsForPairs("total_browse_events"),
        AsForPairs("total_sessions"),
        {"cart_abandonment_rate", kRequest, Group::kActivity, "share",
         "abandoned carts / carts started", "started no cart", "raw.event_stream"},
        AsForPairs("engagement_score"),
        AsForPairs("category"),
        {"category_popularity", kProduct, Group::kPopularity, "share",
         "of everybody's recent weight", "", "raw.event_stream, raw.product_catalog"},
        AsForPairs("category_share_log"),
        AsForPairs("category_sessions"),
        AsForPairs("category_sessions_28d"),
        AsForPairs("category_purchases"),
        AsForPairs("days_since_category_event"),
        AsForPairs("days_since_category_purchase"),
        {"open_interests", kPair, Group::kCategoryHistory, "products",
         "of the category, viewed or added in 60 days and not bought since", "",
         "raw.event_stream"},
    }};
static_assert(!kCategoryInputs.back().name.empty(), "every category input has a definition");

std::string DidYouMean(std::span<const InputDefinition> definitions, const std::string& written) {
  std::vector<std::string_view> names;
  for (const InputDefinition& input : definitions) names.push_back(input.name);
  const auto nearest = base::Nearest(written, names);
  return nearest ? fmt::format(" (did you mean '{}'?)", *nearest) : "";
}

Result<std::vector<std::uint16_t>> ResolveInputs(std::span<const InputDefinition> definitions,
                                                 std::span<const std::string> names) {
  std::vector<std::uint16_t> inputs;
  for (const std::string& name : names) {
    const auto found = std::find_if(definitions.begin(), definitions.end(),
                                    [&](const auto& input) { return input.name == name; });
    if (found == definitions.end()) {
      return Fail(ErrorCode::kFailedPrecondition,
                  fmt::format("input {} of the model, '{}', cannot be made by this build{}; `aisle "
                              "inputs` lists them",
                              inputs.size() + 1, name, DidYouMean(definitions, name)));
    }
    inputs.push_back(static_cast<std::uint16_t>(found - definitions.begin()));
  }
  return inputs;
}

}  // namespace

std::span<const InputGroupDefinition> InputGroups() { return kGroups; }
std::span<const InputDefinition> PairInputs() { return kPairInputs; }
std::span<const InputDefinition> CategoryInputs() { return kCategoryInputs; }

Result<std::vector<std::uint16_t>> ResolvePairInputs(std::span<const std::string> names) {
  return ResolveInputs(kPairInputs, names);
}
Result<std::vector<std::uint16_t>> ResolveCategoryInputs(std::span<const std::string> names) {
  return ResolveInputs(kCategoryInputs, names);
}

}  // namespace aisle::features
