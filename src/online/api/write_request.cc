#include "api/write_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "web/json_body.h"

namespace aisle::api {
namespace json = boost::json;
namespace {

using events::Change;
using events::Kind;
using web::ItemProblem;

// Set by whoever takes the row in, not by the request.
constexpr std::array<std::string_view, 1> kSetHere = {"last_updated"};

std::unexpected<web::Problem> BadShape(std::string detail, std::string accepted) {
  return std::unexpected(web::Problem{.status = 400,
                                      .type = "invalid-argument",
                                      .detail = std::move(detail),
                                      .field = {},
                                      .accepted = std::move(accepted),
                                      .position = {}});
}

std::unexpected<web::Problem> CannotTake(std::vector<ItemProblem> items) {
  return std::unexpected(
      web::Problem{.status = 422,
                   .type = "invalid-items",
                   .detail = fmt::format("{} {} cannot be taken; nothing has been taken",
                                         items.size(), items.size() == 1 ? "item" : "items"),
                   .field = {},
                   .accepted = {},
                   .position = {},
                   .items = std::move(items)});
}

// Digits with at most two decimals: hundredths. Exact where a double would not be.
std::optional<domain::Cents> Money(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view decimals =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (decimals.size() > 2 || (point != std::string_view::npos && decimals.empty())) return {};
  std::string digits(text.substr(0, point));
  if (digits.empty() || digits == "-") return {};
  digits += decimals;
  digits.append(2 - decimals.size(), '0');
  std::int64_t cents = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), cents);
  if (code != std::errc{} || end != digits.data() + digits.size()) return {};
  return domain::Cents{cents};
}

std::optional<domain::Cents> Money(double value) {
  const double cents = std::round(value * 100);
  // As a number of the shortest decimals that name it: 89.99 is exact, 89.999 is not.
  if (!(std::abs(cents) < 1e15) || cents / 100 != value) return {};
  return domain::Cents{static_cast<std::int64_t>(cents)};
}

// The value as the column's type where it can be; else as what it is, which raw::Check refuses in its words.
raw::Value ValueOf(const json::value& value, raw::Type type) {
  if (value.is_null()) return {};
  if (value.is_bool()) return value.get_bool();
  if (value.is_int64()) {
    const std::int64_t number = value.get_int64();
    if (type == raw::Type::kDecimal && number >= -9'999'999'999 && number <= 9'999'999'999)
      return domain::Cents{number * 100};
    return value.get_int64();
  }
  if (value.is_double()) {
    if (type == raw::Type::kDecimal) {
      if (const auto money = Money(value.get_double())) return *money;
    }
    return value.get_double();
  }
  if (!value.is_string()) return json::serialize(value);
  std::string text(value.get_string().data(), value.get_string().size());
  if (type == raw::Type::kDecimal) {
    if (const auto money = Money(text)) return *money;
  }
  if (type == raw::Type::kDate) {
    if (const auto date = base::ParseDate(text)) return *date;
  }
  if (type == raw::Type::kTimestamp) {
    if (const auto time = base::ParseTimestamp(text)) return *time;
  }
  return text;
}

// One item on its way to a change; the first thing that is wrong with it stays.
class Item {
 public:
  Item(Kind kind, std::size_t index) : table_(*events::TableOf(kind)), index_(index) {
    change_.envelope = {.kind = kind, .id = "?", .time = {}};
  }

  void Add(std::string_view column, raw::Value value) {
    change_.row.push_back({std::string(column), std::move(value)});
  }
  // Members of the object, less those that `skip` names.
  void AddMembers(const json::object& object, std::string_view skip) {
    for (const auto& [key, value] : object) {
      const std::string_view name(key.data(), key.size());
      if (name == skip) continue;
      const raw::Column* column = raw::FindColumn(table_, name);
      const bool set_here = std::ranges::find(kSetHere, name) != kSetHere.end();
      if (column == nullptr || set_here || IsOfPath(name, skip)) {
        Refuse(name,
               set_here ? "is set by the server" : fmt::format("there is no field '{}'", name));
        return;
      }
      Add(name, ValueOf(value, column->type));
    }
  }
  void Refuse(std::string_view field, std::string why) {
    if (!problem_) problem_ = {index_, std::string(field), std::move(why)};
  }
  void Check(const domain::RetailerShape& shape, raw::Given given) {
    if (problem_) return;
    Status good = raw::Check(table_, change_.row, shape, given);
    if (good) good = events::CheckChange(change_, shape);
    if (!good) Refuse(good.error().field, good.error().message);
  }
  const raw::Row& Row() const { return change_.row; }
  const std::optional<ItemProblem>& Problem() const { return problem_; }
  Change Take() && { return std::move(change_); }

