#include "api/customer_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <vector>

#include "api/answer_parts.h"
#include "base/clock.h"
#include "web/json_text.h"

namespace aisle::api {
namespace {

constexpr std::size_t kCategoriesShown = 5;
constexpr std::size_t kProductsShown = 8;

void AppendTime(std::string& out, base::Timestamp time) {
  out += time == features::kNever ? "null" : fmt::format("\"{}\"", base::FormatIso(time));
}

base::Timestamp LastOf(const features::PairHistory& pair) {
  return std::max({pair.last_view, pair.last_cart, pair.last_purchase});
}

// What was done last; of what happened at once, what means most.
std::string_view DidLast(const features::PairHistory& pair) {
  const base::Timestamp last = LastOf(pair);
  if (pair.last_purchase == last) return "bought";
  return pair.last_cart == last ? "put into the cart" : "viewed";
}

// The first `count` of what comes out on top, as an array of objects.
template <typename Entry, typename Before, typename Append>
void AppendTop(std::string& out, std::vector<Entry> entries, std::size_t count,
               const Before& before, const Append& append) {
  const auto top = entries.begin() + static_cast<std::ptrdiff_t>(std::min(count, entries.size()));
  std::ranges::partial_sort(entries, top, before);
  out += '[';
  for (auto entry = entries.begin(); entry != top; ++entry) {
    if (entry != entries.begin()) out += ',';
    append(*entry);
  }
  out += ']';
}

void AppendCategories(std::string& out, const features::CustomerRecord& customer,
                      const features::Catalogue& catalogue) {
  const auto rank = [](const features::CategoryHistory& entry) {
    return std::tuple(-entry.purchases, -entry.sessions, entry.category);
  };
  AppendTop(
      out, customer.categories, kCategoriesShown,
      [&](const auto& a, const auto& b) { return rank(a) < rank(b); },
      [&](const features::CategoryHistory& entry) {
        out += R"({"category":)";
        web::AppendJsonString(out, catalogue.categories[entry.category].name);
        fmt::format_to(std::back_inserter(out), R"(,"lines_bought":{},"sessions":{},"last_event":)",
                       entry.purchases, entry.sessions);
        AppendTime(out, entry.last_event);
        out += '}';
      });
}

void AppendProducts(std::string& out, const features::CustomerRecord& customer,
                    const features::Catalogue& catalogue) {
  std::vector<features::PairHistory> pairs = customer.pairs;
  // What is not sold any more has no name to show.
  std::erase_if(pairs, [&](const auto& pair) { return catalogue.Find(pair.product) < 0; });
  const auto later = [](const auto& a, const auto& b) {
    return std::tuple(LastOf(b), a.product) < std::tuple(LastOf(a), b.product);
  };
  AppendTop(out, std::move(pairs), kProductsShown, later, [&](const features::PairHistory& pair) {
    const auto& product =
        catalogue.products[static_cast<std::size_t>(catalogue.Find(pair.product))];
    out += R"({"product_id":)";
    AppendId(out, product.source_id, product.product.value);
    out += R"(,"product_name":)";
    web::AppendJsonString(out, product.name);
    out += R"(,"category":)";
    web::AppendJsonString(out, catalogue.categories[product.category].name);
    out += R"(,"price":)";
    AppendPrice(out, product.price, catalogue.shape.Money());
    fmt::format_to(std::back_inserter(out),
                   R"(,"views":{},"carts":{},"lines_bought":{},"last":"{}","last_event":)",
                   pair.views, pair.carts, pair.purchases, DidLast(pair));
    AppendTime(out, LastOf(pair));
    out += '}';
  });
}

}  // namespace

void AppendCustomer(std::string& out, std::string_view source_id,
                    const features::CustomerRecord& customer,
                    const features::Catalogue& catalogue) {
  out += R"({"customer_id":)";
  AppendId(out, source_id, customer.customer.value);
  out += R"(,"zip_code":)";
  web::AppendJsonString(out, customer.postal_code);
  out += R"(,"region":)";
  web::AppendJsonString(out, catalogue.shape.RegionName(customer.region));
  out += R"(,"tier":)";
  web::AppendJsonString(out, catalogue.shape.TierName(customer.tier));
  out += R"(,"age_years":)";
  const auto today = std::chrono::floor<std::chrono::days>(customer.as_of);
  out += customer.has_birth_date
             ? fmt::format("{}", base::CompletedYears(customer.date_of_birth, today))
             : "null";
  fmt::format_to(std::back_inserter(out),
                 R"(,"has_app":{},"email_subscriber":{},"orders":{},"spend":)", customer.has_app,
                 customer.email_subscriber, customer.total_orders);
  AppendPrice(out, customer.lifetime_spend, catalogue.shape.Money());
  AppendCurrency(out, catalogue.shape.Money());
  fmt::format_to(std::back_inserter(out), R"(,"sessions":{},"last_purchase":)", customer.sessions);
  AppendTime(out, customer.last_purchase);
  out += R"(,"last_event":)";
  AppendTime(out, customer.last_event);
  out += R"(,"as_of":)";
  AppendTime(out, customer.as_of);
  out += R"(,"categories":)";
  AppendCategories(out, customer, catalogue);
  out += R"(,"products":)";
  AppendProducts(out, customer, catalogue);
  out += '}';
}

}  // namespace aisle::api
