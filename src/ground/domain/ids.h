// The nouns of the shop as types that cannot be swapped by accident.
#pragma once

#include <compare>
#include <cstdint>

namespace aisle::domain {

template <typename Tag>
struct Id {
  std::int64_t value = 0;
  friend auto operator<=>(Id, Id) = default;
};

using CustomerId = Id<struct CustomerTag>;
using ProductId = Id<struct ProductTag>;

// Money inside the program: hundredths of the retailer's currency (currency.h), so that sums do not depend on order.
struct Cents {
  std::int64_t value = 0;
  friend auto operator<=>(Cents, Cents) = default;
  double Units() const { return static_cast<double>(value) / 100.0; }
};

}  // namespace aisle::domain
