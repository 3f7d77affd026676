#include "features/inputs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "features/pair_row.h"
#include "features/pair_values.h"

namespace aisle::features {
namespace {

const base::Timestamp kNow = *base::ParseTimestamp("2026-06-01");

Catalogue OneProduct() {
  Catalogue catalogue;
  catalogue.as_of = kNow;
  catalogue.categories = {{"C1", "One", "D"}};
  catalogue.brands = {"B"};
  ProductRecord product;
  product.product = {1};
  product.price = {1'000};
  catalogue.products = {product};
  return catalogue;
}

std::vector<std::uint16_t> All(std::size_t count) {
  std::vector<std::uint16_t> inputs(count);
  std::iota(inputs.begin(), inputs.end(), std::uint16_t{0});
  return inputs;
}

void ExpectMissingAsTold(std::span<const InputDefinition> inputs, const std::vector<float>& row) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_EQ(std::isnan(row[i]), !inputs[i].missing.empty()) << inputs[i].name;
    EXPECT_FALSE(inputs[i].meaning.empty()) << inputs[i].name;
    EXPECT_FALSE(inputs[i].from.empty()) << inputs[i].name;
  }
}

TEST(Inputs, OfACustomerOfWhomNothingIsKnownThoseAreMissingThatSaySo) {
  const Catalogue catalogue = OneProduct();
  const CatalogueView view(catalogue);
  CustomerRecord nobody;
  nobody.customer_since = *base::ParseDate("2026-01-01");
  std::vector<float> pair(PairInputs().size());
  PairRowMaker(view, All(pair.size())).Fill(nobody, {}, kNow, std::vector<std::uint32_t>{0}, pair);
  ExpectMissingAsTold(PairInputs(), pair);
  std::vector<float> category(CategoryInputs().size());
  CategoryRowMaker(view, All(category.size())).Fill(nobody, kNow, category);
  ExpectMissingAsTold(CategoryInputs(), category);
}

// Of customers, of products, of both: what `aisle inputs` says an input is of.
int OfWhat(Role role) {
  return role == Role::kRequestConstant ? 0 : role == Role::kProductStatic ? 1 : 2;
}

TEST(Inputs, AGroupIsOfCustomersOrOfProductsOrOfBothAndMissesNone) {
  std::map<InputGroup, std::set<int>> of_what;
  for (const auto inputs : {PairInputs(), CategoryInputs()}) {
    for (const InputDefinition& input : inputs) {
      ASSERT_LT(input.group, InputGroup::kCount) << input.name;
      of_what[input.group].insert(OfWhat(input.role));
    }
  }
  EXPECT_EQ(of_what.size(), static_cast<std::size_t>(InputGroup::kCount)) << "one has no input";
  std::set<std::string_view> names;
  for (const auto& [group, found] : of_what) {
    EXPECT_EQ(found.size(), 1U) << Define(group).name;
    EXPECT_TRUE(names.insert(Define(group).name).second) << Define(group).name;
  }
}

TEST(Inputs, PairHistoryIsWhatIsUnknownOfAProductNeverMet) {
  for (std::uint16_t i = 0; i < PairInputs().size(); ++i) {
    EXPECT_EQ(PairInputs()[i].group == InputGroup::kPairHistory, ScopeOf(i) == Scope::kHistory)
        << PairInputs()[i].name;
    EXPECT_EQ(PairInputs()[i].group == InputGroup::kBrandHistory, ScopeOf(i) == Scope::kBrand)
        << PairInputs()[i].name;
  }
}

TEST(Inputs, AnUnknownNameIsAnsweredWithTheNearest) {
  const std::vector<std::string> names = {"age", "day_since_purchase"};
  const auto pairs = ResolvePairInputs(names);
  ASSERT_FALSE(pairs);
  EXPECT_EQ(
      pairs.error().message,
      "input 2 of the model, 'day_since_purchase', cannot be made by this build (did you mean "
      "'days_since_purchase'?); `aisle inputs` lists them");
  EXPECT_EQ(
      ResolveCategoryInputs(std::vector<std::string>{"shoe"}).error().message,
      "input 1 of the model, 'shoe', cannot be made by this build; `aisle inputs` lists them");
}

}  // namespace
}  // namespace aisle::features
