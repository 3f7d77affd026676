#include "synth/taste.h"

#include <algorithm>

namespace aisle::synth {
namespace {

// Position of `x` in cumulative[begin, end): the first one above it.
int Find(const double* cumulative, int begin, int end, double x) {
  const double* found = std::upper_bound(cumulative + begin, cumulative + end, x);
  return std::min(static_cast<int>(found - cumulative), end - 1);
}

}  // namespace

Taste::Taste(const Retailer::World& world, const Person& person) : world_(world), person_(person) {
  for (std::size_t period = 0; period < kPeriods; ++period) {
    for (std::size_t category = 0; category < kCategories; ++category)
      category_total_[period] += person.category_taste[category] * world.season[period][category];
  }
}

double Taste::CategoryShare(int period, int category) const {
  const auto k = static_cast<std::size_t>(period);
  const auto c = static_cast<std::size_t>(category);
  return person_.category_taste[c] * world_.season[k][c] / category_total_[k];
}

double Taste::BrandTaste(int category, int brand) const {
  const int department = Categories()[static_cast<std::size_t>(category)].department;
  return person_.brand_taste[static_cast<std::size_t>(department)][static_cast<std::size_t>(brand)];
}

const Taste::CellSums& Taste::Sums(int period, int category) const {
  CellSums& sums = sums_[static_cast<std::size_t>(period)][static_cast<std::size_t>(category)];
  if (sums.ready) return sums;
  const double* established = world_.Established(period, person_.price_level);
  const double* fresh = world_.Fresh(period, person_.price_level);
  for (int brand = 0; brand < kBrands; ++brand) {
    const int cell = category * kBrands + brand;
    const double weight =
        BrandTaste(category, brand) * (established[cell] + person_.newness * fresh[cell]);
    sums.weight[static_cast<std::size_t>(brand)] = weight;
    sums.total += weight;
  }
  sums.ready = true;
  return sums;
}

double Taste::Share(int period, int product) const {
  const auto p = static_cast<std::size_t>(product);
  const Product& row = world_.products[p];
  double weight = world_.strength[static_cast<std::size_t>(period)][p] *
                  world_.kernel[static_cast<std::size_t>(person_.price_level)][p] *
                  BrandTaste(row.category, row.brand);
  if (world_.IsNew(row, period)) weight *= person_.newness;
  return weight / Sums(period, row.category).total;
}

int Taste::DrawCategory(int period, base::Stream& stream) const {
  const auto k = static_cast<std::size_t>(period);
  double rest = stream.Uniform() * category_total_[k];
  for (std::size_t category = 0; category + 1 < kCategories; ++category) {
    rest -= person_.category_taste[category] * world_.season[k][category];
    if (rest < 0) return static_cast<int>(category);
  }
  return kCategories - 1;
}

int Taste::DrawProduct(int period, int category, base::Stream& stream) const {
  const CellSums& sums = Sums(period, category);
  const int brand = static_cast<int>(stream.Weighted(sums.weight));
  const auto k = static_cast<std::size_t>(period);
  const auto cell = static_cast<std::size_t>(category) * kBrands + static_cast<std::size_t>(brand);
  const int begin = world_.cell_begin[cell];
  const int middle = begin + world_.cell_counts[k][cell][0];
  const int end = middle + world_.cell_counts[k][cell][1];
  const double* cumulative = world_.Cumulative(period, person_.price_level);
  const double established = world_.Established(period, person_.price_level)[cell];
  const double x =
      stream.Uniform() *
      (established + person_.newness * world_.Fresh(period, person_.price_level)[cell]);
  const int position =
      x < established || middle == end
          ? Find(cumulative, begin, middle, x)
          : Find(cumulative, middle, end, established + (x - established) / person_.newness);
  return world_.order[k][static_cast<std::size_t>(position)];
}

int DrawPopular(const Retailer::World& world, int period, int category, base::Stream& stream) {
  const auto k = static_cast<std::size_t>(period);
  const double x = stream.Uniform() * world.PlainTotal(period, category);
  const auto first = static_cast<std::size_t>(category) * kBrands;
  const int position = Find(world.plain_cumulative[k].data(), world.cell_begin[first],
                            world.cell_begin[first + kBrands], x);
  return world.order[k][static_cast<std::size_t>(position)];
}

double PopularShare(const Retailer::World& world, int period, int product) {
  const auto p = static_cast<std::size_t>(product);
  return world.strength[static_cast<std::size_t>(period)][p] /
         world.PlainTotal(period, world.products[p].category);
}

}  // namespace aisle::synth
