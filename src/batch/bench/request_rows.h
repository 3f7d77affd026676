// A made-up shop's rows for a model of (customer, product) pairs, as requests have them: for `aisle models bench`,
// which times the sweep on them.
//
//   shapes   row-major, all products of the first customer, then those of the next one; inputs in the given order.
//   order    products by id.
//   missing  as features::PairRowMaker: customers without orders, birth date or browsed prices are among them.
//   errors   kFailedPrecondition for an input that features::PairInputs() lacks.
//   cost     that of filling the rows. The same arguments give the same numbers.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace aisle::bench {

Result<std::vector<float>> MakeRequestRows(std::span<const std::string> inputs,
                                           std::size_t customers, std::size_t products);

}  // namespace aisle::bench
