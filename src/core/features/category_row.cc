#include <algorithm>

#include "features/customer_inputs.h"
#include "features/inputs.h"
#include "features/pair_row.h"

namespace aisle::features {
namespace {

void CountOpenInterests(const CustomerRecord& customer, const CatalogueView& view,
                        base::Timestamp now, std::vector<float>& open) {
  const Catalogue& catalogue = view.FullCatalogue();
  open.assign(catalogue.categories.size(), 0);
  for (const PairHistory& pair : customer.pairs) {
    const base::Timestamp interest = OpenInterest(pair);
    if (interest == kNever || DaysSince(interest, now) > kOpenInterestDays) continue;
    const std::ptrdiff_t position = view.Find(pair.product);
    if (position >= 0) open[catalogue.products[static_cast<std::size_t>(position)].category] += 1;
  }
}

// Where an input that stands in the category's history stands in it; null for the others.
float CategoryContext::* MemberOf(CategoryInput input) {
  switch (input) {
    case CategoryInput::kCategoryShareLog:
      return &CategoryContext::share_log;
    case CategoryInput::kCategorySessions:
      return &CategoryContext::sessions;
    case CategoryInput::kCategorySessions28d:
      return &CategoryContext::sessions_28d;
    case CategoryInput::kCategoryPurchases:
      return &CategoryContext::purchases;
    case CategoryInput::kDaysSinceCategoryEvent:
      return &CategoryContext::days_since_event;
    case CategoryInput::kDaysSinceCategoryPurchase:
      return &CategoryContext::days_since_purchase;
    default:
      return nullptr;
  }
}

// A batch waits for memory: each customer's lists are somewhere else. So many customers ahead they are asked for.
constexpr std::size_t kAhead = 2;

template <typename List>
void Prefetch(const List& list) {
  constexpr std::size_t kLine = 64;
  const auto* const bytes = reinterpret_cast<const char*>(list.data());
  for (std::size_t at = 0; at < list.size() * sizeof(list[0]); at += kLine)
    __builtin_prefetch(bytes + at);
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
    case CategoryInput::kOpenInterests:
      return row.open_interests;
    default:
      break;
  }
  const auto member = MemberOf(input);
  AISLE_ASSERT(member != nullptr);
  return row.category.*member;
}

}  // namespace

CategoryRowMaker::CategoryRowMaker(const CatalogueView& view, std::vector<std::uint16_t> inputs)
    : view_(&view), inputs_(std::move(inputs)) {
  for (const std::uint16_t input : inputs_) AISLE_ASSERT(input < CategoryInputs().size());
  const auto interests = static_cast<std::uint16_t>(CategoryInput::kOpenInterests);
  asks_interests_ = std::ranges::find(inputs_, interests) != inputs_.end();
}

void CategoryRowMaker::Fill(const CustomerRecord& customer, base::Timestamp now,
                            std::span<float> rows) const {
  const std::size_t categories = view_->FullCatalogue().categories.size();
  AISLE_ASSERT(rows.size() == categories * inputs_.size());
  const CustomerInputs inputs = MakeCustomerInputs(customer, now);
  std::vector<CategoryContext> contexts;
  FillCategoryContexts(customer, *view_, now, contexts);
  std::vector<float> open;
  CountOpenInterests(customer, *view_, now, open);
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
  const CategoryContext nothing{};
  std::vector<CategoryContext> contexts;
  std::vector<float> open;
  for (std::size_t i = 0; i < customers.size(); ++i) {
    if (i + kAhead < customers.size()) {
      Prefetch(customers[i + kAhead].categories);
      if (asks_interests_) Prefetch(customers[i + kAhead].pairs);
    }
    const CustomerInputs inputs = MakeCustomerInputs(customers[i], now);
    FillCategoryContexts(customers[i], *view_, now, contexts);
    if (asks_interests_) CountOpenInterests(customers[i], *view_, now, open);
    const Row row{inputs, nothing, 0, 0, 0};
    for (std::size_t f = 0; f < inputs_.size(); ++f) {
      const auto input = static_cast<CategoryInput>(inputs_[f]);
      float* const values = out.values.data() + f * row_count;
      if (out.columns[f].form == forest::Column::Form::kGrouped) {
        values[i] = Value(input, row);
      } else if (out.columns[f].form == forest::Column::Form::kRows) {
        const auto member = MemberOf(input);
        AISLE_ASSERT(member != nullptr || input == CategoryInput::kOpenInterests);
        for (std::size_t c = 0; c < categories; ++c)
          values[i * categories + c] = member != nullptr ? contexts[c].*member : open[c];
      }
    }
  }
}

}  // namespace aisle::features
