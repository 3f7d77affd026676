// Columns by AVX-512 F, BW and VL.
#include <immintrin.h>

#include "features/each_columns_text.h"

namespace aisle::features {
namespace {

constexpr std::size_t kInRegisters = 32;

// Sixteen entries of a table of up to 32, which stands in two registers: gathering them takes longer.
struct Table {
  __m512 low;
  __m512 high;
  explicit Table(const float* values, std::size_t count)
      : low(_mm512_maskz_loadu_ps(Mask(count), values)),
        high(_mm512_maskz_loadu_ps(Mask(count < 16 ? 0 : count - 16), values + 16)) {}
  static __mmask16 Mask(std::size_t count) {
    return static_cast<__mmask16>(count >= 16 ? 0xffffU : (1U << count) - 1);
  }
  __m512 At(const std::uint32_t* index) const {
    return _mm512_permutex2var_ps(low, _mm512_loadu_si512(index), high);
  }
};

// AffinityOf() of eight.
AISLE_FORMULA __m256 EightAffinities(__m256 popularity, __m256 category, __m256 brand,
                                     const double* price_z, const double* price_log, __m512d mean,
                                     __m512d twice_variance) {
  const __m512d distance = _mm512_sub_pd(_mm512_loadu_pd(price_z), mean);
  const __m512d price = _mm512_sub_pd(
      _mm512_loadu_pd(price_log), _mm512_div_pd(_mm512_mul_pd(distance, distance), twice_variance));
  const __m512d shares =
      _mm512_add_pd(_mm512_add_pd(_mm512_cvtps_pd(popularity), _mm512_cvtps_pd(category)),
                    _mm512_cvtps_pd(brand));
  return _mm512_cvtpd_ps(_mm512_add_pd(shares, price));
}

void AffinitiesInRegisters(const AffinityColumns& of, std::size_t count, float* out) {
  const Table category(of.category_log, of.category_count);
  const Table brand(of.brand_log, of.brand_count);
  const __m512d mean = _mm512_set1_pd(of.mean);
  const __m512d twice_variance = _mm512_set1_pd(of.twice_variance);
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    alignas(64) float categories[16];
    alignas(64) float brands[16];
    _mm512_store_ps(categories, category.At(of.category + i));
    _mm512_store_ps(brands, brand.At(of.brand + i));
    for (std::size_t half = 0; half < 16; half += 8) {
      const std::size_t at = i + half;
      const __m256 eight = EightAffinities(
          _mm256_loadu_ps(of.popularity_log + at), _mm256_load_ps(categories + half),
          _mm256_load_ps(brands + half), of.price_z + at, of.price_log + at, mean, twice_variance);
      _mm256_storeu_ps(out + at, eight);
    }
  }
  AffinityColumns rest = of;
  rest.popularity_log += i;
  rest.category += i;
  rest.brand += i;
  rest.price_z += i;
  rest.price_log += i;
  Affinities(rest, count - i, out + i);
}

void AffinitiesByTables(const AffinityColumns& of, std::size_t count, float* out) {
  if (of.category_count <= kInRegisters && of.brand_count <= kInRegisters)
    return AffinitiesInRegisters(of, count, out);
  Affinities(of, count, out);
}

}  // namespace

constinit const EachColumns kEachAvx512 = {Quotients, PriceDistances, AffinitiesByTables};

}  // namespace aisle::features
