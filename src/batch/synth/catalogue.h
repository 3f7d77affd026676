// The printed parts of the shop: names of categories, brands, goods, cities, promotions.
//
// Only lists; what is drawn from them is world.cc's and person.cc's business.
#pragma once

#include <array>
#include <string_view>

namespace aisle::synth {

inline constexpr int kAdjectives = 10;
inline constexpr int kNouns = 5;

std::string_view BrandName(int department, int brand);
std::string_view Adjective(int index);
std::string_view Noun(int category, int index);

struct PromotionPlan {
  std::string_view code, description;
  int discount_pct;
  unsigned start_month, start_day;  // 0: always on.
  int days;
};
const std::array<PromotionPlan, 8>& PromotionPlans();

// A first name for gender 0 Female, 1 Male, 2 Non-binary; any non-negative pick.
std::string_view FirstName(int gender, std::size_t pick);
std::string_view LastName(std::size_t pick);
std::string_view StreetName(std::size_t pick);
std::string_view MailDomain(std::size_t pick);

}  // namespace aisle::synth
