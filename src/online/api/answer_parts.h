// Parts of answers that several of them have. Private to this module.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/currency.h"
#include "domain/ids.h"

namespace aisle::api {

// With as many digits as the currency has, and more where there is more.
void AppendPrice(std::string& out, domain::Cents price, const domain::Currency& currency);
// ,"currency":"EUR"; nothing for US dollars, which the quickstart's answers are in without saying so.
void AppendCurrency(std::string& out, const domain::Currency& currency);
// The retailer's own id where it is a text, else the number.
void AppendId(std::string& out, std::string_view source_id, std::int64_t number);

}  // namespace aisle::api
