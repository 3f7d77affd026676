// What texts of a shop's files look like and mean, as far as that can be told without knowing the shop.
//
//   missing  an empty text is folded to an empty one.
//   threads  pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aisle::ingest {

// Without capitals, blanks too many and the accents of Latin-1: "KÄSE " and "Kase" are "kase".
std::string Folded(std::string_view text);

// The form of most postal codes, as raw.postal_formats writes it: 9 a digit, A a letter, a blank a blank or hyphen.
// Empty: there are none.
std::string CodeFormat(const std::vector<std::string>& codes);

// Whether a kind of event is one in which something is bought: "order_complete", "Purchase".
bool SoundsLikePurchase(std::string_view kind);

}  // namespace aisle::ingest
