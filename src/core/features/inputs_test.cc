#include "features/inputs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "features/pair_row.h"

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
