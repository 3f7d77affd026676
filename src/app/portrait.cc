#include "app/portrait.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/answer_json.h"
#include "app/local_answer.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/sql.h"
#include "domain/currency.h"
#include "warehouse/row_reader.h"

namespace aisle::app {
namespace {

namespace json = boost::json;

constexpr std::int64_t kEventsShown = 8;
constexpr int kTopN = 5;

// What is shown of a customer, by the names of sql/customer_portrait.sql.
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

// As printed; nothing for NULL.
struct EventFacts {
  std::optional<std::string> at, type, channel, product, price, quantity;
};
struct Facts {
  std::map<std::string, std::string> who;
  std::vector<EventFacts> events;
};

Result<std::vector<EventFacts>> ReadEvents(warehouse::Connection& connection, std::int64_t customer,
                                           base::Timestamp as_of) {
  AISLE_TRY(auto rows, warehouse::RowReader::Open(
                           connection, sql::kCustomerEvents,
                           {{"customer", customer}, {"as_of", as_of}, {"count", kEventsShown}}));
  const auto at = rows.Printed("event_timestamp");
  const auto type = rows.Printed("event_type");
  const auto channel = rows.Printed("channel");
  const auto product = rows.Printed("product_name");
  const auto price = rows.Printed("product_price");
  const auto quantity = rows.Printed("quantity");
  const auto text = [&](warehouse::PrintedColumn column) {
    return rows.IsNull(column) ? std::nullopt : std::optional<std::string>(rows[column]);
  };
  std::vector<EventFacts> events;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return events;
    events.push_back({.at = text(at),
                      .type = text(type),
                      .channel = text(channel),
                      .product = text(product),
                      .price = text(price),
                      .quantity = text(quantity)});
  }
}

Result<Facts> ReadFacts(const Context& context, std::int64_t customer, base::Timestamp as_of) {
  AISLE_TRY(auto database,
            context.workspace.OpenWarehouse(warehouse::Access::kReadOnly, context.settings));
  AISLE_TRY(auto connection, database.Connect());
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kCustomerPortrait,
                                                  {{"customer", customer}}));
  std::vector<warehouse::PrintedColumn> columns;
  for (const char* name : kWhoColumns) columns.push_back(rows.Printed(name));
  AISLE_TRY(const bool known, rows.Next());
  if (!known) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("customer {} is not in gold.customer_360", customer));
  }
  Facts facts;
  for (std::size_t c = 0; c < std::size(kWhoColumns); ++c)
    facts.who[kWhoColumns[c]] = rows.IsNull(columns[c]) ? "" : rows[columns[c]];
  AISLE_TRY(facts.events, ReadEvents(connection, customer, as_of));
  return facts;
}

std::string Or(const std::string& text, const std::string& otherwise) {
  return text.empty() ? otherwise : text;
}

// An amount that the database gave as text.
std::string MoneyText(const domain::Currency& currency, const std::string& amount) {
  const std::string rounded = fmt::format("{:.2f}", std::strtod(amount.c_str(), nullptr));
  return currency.Text({std::llround(std::strtod(rounded.c_str(), nullptr) * 100)});
}

std::string WhoText(std::int64_t customer, std::map<std::string, std::string> who,
                    std::string_view region, const domain::Currency& currency) {
  const std::string last = who["days_since_purchase"].empty()
                               ? "never bought anything"
                               : fmt::format("last bought {} days ago", who["days_since_purchase"]);
  const std::string name = fmt::format("{} {}", who["first_name"], who["last_name"]);
  return fmt::format(
      "Customer {}: {}{}, {}, {} {} ({})\n  {} tier, segment {}, {} orders worth {}, {} on "
      "average\n"
      "  {}; buys {} most; {} the app\n",
      customer, Or(name == " " ? "" : name, "name not known"),
      who["age"].empty() ? "" : fmt::format(", {} years", who["age"]),
      Or(who["city"], "city not known"), Or(who["state"], "--"), Or(who["zip_code"], "-----"),
      region, Or(who["loyalty_tier"], "no"), Or(who["rfm_segment"], "none"),
      Or(who["total_orders"], "0"), MoneyText(currency, who["lifetime_spend"]),
      who["avg_order_value"].empty() ? "nothing" : MoneyText(currency, who["avg_order_value"]),
      last, Or(who["favorite_purchase_category"], "nothing"),
      who["has_app"] == "true" ? "has" : "does not have");
}

std::string EventsText(const std::vector<EventFacts>& events) {
  TextTable table({{"when"}, {"what"}, {"where"}, {"product"}, {"price", Align::kRight}});
  for (const EventFacts& event : events) {
    table.Add({event.at.value_or("").substr(0, 16), event.type.value_or(""),
               event.channel.value_or(""), Shorten(event.product.value_or(""), 40),
               event.price.value_or("")});
  }
  return table.Text();
}

json::value ToJson(std::int64_t customer, const Facts& facts, const LocalAnswer& local) {
  const auto cell = [](const std::optional<std::string>& text) {
    return text ? json::value(*text) : json::value(nullptr);
  };
  json::array events;
  for (const EventFacts& event : facts.events) {
    events.push_back({{"event_timestamp", cell(event.at)},
                      {"event_type", cell(event.type)},
                      {"channel", cell(event.channel)},
                      {"product_name", cell(event.product)},
                      {"product_price", cell(event.price)},
                      {"quantity", cell(event.quantity)}});
  }
  std::string answer;
  api::AppendAnswer(answer, local.answer);
  json::object who;
  for (const auto& [name, value] : facts.who)
    who[name] = value.empty() ? json::value(nullptr) : json::value(value);
  return {{"customer_id", customer},
          {"customer", std::move(who)},
          {"events", std::move(events)},
          {"answer", json::parse(answer)}};
}

}  // namespace

Result<Portrait> DrawPortrait(const Context& context, std::int64_t customer,
                              base::Timestamp as_of) {
  AISLE_TRY(const Facts facts, ReadFacts(context, customer, as_of));
  AISLE_TRY(const LocalAnswer local, AskPublished(context, {.customer = fmt::format("{}", customer),
                                                            .top_n = *recommend::TopN::Of(kTopN),
                                                            .request_id = "aisle-portrait"}));
  const recommend::Answer& answer = local.answer;
  Portrait portrait;
  portrait.text = fmt::format(
      "{}\nWhat they did lately\n{}\n"
      "What they should see now in the {}, out of {} products in stock there\n{}",
      WhoText(customer, facts.who, answer.region_name, local.state->RetailerShape().Money()),
      EventsText(facts.events), answer.region_name, answer.timings.candidates, ItemsTable(answer));
  portrait.value = ToJson(customer, facts, local);
  return portrait;
}

}  // namespace aisle::app
