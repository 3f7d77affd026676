// A shop with the inputs of the recipe `ranking_reference`, made up, to train and to score models of its
// kind: nine inputs of the customer, price, tier and perishability of the product, and two quotients of price
// and customer.
//
//   order    inputs as recipes/ranking_reference.toml lists them.
//   missing  some ages; averages and days of customers who never ordered or browsed.
//   errors   training that fails ends the program.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "forest/formats/load.h"
#include "forest/sweep/sweep.h"
#include "trainer/trainer.h"

namespace aisle {

inline constexpr std::size_t kShopInputs = 14;
inline constexpr std::size_t kShopConstants = 9;
using ShopCustomer = std::array<float, kShopConstants>;

class ReferenceShop {
 public:
  ReferenceShop(std::uint64_t seed, std::size_t products) {
    base::Stream stream(seed, 1, 1);
    for (std::size_t p = 0; p < products; ++p) {
      const double price = std::clamp(std::exp(3.4 + 1.1 * stream.Normal()), 0.99, 1500.0);
      price_.push_back(static_cast<float>(std::round(price * 100) / 100));
      tier_.push_back(price_.back() < 50 ? 0.0F : price_.back() < 150 ? 1.0F : 2.0F);
      perishable_.push_back(stream.Chance(0.25) ? 1.0F : 0.0F);
    }
  }

  static ShopCustomer Customer(base::Stream& stream) {
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    const double level = std::exp(3.4 + 0.8 * stream.Normal());
    const auto orders = static_cast<float>(stream.Poisson(std::exp(1.0 + stream.Normal())));
    const auto mean = static_cast<float>(level * std::exp(0.3 * stream.Normal()));
    const auto browsed = static_cast<float>(level * std::exp(0.2 * stream.Normal()));
    return {stream.Chance(0.04) ? kNan : static_cast<float>(stream.Between(18, 85)),
            static_cast<float>(stream.Between(0, 120)),
            static_cast<float>(stream.Below(4)),
            orders,
            orders * mean,
            orders > 0 ? mean : kNan,
            orders > 0 ? static_cast<float>(std::floor(60 * stream.Exponential())) : kNan,
            static_cast<float>(stream.Between(0, 1000)) / 10,
            stream.Chance(0.03) ? kNan : browsed};
  }

  std::size_t ProductCount() const { return price_.size(); }
  std::span<const float> prices() const { return price_; }

  // What the model is told of the pair: row has kShopInputs places.
  void FillRow(const ShopCustomer& customer, std::size_t product, float* row) const {
    std::ranges::copy(customer, row);
    row[9] = price_[product];
    row[10] = tier_[product];
    row[11] = perishable_[product];
    row[12] = price_[product] / Denominator(customer[8]);
    row[13] = std::min(price_[product] / Denominator(customer[5]), 5.0F);
  }

  // The same customer as the sweep's request.
  static std::vector<float> RequestOf(const ShopCustomer& customer) {
    std::vector<float> request(kShopInputs, std::numeric_limits<float>::quiet_NaN());
    std::ranges::copy(customer, request.begin());
    request[12] = Denominator(customer[8]);
    request[13] = Denominator(customer[5]);
    return request;
  }

  forest::SweepCatalogue ForSweep() const {
    using enum forest::InputRole;
    forest::SweepCatalogue catalogue{price_, std::vector<forest::SweepInput>(kShopConstants)};
    for (const auto* values : {&price_, &tier_, &perishable_})
      catalogue.inputs.push_back({.role = kProductStatic, .values = *values});
    catalogue.inputs.push_back({.role = kPairMonotone});
    catalogue.inputs.push_back({.role = kPairMonotone, .cap = 5});
    return catalogue;
  }

  // XGBoost's bytes of a model that learnt from `rows` drawn pairs.
  std::string Train(std::size_t rows, int rounds, int depth) const {
    base::Stream stream(9, 9, 9);
    trainer::Dataset data;
    data.feature_count = kShopInputs;
    data.rows.resize(rows * kShopInputs);
    for (std::size_t i = 0; i < rows; ++i) {
      const ShopCustomer customer = Customer(stream);
      float* const row = &data.rows[i * kShopInputs];
      FillRow(customer, stream.Below(price_.size()), row);
      // A comparison with a missing value is false.
      double margin = -0.5 + (row[12] < 1.4F) + (row[13] > 0.5F && row[13] < 1.6F) -
                      0.6 * (row[6] > 70.0F) + 0.01 * static_cast<double>(row[7]) +
                      0.4 * static_cast<double>(row[11] * (row[0] > 40.0F));
      margin += 0.3 * (row[10] > 1.0F && row[2] > 1.0F) - 0.8 * (row[12] > 3.0F);
      data.labels.push_back(stream.Chance(1 / (1 + std::exp(1 - margin))) ? 1.0F : 0.0F);
    }
    trainer::Settings settings;
    settings.rounds = rounds;
    settings.max_depth = depth;
    settings.learning_rate = depth > 6 ? 0.08 : 0.1;
    settings.extra = {{"tree_method", "hist"}};
    const auto model = trainer::Train(data, settings);
    AISLE_ASSERT(model);
    return model->ubjson;
  }

 private:
  static float Denominator(float average) { return std::max(average, 1.0F); }  // NaN stays NaN.

  std::vector<float> price_, tier_, perishable_;
};

}  // namespace aisle
