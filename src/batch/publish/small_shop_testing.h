// A shop of a few hundred customers with a year of made-up events, and models to score it with, for this
// module's tests and benchmarks, and those of tests/parity. Private to them.
//
//   order    the same numbers give the same shop.
//   errors   what fails stops the run.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/temp_folder_testing.h"
#include "gold/shop_testing.h"
#include "ranking/random_spec_testing.h"
#include "registry/registry.h"

namespace aisle::publish {

inline constexpr int kShopFirstCustomer = 1'000'000;

class SmallShop : public gold::ShopFixture {
 public:
  explicit SmallShop(int customers = 600, int products = 40, int events_each = 12,
                     int categories = 2) {
    Write(
        fmt::format("INSERT INTO raw.product_categories SELECT 'CAT-' || lpad(CAST(i + 1 AS "
                    "STRING), 3, '0'), 'C', 'D', 5, 100 FROM range(2, {}) t(i)",
                    categories));
    Write(fmt::format(
        "INSERT INTO raw.customers (customer_id, zip_code, date_of_birth, customer_since_date, "
        "loyalty_tier, has_app, email_subscriber, sms_subscriber) "
        "SELECT {0} + i, lpad(CAST((i * 7919) % 100000 AS STRING), 5, '0'), "
        "DATE '1960-01-01' + CAST((i * 37) % 15000 AS INT), "
        "DATE '2023-01-01' + CAST(i % 600 AS INT), "
        "CASE i % 4 WHEN 0 THEN 'Bronze' WHEN 1 THEN 'Silver' ELSE 'Gold' END, i % 2 = 0, "
        "i % 3 = 0, false FROM range({1}) t(i)",
        kShopFirstCustomer, customers));
    Write(fmt::format(
        "INSERT INTO raw.product_catalog (product_id, product_name, category_id, department, "
        "category_name, brand, price, is_perishable) SELECT i + 1, 'Product ' || (i + 1), "
        "'CAT-' || lpad(CAST(i % {} + 1 AS STRING), 3, '0'), 'D', 'C', "
        "'Brand ' || (i % 5), 5 + (i * 1307) % 9000 / 100.0, i % 4 = 0 FROM range({}) t(i)",
        categories, products));
    // Everything but one product in five is in stock, region by region.
    Write(
        "INSERT INTO raw.inventory (product_id, region, qty_on_hand, est_delivery_days) "
        "SELECT product_id, region, CASE WHEN (product_id + k) % 5 = 0 THEN 0 ELSE "
        "CAST(product_id % 90 + 1 AS INT) END, k FROM raw.product_catalog, "
        "(VALUES ('Northeast', 1), ('Southeast', 2), ('Midwest', 3), ('South', 4), ('West', 5)) "
        "r(region, k)");
    AddEvents(customers, products, events_each);
  }

 private:
  void AddEvents(int customers, int products, int events_each) {
    Write(fmt::format(
        "INSERT INTO raw.event_stream (event_id, customer_id, event_type, event_timestamp, "
        "channel, session_id, device_type, product_id, product_category, product_price, quantity, "
        "order_id, order_total, order_line, line_total, visitor_id, ingested_at) "
        "SELECT 'E' || n, customer_id, kind, happened, 'Web', 'S' || (n // 3), 'Mobile', "
        "e.product_id, "
        "p.category_id, p.price, 1, CASE WHEN kind = 'order_complete' THEN 'O' || n END, "
        "CASE WHEN kind = 'order_complete' THEN p.price END, "
        "CASE WHEN kind = 'order_complete' THEN 1 END, "
        "CASE WHEN kind = 'order_complete' THEN p.price END, 'V' || customer_id, "
        "happened + INTERVAL '1' SECOND FROM ("
        "  SELECT c * {2} + k AS n, {0} + c AS customer_id, "
        "  (c * 31 + k * k * 17 + (c * k) % 7) % {3} + 1 AS product_id, "
        "  CASE k % 4 WHEN 3 THEN 'order_complete' WHEN 2 THEN 'add_to_cart' "
        "  ELSE 'product_view' END AS kind, "
        "  TIMESTAMP '2026-11-23 00:00:00' - INTERVAL '1' MINUTE * "
        "  CAST((c * 7717 + k * 30011) % 500000 AS INT) AS happened "
        "  FROM range({1}) a(c), range({2}) b(k) WHERE c % 10 <> 9) e "
        "JOIN raw.product_catalog p ON p.product_id = e.product_id",
        kShopFirstCustomer, customers, events_each, products));
  }
};

// A folder that goes with the test.
inline int AddModel(const registry::Registry& registry, const std::string& name,
                    const ranking::ModelSpec& spec) {
  registry::Manifest manifest;
  manifest.model = name;
  manifest.recipe = "random";
  for (const std::string& input : spec.inputs) manifest.inputs.push_back({input, "float", "pair"});
  manifest.calibration_slope = spec.calibration_slope;
  manifest.calibration_offset = spec.calibration_offset;
  manifest.propensity_blend = spec.propensity_blend;
  return SmallShop::Must(registry.Add(manifest, spec.ubjson, true));
}

inline ranking::ModelSpec PropensitySpec(std::uint64_t seed, std::size_t trees = 30,
                                         unsigned depth = 4) {
  return ranking::RandomSpec(seed, trees, depth,
                             {"category", "category_sessions", "category_purchases", "total_orders",
                              "open_interests", "category_share_log"});
}

inline ranking::ModelSpec RankingSpec(std::uint64_t seed, std::size_t trees = 30,
                                      unsigned depth = 4) {
  return ranking::RandomSpec(seed, trees, depth,
                             {"price_z", "category", "log_purchases_90d", "affinity_log",
                              "propensity", "pair_views", "pair_purchases", "price_distance"});
}

}  // namespace aisle::publish
