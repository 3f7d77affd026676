// How good scores and rankings were, by the definitions that training's gates and evaluation share.
//
//   shapes   ranked: positions, best first; relevant: positions, sorted, each once; scores, labels and
//            weights have one place per row.
//   units    shares in [0, 1].
//   missing  nothing relevant: 0. Auc without a positive or without a negative row: NaN.
//   errors   none; asserts its shapes.
//   source   NDCG with gain 1 and discount 1 / log2(rank + 1), against min(k, relevant) ideal hits; the
//            AUC counts ties half (Mann and Whitney).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace aisle::ranking {

double NdcgAt(std::size_t k, std::span<const std::uint32_t> ranked,
              std::span<const std::uint32_t> relevant);
// Hits among the first k / relevant.
double RecallAt(std::size_t k, std::span<const std::uint32_t> ranked,
                std::span<const std::uint32_t> relevant);
// 1 if any of the first k is relevant.
double HitAt(std::size_t k, std::span<const std::uint32_t> ranked,
             std::span<const std::uint32_t> relevant);

// A label above 0 is positive; empty weights are all 1.
double Auc(std::span<const float> scores, std::span<const float> labels,
           std::span<const float> weights = {});

}  // namespace aisle::ranking
