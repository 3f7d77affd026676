#include "api/answer_json.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <iterator>

#include "api/answer_parts.h"
#include "api/explained_json.h"
#include "web/json_text.h"

namespace aisle::api {
namespace {

void AppendMilliseconds(std::string& out, std::string_view name, std::chrono::nanoseconds time) {
  const std::int64_t micros = (time.count() + 500) / 1000;
  fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"("{}":{}.{:03},)"), name, micros / 1000,
                 micros % 1000);
}

void AppendItem(std::string& out, const recommend::Item& item, const recommend::Answer& answer) {
  fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"({{"rank":{},"product_id":)"), item.rank);
  AppendId(out, item.product_source_id, item.product.value);
  out += R"(,"product_name":)";
  web::AppendJsonString(out, item.product_name);
  out += R"(,"category":)";
  web::AppendJsonString(out, item.category);
  out += R"(,"department":)";
  web::AppendJsonString(out, item.department);
  out += R"(,"price":)";
  AppendPrice(out, item.price, answer.currency);
  out += R"(,"score":)";
  web::AppendJsonNumber(out, item.score);
  fmt::format_to(std::back_inserter(out),
                 FMT_COMPILE(R"(,"in_stock_qty":{},"est_delivery_days":{},"source":)"),
                 item.in_stock_qty, item.est_delivery_days);
  web::AppendJsonString(out, item.source);
  if (!item.why.empty()) {
    out += R"(,"why":)";
    web::AppendJsonString(out, item.why);
  }
  if (answer.explained) {
    out += R"(,"explanation":)";
    AppendExplanation(out, *answer.explained, static_cast<std::size_t>(item.rank) - 1);
  }
  out += '}';
}

void AppendTimings(std::string& out, const recommend::Timings& timings) {
  out += '{';
  AppendMilliseconds(out, "features_ms", timings.features);
  AppendMilliseconds(out, "propensity_ms", timings.propensity);
  AppendMilliseconds(out, "inventory_ms", timings.inventory);
  fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"("candidates":{},)"), timings.candidates);
  AppendMilliseconds(out, "pair_features_ms", timings.pair_features);
  AppendMilliseconds(out, "model_ms", timings.model);
  fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"("model_ok":{},)"), timings.model_ok);
  AppendMilliseconds(out, "total_ms", timings.total);
  out += R"("backend":)";
  web::AppendJsonString(out, timings.backend);
  out += '}';
}

}  // namespace

void AppendAnswer(std::string& out, const recommend::Answer& answer) {
  out.reserve(out.size() + 512 + 280 * answer.items.size());
  out += R"({"customer_id":)";
  AppendId(out, answer.customer_source_id, answer.customer.value);
  out += R"(,"zip_code":)";
  web::AppendJsonString(out, answer.zip_code);
  out += R"(,"region":)";
  web::AppendJsonString(out, answer.region_name);
  AppendCurrency(out, answer.currency);
  out += R"(,"recommendations":[)";
  for (const recommend::Item& item : answer.items) {
    if (&item != &answer.items.front()) out += ',';
    AppendItem(out, item, answer);
  }
  out += R"(],"timings":)";
  AppendTimings(out, answer.timings);
  out += R"(,"request_id":)";
  web::AppendJsonString(out, answer.request_id);
  fmt::format_to(
      std::back_inserter(out),
      FMT_COMPILE(R"(,"model":{{"ranking":{},"propensity":{}}},"generation":{},"degraded":[)"),
      answer.ranking_version, answer.propensity_version, answer.generation);
  for (const serving::Degraded& degraded : answer.degraded) {
    if (&degraded != &answer.degraded.front()) out += ',';
    out += R"({"what":)";
    web::AppendJsonString(out, degraded.what);
    out += R"(,"why":)";
    web::AppendJsonString(out, degraded.why);
    out += '}';
  }
  out += ']';
  if (answer.explained) AppendExplained(out, answer);
  out += '}';
}

}  // namespace aisle::api
