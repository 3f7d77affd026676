#include "api/recommend_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <limits>
#include <optional>
#include <set>
#include <string>

#include "web/json_body.h"

namespace aisle::api {
namespace json = boost::json;
namespace {

constexpr std::string_view kSwitchAccepted = "true or false";
constexpr std::string_view kKnownFields =
    "customer_id, zip_code, top_n, strict, why, explain, product_id, dry_run";
constexpr std::size_t kProductBytesMax = 256;
constexpr std::string_view kProductAccepted = "the id of a product, with explain";

std::unexpected<web::Problem> Refuse(std::string_view field, std::string detail,
                                     std::string_view accepted) {
  web::Problem problem;
  problem.status = 400;
  problem.type = "invalid-argument";
  problem.detail = std::move(detail);
  problem.field = field;
  problem.accepted = accepted;
  return std::unexpected(std::move(problem));
}

// The beginning of what the client sent, for the message.
std::string_view Shorten(std::string_view text) {
  return text.substr(0, std::min<std::size_t>(text.size(), 40));
}

// Digits only: no sign, no space, no fraction, no exponent.
std::optional<std::int64_t> ParseCount(std::string_view text) {
  std::int64_t value = 0;
  if (text.empty() || text[0] == '-') return std::nullopt;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> CountOf(const json::value& value) {
  if (!value.is_int64() || value.get_int64() < 0) return std::nullopt;
  return value.get_int64();
}

// A request that is being put together from fields in any order.
struct Draft {
  const features::Catalogue& catalogue;
  recommend::Request request = {};
  bool has_customer = false;

  std::string_view AcceptedCustomers() const {
    return recommend::CustomerKey::Accepted(catalogue.text_customer_ids);
  }
  Checked<void> SetCustomer(std::optional<recommend::CustomerKey> key, std::string_view shown) {
    if (!key) return RefuseField("customer_id", shown, AcceptedCustomers());
    request.customer = *std::move(key);
    has_customer = true;
    return {};
  }
  // Null: there is no such switch.
  bool* FindSwitch(std::string_view name) {
    if (name == "strict") return &request.strict;
    if (name == "why") return &request.why;
    if (name == "explain") return &request.explain;
    return name == "dry_run" ? &request.dry_run : nullptr;
  }
  Checked<void> SetTopN(std::optional<std::int64_t> count, std::string_view shown) {
    const auto top_n = count ? recommend::TopN::Of(*count) : std::nullopt;
    if (!top_n) return RefuseField("top_n", shown, recommend::TopN::kAccepted);
    request.top_n = *top_n;
    return {};
  }
  Checked<void> SetZip(std::string_view zip, bool is_text, std::string_view shown) {
    // A field of a form that was left empty: nowhere else than where the customer lives.
    if (is_text && zip.empty()) return {};
    if (is_text) request.destination = recommend::Destination::Of(zip, catalogue.shape);
    if (!request.destination)
      return RefuseField("zip_code", shown, catalogue.shape.AcceptedPostalCodes());
    return {};
  }
  Checked<void> SetProduct(std::string_view id, std::string_view shown) {
    if (id.empty() || id.size() > kProductBytesMax)
      return RefuseField("product_id", shown, kProductAccepted);
    request.product = id;
    return {};
  }
  Checked<recommend::Request> Finish() && {
    if (!request.product.empty() && !request.explain)
      return Refuse("product_id", "product_id stands there without explain", kProductAccepted);
    if (!has_customer) return Refuse("customer_id", "customer_id is missing", AcceptedCustomers());
    return std::move(request);
  }

  static std::unexpected<web::Problem> RefuseField(std::string_view field, std::string_view value,
                                                   std::string_view accepted) {
    return Refuse(field, fmt::format("{} is {}", field, Shorten(value)), accepted);
  }
};

Checked<void> SetParameter(Draft& draft, const web::Parameter& parameter) {
  const std::string shown = fmt::format("'{}'", Shorten(parameter.value));
  if (parameter.name == "customer_id") {
    return draft.SetCustomer(
        recommend::CustomerKey::Of(parameter.value, draft.catalogue.text_customer_ids), shown);
  }
  if (parameter.name == "top_n") return draft.SetTopN(ParseCount(parameter.value), shown);
  if (parameter.name == "zip_code") return draft.SetZip(parameter.value, true, shown);
  if (parameter.name == "product_id") return draft.SetProduct(parameter.value, shown);
  if (bool* const wanted = draft.FindSwitch(parameter.name)) {
    if (parameter.value != "true" && parameter.value != "false")
      return Draft::RefuseField(parameter.name, shown, kSwitchAccepted);
    *wanted = parameter.value == "true";
    return {};
  }
  return Refuse(parameter.name, fmt::format("there is no parameter '{}'", Shorten(parameter.name)),
                kKnownFields);
}

Checked<void> SetParameters(Draft& draft, std::span<const web::Parameter> query) {
  std::set<std::string_view> seen;
  for (const web::Parameter& parameter : query) {
    if (!seen.insert(parameter.name).second) {
      return Refuse(parameter.name,
                    fmt::format("the parameter '{}' stands there twice", Shorten(parameter.name)),
                    "each parameter once");
    }
    const Checked<void> set = SetParameter(draft, parameter);
    if (!set) return set;
  }
  return {};
}

// A text where the retailer's ids are texts, and only there.
std::optional<recommend::CustomerKey> KeyOf(const json::value& value,
                                            const features::Catalogue& catalogue) {
  if (catalogue.text_customer_ids) {
    if (!value.is_string()) return std::nullopt;
    const json::string& text = value.get_string();
    return recommend::CustomerKey::Of({text.data(), text.size()}, true);
  }
  const auto number = CountOf(value);
  return number ? std::optional<recommend::CustomerKey>(domain::CustomerId{*number}) : std::nullopt;
}

Checked<void> SetField(Draft& draft, std::string_view name, const json::value& value) {
  const std::string shown = json::serialize(value);
  if (name == "customer_id") return draft.SetCustomer(KeyOf(value, draft.catalogue), shown);
  if (name == "top_n") return draft.SetTopN(CountOf(value), shown);
  if (name == "product_id") {
    if (value.is_string())
      return draft.SetProduct({value.get_string().data(), value.get_string().size()}, shown);
    return draft.SetProduct(CountOf(value) ? shown : "", shown);
  }
  if (name == "zip_code") {
    const std::string_view zip =
        value.is_string() ? std::string_view(value.get_string().data(), value.get_string().size())
                          : std::string_view();
    return draft.SetZip(zip, value.is_string(), shown);
  }
  if (bool* const wanted = draft.FindSwitch(name)) {
    if (!value.is_bool()) return Draft::RefuseField(name, shown, kSwitchAccepted);
    *wanted = value.get_bool();
    return {};
  }
  return Refuse(name, fmt::format("there is no field '{}'", Shorten(name)), kKnownFields);
}

Checked<recommend::Request> RequestOfObject(const json::object& object, bool strict,
                                            const features::Catalogue& catalogue) {
  Draft draft{catalogue};
  draft.request.strict = strict;
  for (const auto& [key, value] : object) {
    const Checked<void> set = SetField(draft, {key.data(), key.size()}, value);
    if (!set) return std::unexpected(set.error());
  }
  return std::move(draft).Finish();
}

Checked<BatchRow> RowOf(const json::value& value, std::size_t position, bool strict,
                        const features::Catalogue& catalogue) {
  constexpr std::string_view kAccepted = "[row number, {\"customer_id\": ...}]";
  const std::string field = fmt::format("data[{}]", position);
  const auto refuse = [&](std::string_view why) {
    return Refuse(field, fmt::format("{} {}", field, why), kAccepted);
  };
  if (!value.is_array() || value.get_array().size() != 2) return refuse("is not a pair");
  const json::array& pair = value.get_array();
  const auto index = CountOf(pair[0]);
  if (!index) return refuse("does not begin with a row number");
  if (!pair[1].is_object()) return refuse("has no object");
  return BatchRow{*index, RequestOfObject(pair[1].get_object(), strict, catalogue)};
}

Checked<std::vector<BatchRow>> RowsOf(const json::object& object, bool strict,
                                      const features::Catalogue& catalogue) {
  const std::string accepted = fmt::format(
      "{{\"data\": [[0, {{\"customer_id\": ...}}], ...]}}, at most {} rows", kBatchRowsMax);
  for (const auto& [key, value] : object) {
    if (key == "data") continue;
    return Refuse(
        {key.data(), key.size()},
        fmt::format("there is no field '{}' beside data", Shorten({key.data(), key.size()})),
        "data");
  }
  const json::value& data = object.at("data");
  if (!data.is_array()) return Refuse("data", "data is not a list of rows", accepted);
  const json::array& list = data.get_array();
  if (list.size() > kBatchRowsMax)
    return Refuse("data", fmt::format("data has {} rows", list.size()), accepted);
  std::vector<BatchRow> rows;
  rows.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    Checked<BatchRow> row = RowOf(list[i], i, strict, catalogue);
    if (!row) return std::unexpected(std::move(row.error()));
    rows.push_back(*std::move(row));
  }
  return rows;
}

}  // namespace

Checked<recommend::Request> RequestOfQuery(std::span<const web::Parameter> query,
                                           const features::Catalogue& catalogue) {
  Draft draft{catalogue};
  const Checked<void> set = SetParameters(draft, query);
  if (!set) return std::unexpected(set.error());
  return std::move(draft).Finish();
}

Checked<recommend::CustomerKey> KeyOfText(std::string_view id,
                                          const features::Catalogue& catalogue) {
  Draft draft{catalogue};
  const Checked<void> set =
      draft.SetCustomer(recommend::CustomerKey::Of(id, catalogue.text_customer_ids),
                        fmt::format("'{}'", Shorten(id)));
  if (!set) return std::unexpected(set.error());
  return draft.request.customer;
}

Checked<bool> StrictOfQuery(std::span<const web::Parameter> query) {
  for (const web::Parameter& parameter : query) {
    if (parameter.name == "strict") continue;
    return Refuse(parameter.name,
                  fmt::format("'{}' belongs into the body of a POST", Shorten(parameter.name)),
                  "strict");
  }
  // No postal code is among them.
  Draft draft{features::Catalogue{}};
  const Checked<void> set = SetParameters(draft, query);
  if (!set) return std::unexpected(set.error());
  return draft.request.strict;
}

Checked<RecommendBody> RequestOfBody(std::string_view body, bool strict,
                                     const features::Catalogue& catalogue) {
  const auto value = web::ParseJson(body);
  if (!value) return std::unexpected(value.error());
  if (!value->is_object())
    return Refuse("", "the body is JSON, but not an object", R"({"customer_id": ...})");
  const json::object& object = value->get_object();
  if (object.contains("data")) {
    Checked<std::vector<BatchRow>> rows = RowsOf(object, strict, catalogue);
    if (!rows) return std::unexpected(std::move(rows.error()));
    return RecommendBody(*std::move(rows));
  }
  Checked<recommend::Request> request = RequestOfObject(object, strict, catalogue);
  if (!request) return std::unexpected(std::move(request.error()));
  return RecommendBody(*std::move(request));
}

}  // namespace aisle::api
