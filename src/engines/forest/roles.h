// How an input of a model varies among the candidates of one request: what engines may make use of.
//
// Whoever defines an input says its role, and an engine believes it; a role is never guessed from a model or
// from data. A wrong one gives wrong scores, so roles stand beside the code that computes the input.
//
//   order    kPairMonotone is min(axis / denominator, cap): the axis is a number of the product (its price), the
//            denominator one of the request, the cap a constant or infinity. It never falls as the axis rises.
//   missing  a missing axis or denominator makes the quotient missing.
//   errors   none.
#pragma once

#include <cstdint>

namespace aisle::forest {

enum class InputRole : std::uint8_t {
  kRequestConstant,  // The same for all candidates of a request.
  kProductStatic,    // The product's own: the same in all requests of a generation.
  kPair,             // Anything else.
  kPairMonotone,     // A quotient of a number of the product and one of the request.
};

}  // namespace aisle::forest
