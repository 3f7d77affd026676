// What one customer would pick: probabilities of products and draws from them, in any period.
//
// Sums over the shop's tables are made when first asked for and kept, so a Taste is cheap to make
// and should live as long as one customer is worked on.
//
//   units    Share() is the probability of the product given its category; CategoryShare() of the
//            category. Their product is the probability of a taste-driven view.
//   threads  belongs to one thread.
#pragma once

#include <array>

#include "synth/person.h"

namespace aisle::synth {

class Taste {
 public:
  Taste(const Retailer::World& world, const Person& person);

  double CategoryShare(int period, int category) const;
  double Share(int period, int product) const;
  int DrawCategory(int period, base::Stream& stream) const;
  int DrawProduct(int period, int category, base::Stream& stream) const;
  int Draw(int period, base::Stream& stream) const {
    return DrawProduct(period, DrawCategory(period, stream), stream);
  }

 private:
  struct CellSums {
    bool ready = false;
    std::array<double, kBrands> weight{};
    double total = 0;
  };
  const CellSums& Sums(int period, int category) const;
  double BrandTaste(int category, int brand) const;

  const Retailer::World& world_;
  const Person& person_;
  mutable std::array<std::array<CellSums, kCategories>, kPeriods> sums_{};
  mutable std::array<double, kPeriods> category_total_{};
};

// A product by popularity alone: what a customer looks at without meaning anything by it.
int DrawPopular(const Retailer::World& world, int period, int category, base::Stream& stream);
// Its probability given the category.
double PopularShare(const Retailer::World& world, int period, int product);

}  // namespace aisle::synth
