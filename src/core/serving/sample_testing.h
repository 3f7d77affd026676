// A small shop for tests, fuzz targets and benchmarks: any number of customers, products, categories.
// Private to this module's tests.
//
//   order    the same seed gives the same shop.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "ranking/ranking.h"
#include "serving/shelf/shelf.h"

namespace aisle::serving {

inline constexpr base::Timestamp kSampleAsOf{base::Microseconds{1'795'478'400'000'000}};
inline constexpr std::size_t kSampleCategories = 12;
inline constexpr std::size_t kSampleBrands = 30;
inline constexpr std::int64_t kSampleFirstCustomer = 1'000'000;

inline std::int32_t SmallCount(base::Stream& stream) {
  return static_cast<std::int32_t>(stream.Below(stream.Chance(0.1) ? 400 : 6));
}

inline base::Timestamp SampleTime(base::Stream& stream, double never) {
  if (stream.Chance(never)) return features::kNever;
  return kSampleAsOf - base::Microseconds{stream.Below(365ULL * 86'400'000'000ULL)};
}

inline Shelf SampleShelf(std::uint64_t seed, std::size_t product_count) {
  base::Stream stream(seed, 0, 1);
  Shelf shelf;
  features::Catalogue& catalogue = shelf.catalogue;
  catalogue.as_of = kSampleAsOf;
  for (std::size_t c = 0; c < kSampleCategories; ++c) {
    catalogue.categories.push_back({fmt::format("CAT-{:03}", c + 1), fmt::format("Category {}", c),
                                    fmt::format("Department {}", c % 4)});
  }
  for (std::size_t b = 0; b < kSampleBrands; ++b)
    catalogue.brands.push_back(fmt::format("Brand {:02}", b));
  for (std::size_t p = 0; p < product_count; ++p) {
    features::ProductRecord product;
    product.product.value = static_cast<std::int64_t>(p) * 2 + 1;
    product.name = fmt::format("Product {}", p);
    product.category = static_cast<std::uint16_t>(stream.Below(kSampleCategories));
    product.brand = static_cast<std::uint16_t>(stream.Below(kSampleBrands));
    product.price.value = stream.Between(99, 50'000);
    product.is_perishable = stream.Chance(0.2);
    product.launched = SampleTime(stream, 0.5);
    product.price_z = stream.Normal();
    product.views_28d = SmallCount(stream);
    product.purchases_28d = SmallCount(stream);
    product.purchases_90d = SmallCount(stream);
    product.purchases = SmallCount(stream);
    product.buyers = SmallCount(stream);
    for (std::size_t r = 0; r < catalogue.shape.RegionCount(); ++r)
      catalogue.region_purchases_90d.push_back(SmallCount(stream));
    catalogue.products.push_back(product);
  }
  for (RegionShelf& region : shelf.regions) {
    for (std::size_t p = 0; p < product_count; ++p) {
      if (!stream.Chance(0.84)) continue;
      region.products.push_back(static_cast<std::uint32_t>(p));
      region.quantity.push_back(static_cast<std::int32_t>(stream.Between(1, 300)));
      region.delivery_days.push_back(static_cast<std::int32_t>(stream.Between(0, 6)));
    }
  }
  return shelf;
}

inline features::CustomerRecord SampleCustomer(std::uint64_t seed, std::int64_t id,
                                               std::size_t product_count) {
  base::Stream stream(seed, static_cast<std::uint64_t>(id), 2);
  features::CustomerRecord record;
  record.customer.value = id;
  record.as_of = kSampleAsOf;
  record.has_birth_date = stream.Chance(0.9);
  record.date_of_birth = base::Date{std::chrono::days{stream.Between(-20'000, 14'000)}};
  record.customer_since = base::Date{std::chrono::days{stream.Between(15'000, 20'000)}};
  record.tier = static_cast<domain::Tier>(stream.Below(4));
  record.region = static_cast<domain::Region>(stream.Below(5));
  record.postal_code = fmt::format("{:05}", stream.Below(100'000));
  record.has_app = stream.Chance(0.5);
  record.email_subscriber = stream.Chance(0.5);
  record.total_orders = SmallCount(stream);
  record.lifetime_spend.value = stream.Between(0, 900'000);
  record.last_purchase = SampleTime(stream, 0.2);
  record.categories_purchased = SmallCount(stream);
  record.browse_events = SmallCount(stream);
  record.sessions = SmallCount(stream);
  record.browsed_price_sum.value = stream.Between(0, 900'000);
  record.browsed_price_count = SmallCount(stream);
  record.add_to_cart_count = SmallCount(stream);
  record.carts_started = SmallCount(stream);
  record.carts_abandoned = SmallCount(stream);
  record.points_earned = stream.Between(-10, 100'000);
  record.events = SmallCount(stream);
  record.store_events = SmallCount(stream);
  record.last_event = SampleTime(stream, 0.1);
  record.price_z_sum = stream.Normal();
  record.price_z_count = SmallCount(stream);
  for (std::size_t c = 0; c < kSampleCategories; ++c) {
    if (!stream.Chance(0.6)) continue;
    record.categories.push_back({static_cast<std::uint16_t>(c), SmallCount(stream),
                                 SmallCount(stream), SmallCount(stream), SampleTime(stream, 0.1),
                                 SampleTime(stream, 0.5)});
  }
  for (std::size_t b = 0; b < kSampleBrands; ++b) {
    if (stream.Chance(0.5))
      record.brands.push_back({static_cast<std::uint16_t>(b), SmallCount(stream)});
  }
  const double pair_chance = 50.0 / static_cast<double>(product_count);
  for (std::size_t p = 0; p < product_count; ++p) {
    if (!stream.Chance(pair_chance)) continue;
    record.pairs.push_back({domain::ProductId{static_cast<std::int64_t>(p) * 2 + 1},
                            SmallCount(stream), SmallCount(stream), SmallCount(stream),
                            SmallCount(stream), SmallCount(stream), SampleTime(stream, 0.1),
                            SampleTime(stream, 0.6), SampleTime(stream, 0.6)});
  }
  return record;
}

inline std::vector<float> SamplePropensity(std::uint64_t seed, std::int64_t id) {
  base::Stream stream(seed, static_cast<std::uint64_t>(id), 3);
  std::vector<float> scores(kSampleCategories);
  for (float& score : scores) score = static_cast<float>(stream.Uniform(0.01, 0.99));
  return scores;
}

// The smallest model there is: cheaper than `price` dollars scores higher.
inline ranking::ModelSpec SampleModel(double price) {
  ranking::ModelSpec spec;
  spec.ubjson = fmt::format(
      R"({{"learner":{{"feature_names":["price"],"feature_types":[],"gradient_booster":{{"model":)"
      R"({{"gbtree_model_param":{{"num_parallel_tree":"1","num_trees":"1"}},"tree_info":[0],"trees":[)"
      R"({{"left_children":[1,-1,-1],"right_children":[2,-1,-1],"parents":[2147483647,0,0],)"
      R"("split_indices":[0,0,0],"split_conditions":[{},1,-1],"sum_hessian":[4,1,3],)"
      R"("default_left":[1,0,0],"tree_param":)"
      R"({{"num_deleted":"0","num_nodes":"3","size_leaf_vector":"1"}}}}]}},"name":"gbtree"}},)"
      R"("learner_model_param":{{"base_score":"[5E-1]","num_class":"0","num_feature":"1",)"
      R"("num_target":"1"}},"objective":{{"name":"binary:logistic"}}}},"version":[3,2,0]}})",
      price);
  spec.inputs = {"price"};
  spec.calibration_slope = 0.1 + 0.2;  // No short decimal: every bit must come back.
  spec.calibration_offset = -1.0 / 3.0;
  return spec;
}

}  // namespace aisle::serving
