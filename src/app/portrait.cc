#include "app/portrait.h"

#include <fmt/format.h>

#include "api/answer_json.h"
#include "app/local_answer.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/sql.h"
#include "warehouse/warehouse.h"

namespace aisle::app {
namespace {

namespace json = boost::json;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::int64_t kEventsShown = 8;
constexpr int kTopN = 5;

// Columns of sql/customer_portrait.sql.
constexpr const char* kWhoColumns[] = {"first_name",
                                       "last_name",
                                       "age",
                                       "city",
                                       "state",
                                       "zip_code",
                                       "loyalty_tier",
                                       "rfm_segment",
                                       "total_orders",
                                       "lifetime_spend",
                                       "avg_order_value",
                                       "days_since_purchase",
                                       "favorite_purchase_category",
                                       "has_app"};

struct Facts {
  std::map<std::string, std::string> who;
  Rows events;
};

Result<Facts> ReadFacts(const Context& context, std::int64_t customer, base::Timestamp as_of) {
  AISLE_TRY(auto database,
            context.workspace.OpenWarehouse(warehouse::Access::kReadOnly, context.settings));
  AISLE_TRY(auto connection, database.Connect());
  AISLE_TRY(const Rows who, connection.QueryText(sql::kCustomerPortrait, {{"customer", customer}}));
  if (who.empty()) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("customer {} is not in gold.customer_360", customer));
  }
  Facts facts;
  for (std::size_t c = 0; c < std::size(kWhoColumns); ++c)
    facts.who[kWhoColumns[c]] = who[0][c] == "NULL" ? "" : who[0][c];
  AISLE_TRY(facts.events, connection.QueryText(
                              sql::kCustomerEvents,
                              {{"customer", customer}, {"as_of", as_of}, {"count", kEventsShown}}));
  return facts;
}

std::string Or(const std::string& text, const std::string& otherwise) {
  return text.empty() ? otherwise : text;
}

std::string WhoText(std::int64_t customer, std::map<std::string, std::string> who,
                    std::string_view region) {
  const std::string last = who["days_since_purchase"].empty()
                               ? "never bought anything"
                               : fmt::format("last bought {} days ago", who["days_since_purchase"]);
  const std::string name = fmt::format("{} {}", who["first_name"], who["last_name"]);
  return fmt::format(
      "Customer {}: {}{}, {}, {} {} ({})\n  {} tier, segment {}, {} orders worth ${}, {} on "
      "average\n"
      "  {}; buys {} most; {} the app\n",
      customer, Or(name == " " ? "" : name, "name not known"),
      who["age"].empty() ? "" : fmt::format(", {} years", who["age"]),
      Or(who["city"], "city not known"), Or(who["state"], "--"), Or(who["zip_code"], "-----"),
      region, Or(who["loyalty_tier"], "no"), Or(who["rfm_segment"], "none"),
      Or(who["total_orders"], "0"), Or(who["lifetime_spend"], "0"),
      who["avg_order_value"].empty()
          ? "nothing"
          : fmt::format("${:.2f}", std::strtod(who["avg_order_value"].c_str(), nullptr)),
      last, Or(who["favorite_purchase_category"], "nothing"),
      who["has_app"] == "true" ? "has" : "does not have");
}

std::string EventsText(const Rows& events) {
  TextTable table({{"when"}, {"what"}, {"where"}, {"product"}, {"price", Align::kRight}});
  for (const auto& event : events) {
    const auto cell = [&](std::size_t c) { return event[c] == "NULL" ? std::string() : event[c]; };
    table.Add({cell(0).substr(0, 16), cell(1), cell(2), Shorten(cell(3), 40), cell(4)});
  }
  return table.Text();
}

json::value ToJson(std::int64_t customer, const Facts& facts, const LocalAnswer& local) {
  json::array events;
  for (const auto& event : facts.events) {
    const auto cell = [&](std::size_t c) {
      return event[c] == "NULL" ? json::value(nullptr) : json::value(event[c]);
    };
    events.push_back({{"event_timestamp", cell(0)},
                      {"event_type", cell(1)},
                      {"channel", cell(2)},
                      {"product_name", cell(3)},
                      {"product_price", cell(4)},
                      {"quantity", cell(5)}});
  }
  std::string answer;
  api::AppendAnswer(answer, local.answer);
  json::object who;
  for (const auto& [name, value] : facts.who)
    who[name] = value.empty() ? json::value(nullptr) : json::value(value);
  return {{"customer_id", customer},
          {"customer", std::move(who)},
          {"events", std::move(events)},
          {"answer", json::parse(answer)},
          {"reasons", json::value_from(Reasons(local))}};
}

}  // namespace

Result<Portrait> DrawPortrait(const Context& context, std::int64_t customer,
                              base::Timestamp as_of) {
  AISLE_TRY(const Facts facts, ReadFacts(context, customer, as_of));
  recommend::Request request;
  request.customer = {customer};
  request.top_n = *recommend::TopN::Of(kTopN);
  request.request_id = "aisle-portrait";
  AISLE_TRY(const LocalAnswer local, AskPublished(context.workspace, std::move(request)));
  const recommend::Answer& answer = local.answer;
  Portrait portrait;
  portrait.text = fmt::format(
      "{}\nWhat they did lately\n{}\n"
      "What they should see now in the {}, out of {} products in stock there\n{}",
      WhoText(customer, facts.who, domain::RegionName(answer.region)), EventsText(facts.events),
      domain::RegionName(answer.region), answer.timings.candidates, ItemsTable(local));
  portrait.value = ToJson(customer, facts, local);
  return portrait;
}

}  // namespace aisle::app
