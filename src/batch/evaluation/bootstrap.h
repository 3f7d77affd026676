// Percentile intervals by drawing customers again, with replacement.
//
// One Bootstrap holds the draws; every estimate made with it uses the same ones, so that differences
// and shares are paired.
//
//   shapes   one value per customer.
//   units    95 % intervals of kDraws draws.
//   missing  NaN: the customer has no such value and does not count.
//   order    deterministic by seed.
//   source   Efron and Tibshirani (1993), percentile intervals.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluation/evaluation.h"

namespace aisle::evaluation {

inline constexpr int kDraws = 1000;

class Bootstrap {
 public:
  Bootstrap(std::size_t customers, std::uint64_t seed);

  Estimate Mean(std::span<const double> values) const;
  // Means over the customers who have both.
  Estimate Difference(std::span<const double> a, std::span<const double> b) const;
  Estimate Share(std::span<const double> part, std::span<const double> whole) const;

  // How often each customer was drawn in a draw.
  std::span<const std::uint16_t> Counts(int draw) const {
    return std::span(counts_).subspan(static_cast<std::size_t>(draw) * customers_, customers_);
  }

 private:
  std::size_t customers_;
  std::vector<std::uint16_t> counts_;
};

// `value` with the interval of the draws' values; NaNs among them are left out.
Estimate WithInterval(double value, std::vector<double> draws);

// The AUC over rows of many customers, a row being one (customer, category).
struct ScoredRow {
  float score = 0;
  bool positive = false;
  std::uint32_t customer = 0;  // Position in the Bootstrap.
};
struct AucDraws {
  double value = 0;
  std::vector<double> draws;
};
AucDraws BootstrapAuc(const Bootstrap& bootstrap, std::vector<ScoredRow> rows);

}  // namespace aisle::evaluation
