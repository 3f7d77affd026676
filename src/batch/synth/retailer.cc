#include "synth/retailer.h"

#include <fmt/format.h>

#include <algorithm>

#include "synth/columns.h"
#include "synth/rows.h"
#include "synth/rows_internal.h"

namespace aisle::synth {
namespace {

// Entities per batch: some ten thousand rows.
std::int64_t BlockSize(std::string_view table) {
  return table == "raw.event_stream" ? 250 : table.starts_with("oracle.") ? 500 : 2000;
}

}  // namespace

std::int64_t EntityCount(const Retailer::World& world, std::string_view table) {
  for (const ShopTable& shop : ShopTables())
    if (shop.name == table) return shop.entities;
  const std::int64_t customers = world.options.customers;
  return table.starts_with("oracle.") ? std::min(world.options.oracle_customers, customers)
                                      : customers;
}

void FillBlock(const Retailer::World& world, std::string_view table, std::int64_t first,
               std::int64_t last, arrow::BatchBuilder& builder) {
  if (FillCustomers(world, table, first, last, builder)) return;
  for (const ShopTable& shop : ShopTables()) {
    if (shop.name != table) continue;
    RowWriter row(builder);
    for (std::int64_t index = first; index < last; ++index) shop.write(world, index, row);
    return;
  }
  AISLE_ASSERT(false && "an unknown table");
}

Retailer::Retailer(std::shared_ptr<const World> world) : world_(std::move(world)) {}

Result<Retailer> Retailer::Make(const Options& options) {
  if (options.customers < 1) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("customers: {} is below 1", options.customers));
  }
  if (options.oracle_customers < 0) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("oracle customers: {} is below 0", options.oracle_customers));
  }
  return Retailer(MakeWorld(options));
}

std::vector<std::string> Retailer::Tables() {
  return {"raw.regions",
          "raw.postal_regions",
          "raw.postal_formats",
          "raw.stores",
          "raw.product_categories",
          "raw.loyalty_tiers",
          "raw.promotions",
          "raw.product_catalog",
          "raw.inventory",
          "raw.customers",
          "raw.customer_history",
          "raw.price_history",
          "raw.inventory_history",
          "raw.event_stream",
          "oracle.top_products",
          "oracle.totals"};
}

Result<arrow::Stream> Retailer::Open(std::string_view table) const {
  AISLE_TRY(arrow::Schema schema, Columns(table));
  auto builder = std::make_shared<arrow::BatchBuilder>(schema);
  const auto next = [world = world_, name = std::string(table), builder,
                     done = std::int64_t{0}]() mutable -> Result<std::optional<arrow::Batch>> {
    const std::int64_t count = EntityCount(*world, name);
    if (done >= count) return std::nullopt;
    const std::int64_t last = std::min(count, done + BlockSize(name));
    FillBlock(*world, name, done, last, *builder);
    done = last;
    return std::optional<arrow::Batch>(builder->Finish());
  };
  return arrow::MakeStream(schema, next);
}

std::int64_t Retailer::ExpectedRows(std::string_view table) const {
  struct PerEntity {
    std::string_view table;
    double rows;
  };
  // Measured; the shares hold for any seed.
  constexpr PerEntity kRows[] = {{"raw.event_stream", 80},      {"raw.customer_history", 2.4},
                                 {"raw.price_history", 3.9},    {"raw.inventory", 5},
                                 {"raw.inventory_history", 24}, {"oracle.top_products", 40}};
  double rows = 1;
  for (const PerEntity& known : kRows)
    if (known.table == table) rows = known.rows;
  return static_cast<std::int64_t>(static_cast<double>(EntityCount(*world_, table)) * rows);
}

}  // namespace aisle::synth
