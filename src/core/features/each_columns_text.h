// The loops of each_columns.h, for files that are compiled each with its own instructions; the compiler makes vectors
// of them. Private to this module.
#pragma once

#include "features/each_columns.h"
#include "features/each_formulas.h"

namespace aisle::features {
namespace {

void Quotients(const float* price, std::size_t count, float denominator, float cap, float* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = QuotientOf(price[i], denominator, cap);
}

void PriceDistances(const double* price_z, std::size_t count, double mean, float* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = PriceDistanceOf(price_z[i], mean);
}

void Affinities(const AffinityColumns& of, std::size_t count, float* out) {
  const AffinityColumns c = of;
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = AffinityOf(c.popularity_log[i], c.category_log[c.category[i]], c.brand_log[c.brand[i]],
                        c.price_z[i], c.price_log[i], c.mean, c.twice_variance);
  }
}

}  // namespace
}  // namespace aisle::features
