// The plain baselines: what a shop could do without a model.
//
//   shapes   one score per candidate; candidates are positions in the catalogue's products.
//   missing  a customer without history gets popularity from every one of them.
//   threads  pure.
#pragma once

#include <cstdint>
#include <span>

#include "features/pair_row.h"

namespace aisle::evaluation {

inline constexpr const char* kPopularityRegionDefinition =
    "order lines of 90 days in the customer's region";
void PopularityRegion(const features::Catalogue& catalogue,
                      const features::CustomerRecord& customer,
                      std::span<const std::uint32_t> candidates, std::span<float> scores);

inline constexpr const char* kPopularityOwnDefinition =
    "order lines of 90 days x the customer's share of sessions in the category (one session of "
    "everybody's shares added)";
void PopularityOwnCategories(const features::CatalogueView& view,
                             const features::CustomerRecord& customer,
                             std::span<const std::uint32_t> candidates, std::span<float> scores);

inline constexpr const char* kPersonalFrequencyDefinition =
    "views + 3 carts + 3 purchases of the product by the customer, each count fading over 28 days "
    "since its last; then popularity";
void PersonalFrequency(const features::Catalogue& catalogue,
                       const features::CustomerRecord& customer, base::Timestamp now,
                       std::span<const std::uint32_t> candidates, std::span<float> scores);

}  // namespace aisle::evaluation
