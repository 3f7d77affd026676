// Customers and shelves as bytes: what lies in a generation's files.
//
// Little-endian, versioned by kGenerationFormat in the first byte, every length checked on the way in.
//
//   errors   decoding: kFailedPrecondition for a newer format, kInternal for what is damaged or does not hold
//            together (CheckShelf, CheckCustomer).
//   cost     one pass; a customer of a hundred lines of history takes a microsecond or two.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "features/records.h"
#include "serving/shelf/shelf.h"

namespace aisle::serving {

std::string EncodeCustomer(const features::CustomerRecord& record);
Result<features::CustomerRecord> DecodeCustomer(std::string_view bytes);
std::string EncodeShelf(const Shelf& shelf);
Result<Shelf> DecodeShelf(std::string_view bytes);

}  // namespace aisle::serving
