// Columns of the inputs that mix customer and product, by the widest instructions of this CPU: the same bits on each.
// Private to this module.
//
//   shapes   arrays of `count`; groups by index into the given values.
//   threads  any.
//   errors   none.
//   cost     about 0.3 ns a value by AVX-512.
#pragma once

#include <cstddef>
#include <cstdint>

namespace aisle::features {

struct AffinityColumns {
  const float* popularity_log = nullptr;
  const std::uint32_t* category = nullptr;
  const std::uint32_t* brand = nullptr;
  const double* price_z = nullptr;
  const double* price_log = nullptr;
  // Of the request.
  const float* category_log = nullptr;  // By category.
  const float* brand_log = nullptr;     // By brand.
  std::size_t category_count = 0;
  std::size_t brand_count = 0;
  double mean = 0;
  double twice_variance = 0;
};

struct EachColumns {
  void (*quotients)(const float* price, std::size_t count, float denominator, float cap,
                    float* out) = nullptr;
  void (*price_distances)(const double* price_z, std::size_t count, double mean,
                          float* out) = nullptr;
  void (*affinities)(const AffinityColumns& columns, std::size_t count, float* out) = nullptr;
};

extern const EachColumns kEachPortable;
extern const EachColumns kEachAvx2;  // Each only where forest/cpu.h says so.
extern const EachColumns kEachAvx512;
// The widest that this CPU has.
const EachColumns& EachHere();

}  // namespace aisle::features
