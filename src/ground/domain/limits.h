// How large a retailer may be. One place for these numbers, each with its reason.
//
// They are checked where data comes in (import, and the readers of gold), and refused by name there;
// whoever works with what came in may rely on them.
#pragma once

#include <cstddef>

namespace aisle::domain {

// A region and a tier are one byte, in records and in files.
inline constexpr std::size_t kRegionsMax = 256;
inline constexpr std::size_t kTiersMax = 256;
// A product holds its category and its brand as 16 bits, and the last value means none.
inline constexpr std::size_t kCategoriesMax = 65'535;
inline constexpr std::size_t kBrandsMax = 65'535;
// The catalogue lies in memory, twice while generations change: some 200 bytes a product.
inline constexpr std::size_t kProductsMax = 10'000'000;
// A night reads everybody, and keeps their ids in memory; a customer is about a kilobyte on disk.
inline constexpr std::size_t kCustomersMax = 100'000'000;
// Room for a rule for each of the 41,700 zip codes of the United States.
inline constexpr std::size_t kPostalRulesMax = 65'536;
inline constexpr std::size_t kPostalFormatsMax = 256;
inline constexpr std::size_t kCountriesMax = 256;  // ISO 3166 knows 249.
// Of a region, a warehouse, a tier, a country: they stand in answers, errors and logs.
inline constexpr std::size_t kNameBytesMax = 100;
// Of a postal code as somebody writes it. The longest in use have ten.
inline constexpr std::size_t kPostalCodeBytesMax = 16;

}  // namespace aisle::domain
