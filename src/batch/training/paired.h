// How much better one model is than another on the same customers, with an interval.
//
// Customers are drawn, not rows: a customer's rows lean on each other, so the uncertainty is that of customers. What
// the two share (a customer who is easy for both) falls out of the difference, which is why few customers tell a lot.
//
//   shapes   PairedMean: one value per customer, in the same order. PairedAuc: one margin of each model, one label,
//            weight and customer per row; the rows of one customer stand together.
//   units    95 % normal intervals. Equal models give an interval of width 0.
//   missing  fewer than two customers, or rows of one label only: infinite intervals, which say nothing.
//   errors   none; asserts its shapes.
//   cost     PairedAuc sorts the rows once for each model; nothing is drawn.
//   source   the AUC's influence per row (DeLong et al. 1988), summed within clusters (Obuchowski 1997), with weights.
#pragma once

#include <cstdint>
#include <span>

namespace aisle::training {

struct PairedDifference {
  double ours = 0;
  double theirs = 0;
  double value = 0;  // ours - theirs
  double low = 0;
  double high = 0;
  std::int64_t customers = 0;
};

PairedDifference PairedMean(std::span<const double> ours, std::span<const double> theirs);

PairedDifference PairedAuc(std::span<const float> ours, std::span<const float> theirs,
                           std::span<const float> labels, std::span<const float> weights,
                           std::span<const std::uint32_t> customers);

}  // namespace aisle::training
