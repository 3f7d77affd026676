// The money a retailer counts in, and how an amount of it is written.
//
//   units    Cents are hundredths of the currency, whatever its smaller unit is: 100 yen are 10,000 of them.
//   missing  no conversion: a retailer has one currency.
//   source   codes and minor units as in ISO 4217.
#pragma once

#include <string>

#include "base/result.h"
#include "domain/ids.h"

namespace aisle::domain {

struct Currency {
  std::string code = "USD";
  int minor_unit = 2;  // Digits behind the point, at most two: tables hold DECIMAL(12,2).

  // kInvalidArgument: the code is not three capital letters, or the minor unit is not 0 to 2.
  Status Check() const;
  // "$12.34", "CAD 12.34", "JPY 1234"; below zero "-$12.34", "CAD -12.34".
  std::string Text(Cents amount) const;

  friend bool operator==(const Currency&, const Currency&) = default;
};

}  // namespace aisle::domain