 private:
  // The id of the path stands in no body: which of two would count?
  bool IsOfPath(std::string_view name, std::string_view skip) const {
    return skip.empty() && std::ranges::find(table_.key, name) != table_.key.end();
  }

  const raw::Table& table_;
  std::size_t index_;
  Change change_;
  std::optional<ItemProblem> problem_;
};

struct Product {
  std::int64_t id = -1;
  bool known = false;
};

std::optional<std::int64_t> WholeNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size() || number < 0) return {};
  return number;
}

bool HasTextIds(const features::Catalogue& catalogue) {
  return !catalogue.products.empty() && !catalogue.products.front().source_id.empty();
}

// Nothing: no id of this retailer's form, or a text that no product has.
std::optional<Product> ProductOf(std::string_view text, bool is_text,
                                 const serving::ServingState& state, const IsNewProduct& is_new) {
  const features::Catalogue& catalogue = state.PublishedShelf().catalogue;
  if (HasTextIds(catalogue)) {
    const std::ptrdiff_t at = is_text ? state.FindProduct(text) : -1;
    if (at < 0) return {};
    return Product{catalogue.products[static_cast<std::size_t>(at)].product.value, true};
  }
  const auto number = is_text ? std::nullopt : WholeNumber(text);
  if (!number) return {};
  return Product{*number, state.View().Find({*number}) >= 0 || is_new({*number})};
}

Taken<json::value> ObjectOf(std::string_view body) {
  auto value = web::ParseJson(body);
  if (!value) return std::unexpected(std::move(value.error()));
  if (!value->is_object()) return BadShape("the body is not an object", "a JSON object");
  return *std::move(value);
}

Item InventoryItem(const json::value& value, std::size_t index, const serving::ServingState& state,
                   const IsNewProduct& is_new) {
  Item item(Kind::kStock, index);
  if (!value.is_object()) {
    item.Refuse("", "is not an object");
    return item;
  }
  const json::object& object = value.get_object();
  if (const json::value* id = object.if_contains("product_id")) {
    const std::string text = id->is_string()
                                 ? std::string(id->get_string().c_str(), id->get_string().size())
                                 : json::serialize(*id);
    const auto product = ProductOf(text, id->is_string(), state, is_new);
    if (!product || !product->known) {
      item.Refuse("product_id",
                  fmt::format("no generation has a product {} yet", json::serialize(*id)));
    } else {
      item.Add("product_id", product->id);
    }
  }
  item.AddMembers(object, "product_id");
  const raw::Value* on_hand = raw::Find(item.Row(), "qty_on_hand");
  const bool some = on_hand != nullptr && std::holds_alternative<std::int64_t>(*on_hand) &&
                    std::get<std::int64_t>(*on_hand) > 0;
  const raw::Value* days = raw::Find(item.Row(), "est_delivery_days");
  if (some && (days == nullptr || std::holds_alternative<std::monostate>(*days)))
    item.Refuse("est_delivery_days", "must be given where something is on hand");
  item.Check(state.RetailerShape(), raw::Given::kWhole);
  return item;
}

const raw::Value* ValueOr(const raw::Row& row, std::string_view column) {
  static const raw::Value kNone;
  const raw::Value* value = raw::Find(row, column);
  return value == nullptr ? &kNone : value;
}

Taken<std::vector<Change>> One(Item item) {
  if (item.Problem()) return CannotTake({*item.Problem()});
  std::vector<Change> changes;
  changes.push_back(std::move(item).Take());
  return changes;
}

}  // namespace

