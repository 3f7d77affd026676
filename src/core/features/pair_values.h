// The values of pair inputs, each computed for as many products at once as share it. Private to this module.
//
// A PairRequest holds what one customer at one moment has for all products; the functions below give the
// inputs, by scope: one value for the request, one per category or brand, one per product, or one per pair
// with a history. Rows and columns are both made of them, so they cannot differ.
//
//   missing  NaN.
//   threads  any; a PairRequest refers to the customer, the view and the propensities it was made of.
//   errors   none.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "features/customer_inputs.h"
#include "features/inputs.h"
#include "features/pair_row.h"

namespace aisle::features {

// Among what an input is the same.
enum class Scope : std::uint8_t {
  kRequest,   // All rows of a request.
  kProduct,   // All requests of a generation, product by product: CatalogueView::ProductColumn().
  kCategory,  // The products of a category, in one request.
  kBrand,     // The products of a brand, in one request.
  kEach,      // Nothing: customer and product are mixed.
  kHistory,   // The products that the customer never met.
};
Scope ScopeOf(std::uint16_t input);

struct PriceTaste {
  double mean = 0;
  double variance = 0;  // Of the taste and of our ignorance of its mean.
};

struct BrandContext {
  float share_log = 0;
  float products = 0;
};

// One pair of the customer, and its place among the customer's open interests (NaN: it is none).
struct MetPair {
  std::uint32_t position = 0;  // In the catalogue's products.
  const PairHistory* pair = nullptr;
  float open_rank = std::numeric_limits<float>::quiet_NaN();
};

// What the customer's pairs say together.
struct Interests {
  std::vector<MetPair> pairs;  // Those that are among the catalogue's products, by position.
  std::vector<base::Timestamp> open_times;  // Rising.
  float open = 0;
  float touched = 0;
  float share_bought = 0;
};

struct PairRequest {
  const CatalogueView* view = nullptr;
  CustomerInputs customer{};
  std::vector<CategoryContext> categories;
  std::vector<BrandContext> brands;
  PriceTaste taste;
  std::span<const float> propensity;
  Interests interests;
  base::Timestamp now{};
  std::vector<std::int64_t> touched;  // By department.
};
void FillInterests(const CustomerRecord& customer, const CatalogueView& view, base::Timestamp now,
                   Interests& interests);
// Memory of `request` is kept from call to call.
void FillPairRequest(const CatalogueView& view, const CustomerRecord& customer,
                     std::span<const float> propensity, base::Timestamp now, PairRequest& request);

// Each for inputs of its scope.
float RequestValue(PairInput input, const PairRequest& request);
float CategoryValue(PairInput input, const PairRequest& request, std::size_t category);
float BrandValue(PairInput input, const PairRequest& request, std::size_t brand);
// Of a quotient; NaN when the average is missing.
float Denominator(PairInput input, const CustomerInputs& customer);
float EachValue(PairInput input, const PairRequest& request, std::uint32_t position);
// At another price.
float EachValue(PairInput input, const PairRequest& request, const Repriced& product);
// Whether the input of scope kProduct is made of the price, and what of.
bool IsOfPrice(PairInput input);
float PricedValue(PairInput input, const Repriced& product);
float PriceValue(domain::Cents price);   // kPrice
float ProductTier(domain::Cents price);  // kProductTier
// The same for a list of products: count values from `out` on.
void FillEach(PairInput input, const PairRequest& request, const ListedProducts& products,
              PairColumns& memory, float* out);
// What a product's price position says by itself, of ListedProducts.
double PriceLog(double price_z);
float HistoryValue(PairInput input, const MetPair* met, base::Timestamp now);  // Null: never met.

}  // namespace aisle::features
