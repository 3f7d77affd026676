#include "synth/person.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "synth/catalogue.h"

namespace aisle::synth {
namespace {

constexpr std::array<ClassRules, kClasses> kRules = {{
    {0.290, 13.0, 0.40, 0.30, 0.30, 7.4, 3.5, -0.60, {0.87, 0.09, 0.04}, 200},
    {0.440, 15.0, 0.45, 0.66, 1.00, 3.3, 3.2, -0.10, {0.75, 0.15, 0.10}, 930},
    {0.135, 19.0, 0.50, 0.80, 1.70, 15.5, 7.0, 0.50, {0.54, 0.23, 0.23}, 2700},
    {0.135, 19.0, 0.58, 0.95, 5.00, 5.5, 2.0, 1.30, {0.28, 0.30, 0.42}, 7000},
}};

constexpr double kFavourite = 3.0;
constexpr std::array<double, kBrands> kBrandRatio = {5.0, 2.5, 1.0, 1.0, 0.5};
constexpr double kPriceLevelSd = 0.9;
constexpr double kNewBoost = 1.0, kOpennessSd = 0.7;

template <std::size_t kCount>
void Shuffle(std::array<std::size_t, kCount>& items, base::Stream& stream) {
  for (std::size_t i = kCount - 1; i > 0; --i) std::swap(items[i], items[stream.Below(i + 1)]);
}

void DrawTastes(Person& person, base::Stream stream) {
  std::array<std::size_t, kCategories> categories{};
  for (std::size_t i = 0; i < kCategories; ++i) categories[i] = i;
  Shuffle(categories, stream);
  person.category_taste.fill(1.0);
  for (std::size_t i = 0; i < 3; ++i) person.category_taste[categories[i]] = kFavourite;
  for (auto& brands : person.brand_taste) {
    std::array<std::size_t, kBrands> order = {0, 1, 2, 3, 4};
    Shuffle(order, stream);
    for (std::size_t i = 0; i < kBrands; ++i) brands[order[i]] = kBrandRatio[i];
  }
  const double level = kPriceLevelSd * stream.Normal() +
                       Classes()[static_cast<std::size_t>(person.shopping_class)].price_tilt;
  person.price_level =
      std::clamp(static_cast<int>(std::lround((level + 3.0) / 0.15)), 0, kPriceLevels - 1);
  person.newness = std::exp(kNewBoost * (0.5 + kOpennessSd * stream.Normal()));
}

int DrawCity(base::Stream& stream) {
  const auto region = static_cast<domain::Region>(stream.Below(kRegionCount));
  std::array<int, kCities> there{};
  std::size_t count = 0;
  for (int i = 0; i < kCities; ++i)
    if (Cities()[static_cast<std::size_t>(i)].region == region) there[count++] = i;
  return there[stream.Below(count)];
}

void DrawAttributes(Person& person, const Retailer::World& world, base::Stream stream) {
  using namespace std::chrono;
  constexpr std::array<double, 3> kGenders = {0.55, 0.40, 0.05};
  const base::Date today = floor<days>(world.options.as_of);
  person.gender = static_cast<int>(stream.Weighted(kGenders));
  person.born = today - days{18 * 366 + static_cast<std::int64_t>(stream.Below(57 * 365))};
  person.since = today - days{1 + static_cast<std::int64_t>(stream.Below(3650))};
  const auto begin = (base::Timestamp{person.since} - world.log_begin).count() / 1'000'000;
  person.first_second = static_cast<Second>(std::max<std::int64_t>(begin, 0));
  for (std::size_t i = 0; i < 2; ++i) {
    person.city[i] = DrawCity(stream);
    person.zip_suffix[i] = static_cast<int>(stream.Between(1, 99));
  }
  person.subscribed = {stream.Chance(0.70), stream.Chance(0.35)};
}

// A change happens after the customer joined, or not at all.
Second ChangeTime(const Person& person, base::Stream& stream, double probability) {
  const bool happens = stream.Chance(probability);
  const auto time = static_cast<Second>(stream.Below(kLogEnd - 1));
  return happens && time > person.first_second ? time : kNever;
}

void DrawChanges(Person& person, base::Stream stream) {
  person.moves_at = ChangeTime(person, stream, 0.03);
  if (person.moves_at == kNever) {
    person.city[1] = person.city[0];
    person.zip_suffix[1] = person.zip_suffix[0];
  }
  // 41 % have the app at the start and 4 % take it up, so that 45 % have it at the end.
  const double app = stream.Uniform();
  const auto adopted = static_cast<Second>(stream.Below(kLogEnd - 1));
  if (app < 0.41) {
    person.app_from = 0;
  } else if (app < 0.45) {
    person.app_from = adopted > person.first_second ? adopted : 0;
  }
  for (std::size_t i = 0; i < 2; ++i) {
    // Both directions cancel out: leaving is as likely as joining, counted in customers.
    const double share = i == 0 ? 0.70 : 0.35;
    person.subscription_flips_at[i] =
        ChangeTime(person, stream, 0.02 / (person.subscribed[i] ? share : 1 - share));
  }
}

void DrawOpening(Person& person, const Retailer::World& world, base::Stream stream) {
  const double scale = Classes()[static_cast<std::size_t>(person.shopping_class)].annual_spend_usd *
                       person.intensity;
  const double noise = std::exp(0.35 * stream.Normal() - 0.06);
  const auto days = (base::Timestamp{person.since} - world.log_begin).count() / base::kDay.count();
  person.opening_days = static_cast<int>(std::clamp<std::int64_t>(-days, 0, kLogDays));
  person.opening_cents_per_day =
      static_cast<std::int64_t>(std::llround(scale * noise * 100.0 / kLogDays));
}

}  // namespace

const std::array<ClassRules, kClasses>& Classes() { return kRules; }

std::string Person::Zip(Second t) const {
  const std::size_t i = t >= moves_at ? 1 : 0;
  return fmt::format("{}{:02d}", Cities()[static_cast<std::size_t>(city[i])].zip_prefix,
                     zip_suffix[i]);
}

Person MakePerson(const Retailer::World& world, std::int64_t index) {
  Person person;
  person.index = index;
  const std::uint64_t seed = world.options.seed;
  base::Stream stream = StreamOf(seed, index, Purpose::kPerson);
  std::array<double, kClasses> shares{};
  for (std::size_t i = 0; i < kClasses; ++i) shares[i] = kRules[i].share;
  person.shopping_class = static_cast<int>(stream.Weighted(shares));
  person.intensity = stream.Uniform(0.75, 1.25);
  DrawAttributes(person, world, stream);
  DrawTastes(person, StreamOf(seed, index, Purpose::kTaste));
  DrawChanges(person, StreamOf(seed, index, Purpose::kChanges));
  DrawOpening(person, world, stream);
  return person;
}

PersonWords WordsOf(const Retailer::World& world, const Person& person) {
  base::Stream stream = StreamOf(world.options.seed, person.index, Purpose::kNames);
  PersonWords words;
  words.first_name = FirstName(person.gender, stream.Below(1'000'000));
  words.last_name = LastName(stream.Below(1'000'000));
  std::string first = words.first_name, last = words.last_name;
  for (std::string* name : {&first, &last})
    for (char& c : *name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  words.email =
      fmt::format("{}.{}{}@{}", first, last, person.index + 1, MailDomain(stream.Below(1'000'000)));
  words.phone = fmt::format("555-{:03d}-{:04d}", stream.Below(1000), stream.Below(10'000));
  words.street = fmt::format("{} {}", stream.Between(1, 9999), StreetName(stream.Below(1'000'000)));
  return words;
}

std::string_view GenderName(int gender) {
  return gender == 0 ? "Female" : gender == 1 ? "Male" : "Non-binary";
}

}  // namespace aisle::synth
