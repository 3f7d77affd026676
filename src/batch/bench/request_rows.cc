#include "bench/request_rows.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "features/pair_row.h"

namespace aisle::bench {
namespace {

constexpr base::Timestamp kNow{base::Microseconds{1'795'478'400'000'000}};
constexpr std::uint16_t kCategories = 12;
constexpr std::uint16_t kBrands = 80;

// Prices of a dollar to some thousand, half of them above 30.
domain::Cents MakePrice(base::Stream& stream) {
  const double usd = std::clamp(30 * std::exp(1.2 * stream.Normal()), 1.0, 5000.0);
  return {std::llround(100 * usd)};
}

features::Catalogue MakeCatalogue(std::size_t count) {
  base::Stream stream(1, count, kCategories);
  features::Catalogue catalogue;
  catalogue.as_of = kNow;
  for (std::uint16_t c = 0; c < kCategories; ++c) {
    const std::string id = "CAT-" + std::to_string(c);
    catalogue.categories.push_back({id, id, "Department"});
  }
  for (std::uint16_t b = 0; b < kBrands; ++b)
    catalogue.brands.push_back("Brand " + std::to_string(b));
  for (std::size_t p = 0; p < count; ++p) {
    features::ProductRecord product;
    product.product.value = static_cast<std::int64_t>(p) + 1;
    product.category = static_cast<std::uint16_t>(stream.Below(kCategories));
    product.brand = static_cast<std::uint16_t>(stream.Below(kBrands));
    product.price = MakePrice(stream);
    product.price_z = stream.Normal();
    product.is_perishable = stream.Chance(0.2);
    product.launched = kNow - base::kDay * stream.Between(10, 1000);
    product.purchases = static_cast<std::int32_t>(std::exp(4 + 1.5 * stream.Normal()));
    product.buyers = product.purchases / 2;
    product.purchases_90d = product.purchases / 4;
    product.purchases_28d = product.purchases / 12;
    product.views_28d = product.purchases;
    catalogue.products.push_back(std::move(product));
  }
  return catalogue;
}

features::CustomerRecord MakeCustomer(base::Stream& stream) {
  features::CustomerRecord customer;
  customer.as_of = kNow;
  customer.has_birth_date = stream.Chance(0.9);
  customer.date_of_birth = base::Date{std::chrono::days{stream.Between(0, 13'000)}};
  customer.customer_since = base::Date{std::chrono::days{stream.Between(18'500, 20'700)}};
  customer.tier = static_cast<domain::Tier>(stream.Below(4));
  customer.total_orders = static_cast<std::int32_t>(stream.Below(12));
  for (std::int32_t order = 0; order < customer.total_orders; ++order)
    customer.lifetime_spend.value += 2 * MakePrice(stream).value;
  if (customer.total_orders > 0)
    customer.last_purchase = kNow - base::kDay * stream.Between(0, 400);
  customer.sessions = static_cast<std::int32_t>(stream.Below(40));
  customer.browse_events = 3 * customer.sessions;
  customer.events = 4 * customer.sessions;
  customer.browsed_price_count = 2 * customer.sessions;
  for (std::int32_t i = 0; i < customer.browsed_price_count; ++i)
    customer.browsed_price_sum.value += MakePrice(stream).value;
  if (customer.events > 0) customer.last_event = kNow - base::kDay * stream.Between(0, 100);
  return customer;
}

}  // namespace

Result<std::vector<float>> MakeRequestRows(std::span<const std::string> inputs,
                                           std::size_t customers, std::size_t products) {
  AISLE_TRY(auto resolved, features::ResolvePairInputs(inputs));
  const features::Catalogue catalogue = MakeCatalogue(products);
  const features::CatalogueView view(catalogue);
  const features::PairRowMaker maker(view, std::move(resolved));
  std::vector<std::uint32_t> all(products);
  std::iota(all.begin(), all.end(), 0U);
  std::vector<float> rows(customers * products * maker.InputCount());
  base::Stream stream(2, customers, products);
  for (std::size_t i = 0; i < customers; ++i) {
    const std::size_t size = products * maker.InputCount();
    maker.Fill(MakeCustomer(stream), {}, kNow, all, std::span(rows).subspan(i * size, size));
  }
  return rows;
}

}  // namespace aisle::bench
