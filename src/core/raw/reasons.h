// Why a row is refused, in words: what stands before and after the value that is shown.
//
// SQL joins the two with the value as text in between, C++ does the same with the value it has, so
// that both say "quantity: '-1' is below 0".
//
//   threads  pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/currency.h"
#include "raw/tables.h"

namespace aisle::raw {

std::string Missing(std::string_view column);  // "order_id: missing": a whole reason, as are:
std::string MissingWhen(const NeededWhen& needed);
std::string DoesNotFollow(const Follows& follows);

std::string BeforeValue(std::string_view column);  // "quantity: '", which goes before:
std::string IsNot(Type type);
// Shows the first of them, when there are very many.
std::string IsNoneOf(const std::vector<std::string_view>& allowed);
std::string IsBelow(std::int64_t least);
// An amount in parts of which the currency has none.
std::string IsTooFine(const domain::Currency& money);
// What every amount of it is a multiple of: a cent, ten or a hundred.
domain::Cents SmallestAmount(const domain::Currency& money);

}  // namespace aisle::raw
