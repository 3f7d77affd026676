#include "api/answer_parts.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <iterator>

#include "web/json_text.h"

namespace aisle::api {

void AppendPrice(std::string& out, domain::Cents price, const domain::Currency& currency) {
  const std::int64_t cents = price.value < 0 ? -price.value : price.value;
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}{}"), price.value < 0 ? "-" : "",
                 cents / 100);
  if (currency.minor_unit == 2 || cents % 10 != 0) {
    fmt::format_to(std::back_inserter(out), FMT_COMPILE(".{:02}"), cents % 100);
  } else if (currency.minor_unit == 1 || cents % 100 != 0) {
    fmt::format_to(std::back_inserter(out), FMT_COMPILE(".{}"), cents % 100 / 10);
  }
}

void AppendCurrency(std::string& out, const domain::Currency& currency) {
  if (currency.code == "USD") return;
  out += R"(,"currency":)";
  web::AppendJsonString(out, currency.code);
}

void AppendId(std::string& out, std::string_view source_id, std::int64_t number) {
  if (source_id.empty()) {
    fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"), number);
  } else {
    web::AppendJsonString(out, source_id);
  }
}

}  // namespace aisle::api