Taken<std::vector<Change>> ChangesOfInventory(std::string_view body,
                                              const serving::ServingState& state,
                                              const IsNewProduct& is_new) {
  auto value = ObjectOf(body);
  if (!value) return std::unexpected(std::move(value.error()));
  const json::object& object = value->get_object();
  const json::value* items = object.if_contains("items");
  if (items == nullptr) return One(InventoryItem(*value, 0, state, is_new));
  const std::string accepted =
      fmt::format(R"({{"items": [{{"product_id": ..., "region": ..., "qty_on_hand": ..., )"
                  R"("est_delivery_days": ...}}, ...]}}, 1 to {} items)",
                  kItemsMax);
  if (object.size() != 1 || !items->is_array())
    return BadShape("the body is not a list of items", accepted);
  const json::array& list = items->get_array();
  if (list.empty() || list.size() > kItemsMax)
    return BadShape(fmt::format("the body has {} items", list.size()), accepted);
  std::vector<Change> changes;
  std::vector<ItemProblem> problems;
  for (std::size_t i = 0; i < list.size(); ++i) {
    Item item = InventoryItem(list[i], i, state, is_new);
    if (item.Problem()) {
      problems.push_back(*item.Problem());
    } else {
      changes.push_back(std::move(item).Take());
    }
  }
  if (!problems.empty()) return CannotTake(std::move(problems));
  return changes;
}

Taken<std::vector<Change>> ChangesOfProduct(std::string_view id, std::string_view body,
                                            const serving::ServingState& state,
                                            const IsNewProduct& is_new) {
  const bool text_ids = HasTextIds(state.PublishedShelf().catalogue);
  const auto product = ProductOf(id, text_ids, state, is_new);
  if (!product) {
    return std::unexpected(web::Problem{
        .status = text_ids ? 404 : 400,
        .type = text_ids ? "not-found" : "invalid-argument",
        .detail = text_ids ? fmt::format("there is no product '{}'", id)
                           : fmt::format("product_id is '{}'", id),
        .field = "product_id",
        .accepted = text_ids ? "the id of a product of the catalogue; new ones come by import"
                             : "an integer from 0 to 9223372036854775807",
        .position = {}});
  }
  auto value = ObjectOf(body);
  if (!value) return std::unexpected(std::move(value.error()));
  if (value->get_object().empty())
    return BadShape("the body says nothing", "columns of the product");
  Item item(Kind::kProduct, 0);
  item.AddMembers(value->get_object(), {});
  item.Add("product_id", product->id);
  const auto* category = std::get_if<std::string>(ValueOr(item.Row(), "category_id"));
  const auto& categories = state.PublishedShelf().catalogue.categories;
  if (category != nullptr &&
      std::ranges::find(categories, *category, &features::Category::id) == categories.end())
    item.Refuse("category_id", fmt::format("there is no category '{}'", *category));
  const auto* name = std::get_if<std::string>(ValueOr(item.Row(), "product_name"));
  if (name != nullptr && name->empty()) item.Refuse("product_name", "is empty");
  item.Check(state.RetailerShape(), product->known ? raw::Given::kPart : raw::Given::kWhole);
  return One(std::move(item));
}

Taken<std::vector<Change>> ChangesOfCustomer(domain::CustomerId customer, std::string_view body,
                                             const serving::ServingState& state) {
  auto value = ObjectOf(body);
  if (!value) return std::unexpected(std::move(value.error()));
  if (value->get_object().empty())
    return BadShape("the body says nothing", "columns of the customer");
  Item item(Kind::kCustomer, 0);
  item.AddMembers(value->get_object(), {});
  item.Add("customer_id", customer.value);
  const domain::RetailerShape& shape = state.RetailerShape();
  const auto* code = std::get_if<std::string>(ValueOr(item.Row(), "zip_code"));
  if (code != nullptr && !shape.RegionOfPostalCode(*code)) {
    item.Refuse("zip_code", fmt::format("'{}' is no postal code of this retailer; accepted: {}",
                                        *code, shape.AcceptedPostalCodes()));
  }
  item.Check(state.RetailerShape(), raw::Given::kPart);
  return One(std::move(item));
}

}  // namespace aisle::api
