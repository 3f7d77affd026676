// Counter-based random streams: a stream is a pure function of (seed, entity, purpose), so any
// customer or product can be generated alone, in any order, on any thread, and always comes out the
// same.
//
// A Stream is a counter and a key; every draw mixes them. Two streams with different keys are
// independent for all we can measure; a stream must not be shared between threads (make another
// one: it costs nothing).
//
//   order    draws are a sequence; adding a draw in the middle changes everything after it, so give
//            each purpose its own stream.
//   units    Uniform is in [0, 1), 53 bits; Normal has mean 0 and variance 1; Exponential has mean
//            1.
//   source   the mixing function is splitmix64 (Steele, Lea, Flood 2014); logarithm, exponential and
//            cosine are the C library's, so byte-equal results are promised for one libm, not across
//            libms.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>

#include "base/result.h"

namespace aisle::base {

// A bijective mix of 64 bits (finalizer of splitmix64).
constexpr std::uint64_t Mix(std::uint64_t x) {
  x ^= x >> 30U;
  x *= 0xbf58476d1ce4e5b9U;
  x ^= x >> 27U;
  x *= 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

class Stream {
 public:
  constexpr Stream(std::uint64_t seed, std::uint64_t entity, std::uint64_t purpose)
      : state_(Mix(Mix(Mix(seed + kGamma) + entity * kGamma) + purpose * kGamma)) {}

  constexpr std::uint64_t Next() {
    state_ += kGamma;
    return Mix(state_);
  }

  constexpr double Uniform() { return static_cast<double>(Next() >> 11U) * 0x1.0p-53; }
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }

  // An integer in [0, count); count > 0. Multiply-shift: the bias is below count / 2^64.
  constexpr std::uint64_t Below(std::uint64_t count) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(Next()) * count) >> 64U);
  }
  // Both ends included.
  constexpr std::int64_t Between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(Below(static_cast<std::uint64_t>(high - low) + 1));
  }
  constexpr bool Chance(double probability) { return Uniform() < probability; }

  double Exponential() { return -std::log1p(-Uniform()); }

  // Box and Muller's form, one of the pair thrown away: two streams in step stay in step.
  double Normal() {
    const double radius = std::sqrt(2.0 * Exponential());
    return radius * std::cos(2.0 * std::numbers::pi * Uniform());
  }

  // Knuth's product for small means, a sum of halves for large ones. mean >= 0.
  int Poisson(double mean) {
    int total = 0;
    while (mean > 16.0) {
      mean /= 2.0;
      total += Poisson(mean);
    }
    const double limit = std::exp(-mean);
    double product = Uniform();
    while (product > limit) {
      ++total;
      product *= Uniform();
    }
    return total;
  }

  // Marsaglia and Tsang (2000) for shape >= 1.
  double Gamma(double shape, double scale) {
    AISLE_ASSERT(shape >= 1.0);
    const double d = shape - 1.0 / 3.0;
    const double c = 1.0 / std::sqrt(9.0 * d);
    for (;;) {
      const double x = Normal();
      const double cube = 1.0 + c * x;
      if (cube <= 0) continue;
      const double v = cube * cube * cube;
      if (std::log(1.0 - Uniform()) < 0.5 * x * x + d - d * v + d * std::log(v))
        return d * v * scale;
    }
  }

  // Index drawn with the given non-negative weights, not all zero.
  std::size_t Weighted(std::span<const double> weights) {
    double total = 0;
    for (const double weight : weights) total += weight;
    AISLE_ASSERT(total > 0);
    double rest = Uniform() * total;
    for (std::size_t i = 0; i + 1 < weights.size(); ++i) {
      rest -= weights[i];
      if (rest < 0) return i;
    }
    return weights.size() - 1;
  }

 private:
  static constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15U;
  std::uint64_t state_;
};

}  // namespace aisle::base
