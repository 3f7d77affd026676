#include "recommend/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "events/record.h"
#include "raw/plain_text.h"

namespace aisle::recommend {

static_assert(kTopNMax == 100, "TopN::kAccepted says so");

std::optional<TopN> TopN::Of(std::int64_t count) {
  if (count < 1 || count > kTopNMax) return std::nullopt;
  TopN top_n;
  top_n.count_ = static_cast<std::size_t>(count);
  return top_n;
}

static_assert(events::kIdBytesMax == 256, "CustomerKey::Accepted says so");

std::string_view CustomerKey::Accepted(bool text_ids) {
  return text_ids ? "one of the retailer's own customer ids, a text of 1 to 256 bytes"
                  : "an integer from 0 to 9223372036854775807";
}

std::optional<CustomerKey> CustomerKey::Of(std::string_view id, bool text_ids) {
  CustomerKey key;
  if (text_ids) {
    if (id.empty() || id.size() > events::kIdBytesMax || !raw::IsPlainText(id)) return std::nullopt;
    key.text_ = id;
    return key;
  }
  // Digits only: no sign, no blank, no fraction, no exponent.
  const char* const end = id.data() + id.size();
  if (id.empty() || id[0] == '-') return std::nullopt;
  const auto [stop, code] = std::from_chars(id.data(), end, key.number_.value);
  if (code != std::errc() || stop != end) return std::nullopt;
  return key;
}

std::string CustomerKey::Shown() const {
  return IsText() ? fmt::format("'{}'", text_) : fmt::format("{}", number_.value);
}

namespace {

constexpr std::size_t kZipDigits = 5;

// "10001-1234": a street of the ZIP code 10001.
bool IsZipPlusFour(std::string_view code) {
  constexpr std::string_view kForm = "ddddd-dddd";
  return std::ranges::equal(code, kForm, [](char c, char form) {
    return form == 'd' ? c >= '0' && c <= '9' : c == form;
  });
}

}  // namespace

std::optional<Destination> Destination::Of(std::string_view postal_code,
                                           const domain::RetailerShape& shape) {
  if (shape.RegionOfPostalCode(postal_code)) return Destination(postal_code);
  if (!IsZipPlusFour(postal_code)) return std::nullopt;
  return Of(postal_code.substr(0, kZipDigits), shape);
}

}  // namespace aisle::recommend
