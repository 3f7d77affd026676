#include "app/stock_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <map>
#include <span>

#include "base/clock.h"
#include "events/events.h"
#include "net/event_loops.h"
#include "web/http_client.h"
#include "web/json_text.h"

namespace aisle::app {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kPatience{30};

std::string ItemJson(const raw::Row& row, const ProductIdJson& id) {
  std::string text = "{";
  for (const raw::Field& field : row) {
    if (text.size() > 1) text += ",";
    text += fmt::format("\"{}\":", field.column);
    if (const auto* name = std::get_if<std::string>(&field.value)) {
      web::AppendJsonString(text, *name);
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
      text += field.column == "product_id" ? id(*number) : fmt::to_string(*number);
    } else {
      text += "null";
    }
  }
  return text + "}";
}

Result<web::HttpAnswer> Put(web::HttpClient& client, std::string body,
                            const std::string& authorization) {
  Result<web::HttpAnswer> answer = Fail(ErrorCode::kUnavailable, "the server was not asked");
  // Made outside of the coroutine: g++ 12 destroys an aggregate in a co_await twice.
  web::HttpAsk made{.method = "PUT", .target = "/v1/inventory"};
  made.body = std::move(body);
  if (!authorization.empty()) made.fields.emplace_back("Authorization", authorization);
  const auto ask = [&]() -> net::Task<void> {
    answer = co_await client.Send(std::move(made), net::Deadline::After(kPatience));
  };
  net::RunToEnd(ask());
  return answer;
}

std::string Shown(const web::HttpAnswer& answer) {
  return fmt::format("{}: {}", answer.status, answer.body.substr(0, 500));
}

// By its place in the request, why an item cannot be taken; none: the answer is no such list.
std::map<std::size_t, std::string> ReadRefused(const web::HttpAnswer& answer, std::size_t count) {
  std::map<std::size_t, std::string> refused;
  boost::system::error_code code;
  const json::value body = json::parse(answer.body, code);
  if (code || !body.is_object()) return refused;
  const json::value* errors = body.as_object().if_contains("errors");
  if (errors == nullptr || !errors->is_array()) return refused;
  for (const json::value& error : errors->as_array()) {
    if (!error.is_object()) continue;
    const json::value* index = error.as_object().if_contains("index");
    const json::value* why = error.as_object().if_contains("why");
    if (index == nullptr || why == nullptr || !why->is_string()) continue;
    const auto place = index->to_number<std::size_t>(code);
    if (!code && place < count) refused.emplace(place, std::string(why->as_string()));
  }
  return refused;
}

// Sends rows of these places; those that cannot be taken go to `refused`.
Status SendSome(web::HttpClient& client, const std::vector<raw::Row>& rows,
                std::vector<std::size_t> places, const ProductIdJson& id,
                const std::string& authorization, std::vector<RefusedRow>& refused) {
  while (!places.empty()) {
    std::string body = R"({"items":[)";
    for (const std::size_t place : places)
      body += (body.ends_with('[') ? "" : ",") + ItemJson(rows[place], id);
    AISLE_TRY(const web::HttpAnswer answer, Put(client, body + "]}", authorization));
    if (answer.status == 200) return {};
    const auto wrong = answer.status == 422 ? ReadRefused(answer, places.size())
                                            : std::map<std::size_t, std::string>{};
    if (answer.status == 401 || answer.status == 403) {
      return Fail(
          ErrorCode::kFailedPrecondition,
          fmt::format("the server at {} wants a writer's token: `aisle tokens create --role "
                      "writer > FILE`, and FILE as [client] token_file; it said {}",
                      client.To().Text(), Shown(answer)));
    }
    if (wrong.empty()) {
      const bool for_now = answer.status >= 500 || answer.status == 429;
      return Fail(for_now ? ErrorCode::kUnavailable : ErrorCode::kFailedPrecondition,
                  fmt::format("the server at {} does not take stock: {}", client.To().Text(),
                              Shown(answer)));
    }
    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto found = wrong.find(i);
      if (found == wrong.end()) {
        left.push_back(places[i]);
      } else {
        refused.push_back({places[i], found->second});
      }
    }
    places = std::move(left);
  }
  return {};
}

// Not before the log's last record, whatever the clock says.
Result<base::Timestamp> TimeAfter(const events::Log& log) {
  const base::Timestamp now = base::Now();
  AISLE_TRY(const std::uint64_t last, log.LastPosition());
  if (last == 0) return now;
  AISLE_TRY(const auto records, log.Read(last - 1, 1));
  if (records.empty()) return now;
  const auto envelope = events::DecodeEnvelope(records.front().bytes);
  return envelope ? std::max(now, envelope->time) : now;
}

}  // namespace

Result<std::vector<RefusedRow>> SendStock(const web::Address& server,
                                          const std::vector<raw::Row>& rows,
                                          const ProductIdJson& id,
                                          const std::string& authorization) {
  web::HttpClient client({.address = server});
  std::vector<RefusedRow> refused;
  for (std::size_t first = 0; first < rows.size(); first += kFeedItemsMax) {
    std::vector<std::size_t> places;
    for (std::size_t i = first; i < std::min(first + kFeedItemsMax, rows.size()); ++i)
      places.push_back(i);
    AISLE_CHECK(SendSome(client, rows, std::move(places), id, authorization, refused));
  }
  return refused;
}

Result<std::vector<RefusedRow>> AppendStock(events::Log& log, const std::vector<raw::Row>& rows,
                                            const domain::RetailerShape& shape) {
  AISLE_TRY(const base::Timestamp at, TimeAfter(log));
  std::vector<RefusedRow> refused;
  std::vector<events::Change> changes;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    events::Change change{
        {events::Kind::kStock, fmt::format("import-{}-{}", base::ToMicros(at), i), at}, rows[i]};
    if (const Status good = events::CheckChange(change, shape); good) {
      changes.push_back(std::move(change));
    } else {
      refused.push_back({i, good.error().message});
    }
  }
  const std::span<const events::Change> all(changes);
  for (std::size_t first = 0; first < all.size(); first += kFeedItemsMax)
    AISLE_CHECK(log.Append(all.subspan(first, std::min(kFeedItemsMax, all.size() - first)), shape));
  return refused;
}

}  // namespace aisle::app
