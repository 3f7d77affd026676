// The formulas of inputs that mix customer and product: the one text of them, for rows and for columns.
//
// Files that are compiled each with its own instructions include it (each_columns_text.h): everything is inlined, in an
// unnamed namespace, and nothing of the standard library's templates is used. Private to this module.
//
//   missing  NaN in, NaN out.
//   errors   none.
#pragma once

namespace aisle::features {
namespace {

#define AISLE_FORMULA __attribute__((always_inline)) inline

// min(price / denominator, cap).
AISLE_FORMULA float QuotientOf(float price, float denominator, float cap) {
  const float quotient = price / denominator;
  return cap < quotient ? cap : quotient;
}

// How far a product's price position is from where the customer buys.
AISLE_FORMULA float PriceDistanceOf(double price_z, double mean) {
  return static_cast<float>(price_z - mean);
}

// What everybody's price positions say of the product's, before anything is known of the customer.
AISLE_FORMULA double PriceLogOf(double price_z, double prior_variance) {
  return price_z * price_z / (2.0 * prior_variance);
}

// The logarithm of how well the product's popularity, category, brand and price go with the customer; twice_variance is
// of the customer's price position.
AISLE_FORMULA float AffinityOf(float popularity_log, float category_log, float brand_log,
                               double price_z, double price_log, double mean,
                               double twice_variance) {
  const double distance = price_z - mean;
  const double price = price_log - distance * distance / twice_variance;
  return static_cast<float>(static_cast<double>(popularity_log) +
                            static_cast<double>(category_log) + static_cast<double>(brand_log) +
                            price);
}

}  // namespace
}  // namespace aisle::features
