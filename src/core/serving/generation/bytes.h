// Customers, their propensities and shelves as bytes: what lies in a generation's files.
//
// Little-endian, every length checked on the way in; customers and shelves are versioned by kGenerationFormat in the
// first byte.
//
//   errors   decoding: kFailedPrecondition for a newer format, kInternal for what is damaged or does not hold
//            together (CheckShelf, CheckCustomer).
//   cost     one pass; a customer of a hundred lines of history takes a microsecond or two.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "features/records.h"
#include "serving/shelf/shelf.h"

namespace aisle::serving {

std::string EncodeCustomer(const features::CustomerRecord& record);
Result<features::CustomerRecord> DecodeCustomer(std::string_view bytes);
// One score per category, in the catalogue's order.
std::string EncodePropensity(std::span<const float> scores);
Result<std::vector<float>> DecodePropensity(std::string_view bytes, std::size_t category_count);
std::string EncodeShelf(const Shelf& shelf);
Result<Shelf> DecodeShelf(std::string_view bytes);

}  // namespace aisle::serving
