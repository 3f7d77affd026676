// Rows and labels of one cutoff: what was known of each customer then, and what happened after.
//
// Make one RowWriter per cutoff and hand it each customer's record with what that customer did in the
// label window. Which rows come out, how they are sampled and what they weigh is the recipe's
// RowRules. A row is made by the function that serving calls.
//
//   order    rows stand in the order customers are written; with an objective that ranks, each
//            customer is one group.
//   units    a weight is the number of rows that a row stands for.
//   missing  customers without rows leave nothing behind. Products that were not in the cutoff's
//            catalogue (launched later) have no rows.
//   threads  Write is const; one RowSet belongs to one thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "features/pair_row.h"
#include "gold/feature_stream.h"
#include "training/recipe.h"

namespace aisle::training {

struct RowSet {
  trainer::Dataset dataset;
  std::int64_t positives = 0;
  std::int64_t RowCount() const { return static_cast<std::int64_t>(dataset.labels.size()); }
};

class RowWriter {
 public:
  // `view` must outlive the writer. `buyers`: how many customers bought in the window. `seed` decides
  // who and what is sampled.
  static Result<RowWriter> Make(const Recipe& recipe, const features::CatalogueView& view,
                                base::Timestamp cutoff, std::int64_t buyers, std::uint64_t seed);
  // False: Write would leave nothing of this customer, whatever the record says. So only those who are
  // wanted need be read.
  bool Wants(domain::CustomerId customer, std::span<const gold::Activity> happened) const;
  // `propensity` has one score per category, or is empty.
  void Write(const features::CustomerRecord& customer, std::span<const gold::Activity> happened,
             std::span<const float> propensity, RowSet& out) const;

 private:
  // The share in which customers like this one are sampled; 0: none of them.
  double ShareOf(std::span<const gold::Activity> happened) const;
  base::Stream StreamOf(domain::CustomerId customer) const;
  RowWriter(const Recipe& recipe, const features::CatalogueView& view, base::Timestamp cutoff,
            std::int64_t buyers, std::uint64_t seed, std::vector<std::uint16_t> inputs);
  struct Pick {
    std::uint32_t position = 0;  // In the catalogue's products.
    bool bought = false;
    float weight = 1;
  };
  std::vector<Pick> PickPairs(const features::CustomerRecord& customer,
                              std::span<const gold::Activity> happened, base::Stream& stream,
                              float weight) const;
  std::vector<Pick> PickEvents(std::span<const gold::Activity> happened, float weight) const;
  std::uint32_t DrawProduct(base::Stream& stream) const;
  void WritePairs(const features::CustomerRecord& customer, std::span<const Pick> picks,
                  std::span<const float> propensity, RowSet& out) const;
  void WriteCategories(const features::CustomerRecord& customer,
                       std::span<const gold::Activity> happened, float weight, RowSet& out) const;

  RowRules rules_;
  double buyers_share_;
  bool grouped_;
  const features::CatalogueView* view_;
  base::Timestamp cutoff_;
  std::uint64_t seed_;
  std::vector<std::uint16_t> inputs_;
  std::vector<double> popularity_;  // Cumulated, of products by position; for draws.
};

}  // namespace aisle::training
