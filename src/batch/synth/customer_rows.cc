// Rows of the tables that come out of customers' lives.
#include <algorithm>
#include <array>
#include <charconv>

#include "synth/diary.h"
#include "synth/oracle.h"
#include "synth/rows_internal.h"

namespace aisle::synth {
namespace {

using World = Retailer::World;

constexpr Second kLastSecond = kLogEnd - 1;
constexpr int kOracleRanks = 20;

// "O1000000-17": short ids are stored without an allocation by engines that inline 12 bytes.
class IdText {
 public:
  IdText(char kind, std::int64_t customer) {
    text_[0] = kind;
    prefix_ = std::to_chars(text_.data() + 1, text_.data() + text_.size(), customer).ptr;
  }
  std::string_view Whole() const {
    return {text_.data(), static_cast<std::size_t>(prefix_ - text_.data())};
  }
  std::string_view With(std::int64_t number) {
    *prefix_ = '-';
    const char* end = std::to_chars(prefix_ + 1, text_.data() + text_.size(), number).ptr;
    return {text_.data(), static_cast<std::size_t>(end - text_.data())};
  }

 private:
  std::array<char, 48> text_{};
  char* prefix_;
};

void EventRows(const World& world, const Person& person, const std::vector<Event>& events,
               RowWriter& row) {
  const std::int64_t customer = person.index + kFirstCustomerId;
  IdText event_id('E', customer), session_id('S', customer), order_id('O', customer),
      cart_id('C', customer);
  const IdText visitor_id('V', customer);
  const auto numbered = [&](IdText& id, std::int64_t number) {
    if (number < 0) {
      row.Null();
    } else {
      row.Text(id.With(number));
    }
  };
  std::int64_t number = 0;
  for (const Event& event : events) {
    const base::Timestamp at = world.At(event.at);
    // Up to a minute on the way in, a function of the event alone.
    const auto delay = static_cast<std::int64_t>(
        1 + base::Mix(static_cast<std::uint64_t>(customer * 100'003 + number)) % 60);
    row.Text(event_id.With(number++))
        .Int(customer)
        .Text(domain::EventKindName(event.type))
        .Time(at);
    row.Text(ChannelName(event.channel));
    numbered(session_id, event.session);
    if (event.device == Device::kNone) {
      row.Null();
    } else {
      row.Text(DeviceName(event.device));
    }
    row.IntOrNull(event.product + kFirstProductId, event.product >= 0);
    if (event.category < 0) {
      row.Null();
    } else {
      row.Text(Categories()[static_cast<std::size_t>(event.category)].id);
    }
    row.MoneyOrNull(event.price_cents).IntOrNull(event.quantity, event.quantity > 0);
    row.MoneyOrNull(event.cart_cents);
    numbered(order_id, event.order);
    row.MoneyOrNull(event.order_cents);
    row.IntOrNull(event.store + kFirstStoreId, event.store >= 0);
    if (event.promotion < 0) {
      row.Null();
    } else {
      row.Text(world.promotions[static_cast<std::size_t>(event.promotion)].code);
    }
    row.IntOrNull(event.points_earned, event.points_earned > 0);
    row.IntOrNull(event.points_redeemed, event.points_redeemed > 0);
    row.IntOrNull(event.order_line, event.order_line > 0).MoneyOrNull(event.line_cents);
    numbered(cart_id, event.cart);
    row.Text(visitor_id.Whole()).Time(at + base::Microseconds{delay * 1'000'000}).Null().End();
  }
}

domain::Tier TierAt(const Life& life, Second at) {
  domain::Tier tier{};
  for (const TierStep& step : life.tier_steps)
    if (step.from <= at) tier = step.tier;
  return tier;
}

void CustomerRow(const World& world, const Person& person, const Life& life, RowWriter& row) {
  const PersonWords words = WordsOf(world, person);
  const City& city = Cities()[static_cast<std::size_t>(person.CityAt(kLastSecond))];
  row.Int(person.index + kFirstCustomerId).Text(words.email).Text(words.phone);
  row.Text(words.first_name).Text(words.last_name).Day(person.born).Text(GenderName(person.gender));
  row.Text(words.street).Text(city.name).Text(city.state).Text(person.Zip(kLastSecond));
  row.Day(person.since).Text(Shape().TierName(TierAt(life, kLastSecond)));
  row.Bool(person.HasApp(kLastSecond));
  row.Bool(person.Subscribed(0, kLastSecond)).Bool(person.Subscribed(1, kLastSecond)).End();
}

void HistoryRows(const World& world, const Person& person, const Life& life, RowWriter& row) {
  std::vector<Second> changes;
  const auto change = [&](Second at) {
    if (at > person.first_second && at < kLogEnd) changes.push_back(at);
  };
  for (const TierStep& step : life.tier_steps) change(step.from);
  change(person.moves_at);
  change(person.app_from);
  for (const Second at : person.subscription_flips_at) change(at);
  std::sort(changes.begin(), changes.end());
  changes.erase(std::unique(changes.begin(), changes.end()), changes.end());
  changes.insert(changes.begin(), person.first_second);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Second at = changes[i];
    const City& city = Cities()[static_cast<std::size_t>(person.CityAt(at))];
    row.Int(person.index + kFirstCustomerId).Text(Shape().TierName(TierAt(life, at)));
    row.Bool(person.HasApp(at)).Bool(person.Subscribed(0, at)).Bool(person.Subscribed(1, at));
    row.Text(city.name).Text(city.state).Text(person.Zip(at));
    // What held when the log began is taken to have held since the customer joined.
    row.Time(i == 0 ? base::Timestamp{person.since} : world.At(at));
    if (i + 1 < changes.size()) {
      row.Time(world.At(changes[i + 1]));
    } else {
      row.Null();
    }
    row.End();
  }
}

void OracleRows(const World& world, const Person& person, const Forecast& forecast,
                RowWriter& row) {
  for (const bool only_new : {false, true}) {
    int rank = 0;
    for (const int product : Best(forecast, kOracleRanks, only_new)) {
      row.Time(world.At(kCutoff)).Int(person.index + kFirstCustomerId);
      row.Text(only_new ? "new" : "all").Int(++rank).Int(product + kFirstProductId);
      row.Double(forecast.expected[static_cast<std::size_t>(product)]).End();
    }
  }
}

void TotalsRow(const World& world, const Person& person, const Forecast& forecast, RowWriter& row) {
  row.Time(world.At(kCutoff)).Int(person.index + kFirstCustomerId).Double(forecast.total);
  row.Double(forecast.total_hidden).Int(forecast.actual).End();
}

}  // namespace

bool FillCustomers(const World& world, std::string_view table, std::int64_t first,
                   std::int64_t last, arrow::BatchBuilder& builder) {
  const bool events = table == "raw.event_stream", customers = table == "raw.customers";
  const bool history = table == "raw.customer_history";
  const bool top = table == "oracle.top_products", totals = table == "oracle.totals";
  if (!events && !customers && !history && !top && !totals) return false;
  RowWriter row(builder);
  Life life;
  std::vector<Event> diary;
  Forecast forecast;
  for (std::int64_t index = first; index < last; ++index) {
    const Person person = MakePerson(world, index);
    const Taste taste(world, person);
    Live(world, person, taste, life);
    if (events) {
      WriteDiary(world, person, life, diary);
      EventRows(world, person, diary, row);
    } else if (customers) {
      CustomerRow(world, person, life, row);
    } else if (history) {
      HistoryRows(world, person, life, row);
    } else {
      Foresee(world, person, taste, life, forecast);
      if (top) {
        OracleRows(world, person, forecast, row);
      } else {
        TotalsRow(world, person, forecast, row);
      }
    }
  }
  return true;
}

}  // namespace aisle::synth
