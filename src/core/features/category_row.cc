#include <algorithm>
#include <limits>

#include "features/customer_inputs.h"
#include "features/inputs.h"
#include "features/pair_row.h"

namespace aisle::features {
namespace {

std::vector<float> CountOpenInterests(const CustomerRecord& customer, const Catalogue& catalogue,
                                      base::Timestamp now) {
  std::vector<float> open(catalogue.categories.size(), 0);
  for (const PairHistory& pair : customer.pairs) {
    const base::Timestamp interest = OpenInterest(pair);
    if (interest == kNever || DaysSince(interest, now) > kOpenInterestDays) continue;
    const std::ptrdiff_t position = catalogue.Find(pair.product);
    if (position >= 0) open[catalogue.products[static_cast<std::size_t>(position)].category] += 1;
  }
  return open;
}

struct Row {
  const CustomerInputs& customer;
  const CategoryContext& category;
  float position;
  float popularity;
  float open_interests;
};

float Value(CategoryInput input, const Row& row) {
  switch (input) {
    case CategoryInput::kAge:
      return row.customer.age;
    case CategoryInput::kTenureMonths:
      return row.customer.tenure_months;
    case CategoryInput::kLoyaltyTierNum:
      return row.customer.loyalty_tier_num;
    case CategoryInput::kTotalOrders:
      return row.customer.total_orders;
    case CategoryInput::kLifetimeSpend:
      return row.customer.lifetime_spend;
    case CategoryInput::kAvgOrderValue:
      return row.customer.avg_order_value;
    case CategoryInput::kDaysSincePurchase:
      return row.customer.days_since_purchase;
    case CategoryInput::kCategoriesPurchased:
      return row.customer.categories_purchased;
    case CategoryInput::kTotalBrowseEvents:
      return row.customer.total_browse_events;
    case CategoryInput::kTotalSessions:
      return row.customer.total_sessions;
    case CategoryInput::kCartAbandonmentRate:
      return row.customer.cart_abandonment_rate;
    case CategoryInput::kEngagementScore:
      return row.customer.engagement_score;
    case CategoryInput::kCategory:
      return row.position;
    case CategoryInput::kCategoryPopularity:
      return row.popularity;
    case CategoryInput::kCategoryShareLog:
      return row.category.share_log;
    case CategoryInput::kCategorySessions:
      return row.category.sessions;
    case CategoryInput::kCategorySessions28d:
      return row.category.sessions_28d;
    case CategoryInput::kCategoryPurchases:
      return row.category.purchases;
    case CategoryInput::kDaysSinceCategoryEvent:
      return row.category.days_since_event;
    case CategoryInput::kDaysSinceCategoryPurchase:
      return row.category.days_since_purchase;
    case CategoryInput::kOpenInterests:
      return row.open_interests;
    case CategoryInput::kCount:
      break;
  }
  return std::numeric_limits<float>::quiet_NaN();
}

}  // namespace

CategoryRowMaker::CategoryRowMaker(const CatalogueView& view, std::vector<std::uint16_t> inputs)
    : view_(&view), inputs_(std::move(inputs)) {
  for (const std::uint16_t input : inputs_) AISLE_ASSERT(input < CategoryInputs().size());
}

void CategoryRowMaker::Fill(const CustomerRecord& customer, base::Timestamp now,
                            std::span<float> rows) const {
  const std::size_t categories = view_->FullCatalogue().categories.size();
  AISLE_ASSERT(rows.size() == categories * inputs_.size());
  const CustomerInputs inputs = MakeCustomerInputs(customer, now);
  const std::vector<CategoryContext> contexts = MakeCategoryContexts(customer, *view_, now);
  const std::vector<float> open = CountOpenInterests(customer, view_->FullCatalogue(), now);
  float* out = rows.data();
  for (std::size_t c = 0; c < categories; ++c) {
    const Row row{inputs, contexts[c], static_cast<float>(c),
                  static_cast<float>(view_->CategoryShare()[c]), open[c]};
    for (const std::uint16_t input : inputs_)
      *out++ = Value(static_cast<CategoryInput>(input), row);
  }
}

forest::RowPlan CategoryRowMaker::Plan(std::size_t customer_count) const {
  const std::size_t categories = view_->FullCatalogue().categories.size();
  forest::RowPlan plan;
  plan.row_count = customer_count * categories;
  plan.prepared.resize(inputs_.size());
  plan.groupings.push_back(
      {.group_of_row = {}, .group_count = static_cast<std::uint32_t>(customer_count)});
  const CustomerInputs nobody{};
  const CategoryContext nothing{};
  for (std::size_t i = 0; i < plan.row_count; ++i) {
    const Row row{nobody, nothing, static_cast<float>(i % categories),
                  static_cast<float>(view_->CategoryShare()[i % categories]), 0};
    for (std::size_t f = 0; f < inputs_.size(); ++f) {
      if (CategoryInputs()[inputs_[f]].role == Role::kProductStatic)
        plan.prepared[f].push_back(Value(static_cast<CategoryInput>(inputs_[f]), row));
    }
    plan.groupings[0].group_of_row.push_back(static_cast<std::uint32_t>(i / categories));
  }
  return plan;
}

void CategoryRowMaker::FillColumns(std::span<const CustomerRecord> customers, base::Timestamp now,
                                   std::size_t customer_count, CategoryColumns& out) const {
  AISLE_ASSERT(customers.size() <= customer_count);
  const std::size_t categories = view_->FullCatalogue().categories.size();
  const std::size_t row_count = customer_count * categories;
  out.columns.assign(inputs_.size(), {});
  out.values.resize(inputs_.size() * row_count);
  for (std::size_t f = 0; f < inputs_.size(); ++f) {
    const Role role = CategoryInputs()[inputs_[f]].role;
    if (role == Role::kProductStatic) continue;
    const bool grouped = role == Role::kRequestConstant;
    out.columns[f].form = grouped ? forest::Column::Form::kGrouped : forest::Column::Form::kRows;
    out.columns[f].values =
        std::span(out.values).subspan(f * row_count, grouped ? customer_count : row_count);
  }
  for (std::size_t i = 0; i < customers.size(); ++i) {
    const CustomerInputs inputs = MakeCustomerInputs(customers[i], now);
    const std::vector<CategoryContext> contexts = MakeCategoryContexts(customers[i], *view_, now);
    const std::vector<float> open = CountOpenInterests(customers[i], view_->FullCatalogue(), now);
    for (std::size_t c = 0; c < categories; ++c) {
      const Row row{inputs, contexts[c], static_cast<float>(c),
                    static_cast<float>(view_->CategoryShare()[c]), open[c]};
      for (std::size_t f = 0; f < inputs_.size(); ++f) {
        const bool grouped = out.columns[f].form == forest::Column::Form::kGrouped;
        if (out.columns[f].form == forest::Column::Form::kPrepared || (grouped && c > 0)) continue;
        out.values[f * row_count + (grouped ? i : i * categories + c)] =
            Value(static_cast<CategoryInput>(inputs_[f]), row);
      }
    }
  }
}

}  // namespace aisle::features
