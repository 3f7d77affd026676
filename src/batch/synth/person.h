// One customer: who they are, what they like, and what changes about them during the log.
//
//   shapes   weights by category, by (department, brand).
//   units    rates are per year of 365 days; Second of the log.
//   threads  MakePerson is pure: the same world and index give the same person.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "synth/world.h"

namespace aisle::synth {

inline constexpr int kClasses = 4;
inline constexpr Second kNever = kLogEnd;

// Hidden shopping classes. Each is meant to end in the tier of the same number; spending is random,
// so some do not. Rates are calibrated so that tier shares and events per tier hold
// (docs/SYNTHETIC_RETAILER.md).
struct ClassRules {
  double share;                    // Of customers.
  double views;                    // Views that may open an intent, per year.
  double intent;                   // Such a view opens an intent.
  double conversion;               // An intent ends in a purchase.
  double impulse;                  // Purchases without an intent, per year.
  double idle_visits;              // Online visits that look at no product, per year.
  double idle_store_visits;        // Visits to a shop without a purchase, per year.
  double price_tilt;               // Added to the price level.
  std::array<double, 3> quantity;  // Probability of buying 1, 2, 3 pieces.
  double annual_spend_usd;         // About what they spend: the scale of the opening balance.
};
const std::array<ClassRules, kClasses>& Classes();

struct Person {
  std::int64_t index = 0;
  int shopping_class = 0;
  double intensity = 1;  // Times the class's rates.

  // Tastes.
  std::array<double, kCategories> category_taste{};  // 3 for three favourites, else 1.
  std::array<std::array<double, kBrands>, kDepartments> brand_taste{};
  int price_level = 0;
  double newness = 1;  // Factor for products of the last three periods.

  // Attributes.
  int gender = 0;  // 0 Female, 1 Male, 2 Non-binary.
  base::Date born{}, since{};
  Second first_second = 0;    // Of the log: max(0, midnight of `since`).
  std::array<int, 2> city{};  // Before and after the move.
  std::array<int, 2> zip_suffix{};
  Second moves_at = kNever;
  Second app_from = kNever;          // 0: all along.
  std::array<bool, 2> subscribed{};  // Email, SMS: at the start.
  std::array<Second, 2> subscription_flips_at{kNever, kNever};
  std::int64_t opening_cents_per_day = 0;  // See Opening().
  int opening_days = 0;

  bool HasApp(Second t) const { return t >= app_from; }
  int CityAt(Second t) const { return city[t >= moves_at ? 1 : 0]; }
  domain::Region RegionAt(Second t) const {
    return Cities()[static_cast<std::size_t>(CityAt(t))].region;
  }
  bool Subscribed(int which, Second t) const {
    const auto i = static_cast<std::size_t>(which);
    return subscribed[i] != (t >= subscription_flips_at[i]);
  }
  // What is left on a day of the log of the spend before the log. The window of a day is that day
  // and the 364 before it, so an equal part leaves each day and on the last day nothing is left.
  std::int64_t Opening(int day) const {
    const int window = kLogDays - 1 - day;
    return opening_cents_per_day * (opening_days < window ? opening_days : window);
  }
  std::string Zip(Second t) const;
};

Person MakePerson(const Retailer::World& world, std::int64_t index);

// The printed parts, made only when the customer's row is written.
struct PersonWords {
  std::string first_name, last_name, email, phone, street;
};
PersonWords WordsOf(const Retailer::World& world, const Person& person);
std::string_view GenderName(int gender);

}  // namespace aisle::synth
