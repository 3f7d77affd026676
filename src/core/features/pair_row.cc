#include "features/pair_row.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "features/pair_values.h"

namespace aisle::features {
namespace {

// The groupings of a plan.
constexpr std::uint32_t kByCategory = 0;
constexpr std::uint32_t kByBrand = 1;
// And its orders.
constexpr std::uint32_t kByPrice = 0;
constexpr std::uint32_t kByPriceZ = 1;

// Where the products the customer met stand among the candidates, which rise as the pairs' positions do.
void FindMet(const PairRequest& request, const ListedProducts& candidates, PairColumns& out) {
  out.met_rows.clear();
  for (const MetPair& met : request.interests.pairs) {
    const std::int32_t row = candidates.row_of[met.position];
    if (row >= 0) out.met_rows.push_back(static_cast<std::uint32_t>(row));
  }
}

// Along which of the plan's orders an input's values rise, whoever the customer is: a price over a number above 0, a
// price's position less a number.
std::uint32_t OrderOf(PairInput input) {
  switch (input) {
    case PairInput::kPriceRatio:
    case PairInput::kSpendMatch:
      return kByPrice;
    case PairInput::kPriceDistance:
      return kByPriceZ;
    default:
      return forest::Column::kNoOrder;
  }
}

forest::Column::Form FormOf(Scope scope) {
  switch (scope) {
    case Scope::kRequest:
      return forest::Column::Form::kConstant;
    case Scope::kProduct:
      return forest::Column::Form::kPrepared;
    case Scope::kCategory:
    case Scope::kBrand:
      return forest::Column::Form::kGrouped;
    case Scope::kEach:
      return forest::Column::Form::kRows;
    case Scope::kHistory:
      break;
  }
  return forest::Column::Form::kFew;
}

}  // namespace

PairColumns::PairColumns() = default;
PairColumns::PairColumns(PairColumns&&) noexcept = default;
PairColumns& PairColumns::operator=(PairColumns&&) noexcept = default;
PairColumns::~PairColumns() = default;

PairRowMaker::PairRowMaker(const CatalogueView& view, std::vector<std::uint16_t> inputs)
    : view_(&view), inputs_(std::move(inputs)) {
  for (const std::uint16_t input : inputs_) {
    AISLE_ASSERT(input < PairInputs().size());
    const auto which = static_cast<PairInput>(input);
    asks_interests_ = asks_interests_ || which == PairInput::kProductsTouched ||
                      which == PairInput::kShareBought || which == PairInput::kOpenInterests;
  }
}

void PairRowMaker::FillRequest(const CustomerRecord& customer, base::Timestamp now,
                               std::span<float> values) const {
  AISLE_ASSERT(values.size() == inputs_.size());
  PairRequest request;
  request.customer = MakeCustomerInputs(customer, now);
  if (asks_interests_) FillInterests(customer, *view_, now, request.interests);
  for (std::size_t f = 0; f < values.size(); ++f) {
    const auto input = static_cast<PairInput>(inputs_[f]);
    switch (PairInputs()[inputs_[f]].role) {
      case Role::kRequestConstant:
        values[f] = RequestValue(input, request);
        break;
      case Role::kPairMonotone:
        values[f] = Denominator(input, request.customer);
        break;
      case Role::kProductStatic:
      case Role::kPair:
        values[f] = std::numeric_limits<float>::quiet_NaN();
    }
  }
}

void PairRowMaker::Fill(const CustomerRecord& customer, std::span<const float> propensity,
                        base::Timestamp now, std::span<const std::uint32_t> candidates,
                        std::span<float> rows, std::span<const Repriced> repriced) const {
  const std::size_t width = inputs_.size();
  AISLE_ASSERT(rows.size() == candidates.size() * width);
  PairRequest request;
  FillPairRequest(*view_, customer, propensity, now, request);
  const auto& products = view_->FullCatalogue().products;

  // Most candidates were never met: histories are filled with "never" in one sweep, and the few others are
  // mended after. Candidates may stand in any order here, and more than once.
  std::vector<std::pair<std::size_t, const MetPair*>> met;
  if (!request.interests.pairs.empty()) {
    std::vector<const MetPair*> by_position(products.size(), nullptr);
    for (const MetPair& pair : request.interests.pairs) by_position[pair.position] = &pair;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (by_position[candidates[i]] != nullptr) met.emplace_back(i, by_position[candidates[i]]);
    }
  }

  for (std::size_t f = 0; f < width; ++f) {
    const auto input = static_cast<PairInput>(inputs_[f]);
    const auto fill = [&](const auto& value_of) {
      std::size_t at = f;
      for (const std::uint32_t position : candidates) {
        rows[at] = value_of(position);
        at += width;
      }
    };
    switch (ScopeOf(inputs_[f])) {
      case Scope::kRequest:
        fill([value = RequestValue(input, request)](std::uint32_t) { return value; });
        break;
      case Scope::kProduct:
        fill([column = view_->ProductColumn(inputs_[f])](std::uint32_t p) { return column[p]; });
        break;
      case Scope::kCategory:
        fill([&](std::uint32_t p) { return CategoryValue(input, request, products[p].category); });
        break;
      case Scope::kBrand:
        fill([&](std::uint32_t p) { return BrandValue(input, request, products[p].brand); });
        break;
      case Scope::kEach:
        fill([&](std::uint32_t p) { return EachValue(input, request, p); });
        break;
      case Scope::kHistory:
        fill([never = HistoryValue(input, nullptr, now)](std::uint32_t) { return never; });
        for (const auto& [i, pair] : met) rows[i * width + f] = HistoryValue(input, pair, now);
    }
  }
  if (!repriced.empty()) Reprice(request, candidates, repriced, rows);
}

void PairRowMaker::Reprice(const PairRequest& request, std::span<const std::uint32_t> candidates,
                           std::span<const Repriced> repriced, std::span<float> rows) const {
  const std::size_t width = inputs_.size();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto found = std::ranges::lower_bound(repriced, candidates[i], {}, &Repriced::position);
    if (found == repriced.end() || found->position != candidates[i]) continue;
    for (std::size_t f = 0; f < width; ++f) {
      const auto input = static_cast<PairInput>(inputs_[f]);
      const Scope scope = ScopeOf(inputs_[f]);
      float& value = rows[i * width + f];
      if (scope == Scope::kProduct && IsOfPrice(input)) value = PricedValue(input, *found);
      if (scope == Scope::kEach) value = EachValue(input, request, *found);
    }
  }
}

forest::RowPlan PairRowMaker::Plan(std::span<const std::uint32_t> candidates) const {
  AISLE_ASSERT(std::ranges::adjacent_find(candidates, std::greater_equal{}) == candidates.end());
  const Catalogue& catalogue = view_->FullCatalogue();
  forest::RowPlan plan;
  plan.row_count = candidates.size();
  plan.prepared.resize(inputs_.size());
  for (std::size_t f = 0; f < inputs_.size() && !candidates.empty(); ++f) {
    if (ScopeOf(inputs_[f]) != Scope::kProduct) continue;
    const auto column = view_->ProductColumn(inputs_[f]);
    for (const std::uint32_t position : candidates) plan.prepared[f].push_back(column[position]);
  }
  plan.groupings.resize(2);
  plan.groupings[kByCategory].group_count = static_cast<std::uint32_t>(catalogue.categories.size());
  plan.groupings[kByBrand].group_count = static_cast<std::uint32_t>(catalogue.brands.size());
  for (const std::uint32_t position : candidates) {
    const ProductRecord& product = catalogue.products[position];
    plan.groupings[kByCategory].group_of_row.push_back(product.category);
    plan.groupings[kByBrand].group_of_row.push_back(product.brand);
  }
  plan.orders.resize(2);
  for (std::vector<std::uint32_t>& order : plan.orders) {
    order.resize(candidates.size());
    std::iota(order.begin(), order.end(), 0U);
  }
  const auto product_of = [&](std::uint32_t row) -> const ProductRecord& {
    return catalogue.products[candidates[row]];
  };
  std::ranges::stable_sort(plan.orders[kByPrice], {},
                           [&](std::uint32_t row) { return product_of(row).price.value; });
  std::ranges::stable_sort(plan.orders[kByPriceZ], {},
                           [&](std::uint32_t row) { return product_of(row).price_z; });
  return plan;
}

std::vector<forest::Column::Form> PairRowMaker::Forms() const {
  std::vector<forest::Column::Form> forms;
  for (const std::uint16_t input : inputs_) forms.push_back(FormOf(ScopeOf(input)));
  return forms;
}

ListedProducts PairRowMaker::List(std::span<const std::uint32_t> candidates) const {
  const auto& products = view_->FullCatalogue().products;
  const auto popularity =
      view_->ProductColumn(static_cast<std::size_t>(PairInput::kLogShareInCategory));
  ListedProducts listed;
  listed.row_of.assign(products.size(), -1);
  for (const std::uint32_t position : candidates) {
    const ProductRecord& product = products[position];
    listed.row_of[position] = static_cast<std::int32_t>(listed.positions.size());
    listed.positions.push_back(position);
    listed.price.push_back(static_cast<float>(product.price.Units()));
    listed.popularity_log.push_back(popularity[position]);
    listed.price_z.push_back(product.price_z);
    listed.price_log.push_back(PriceLog(product.price_z));
    listed.category.push_back(product.category);
    listed.brand.push_back(product.brand);
  }
  return listed;
}

void PairRowMaker::FillColumns(const CustomerRecord& customer, std::span<const float> propensity,
                               base::Timestamp now, const ListedProducts& candidates,
                               PairColumns& out) const {
  if (out.request == nullptr) out.request = std::make_unique<PairRequest>();
  FillPairRequest(*view_, customer, propensity, now, *out.request);
  const PairRequest& request = *out.request;
  FindMet(request, candidates, out);
  const std::size_t rows = candidates.positions.size();
  out.columns.assign(inputs_.size(), {});
  // Never too few: spans of it are handed out.
  out.values.resize(inputs_.size() *
                    std::max({rows, request.categories.size(), request.brands.size()}));
  float* free = out.values.data();
  for (std::size_t f = 0; f < inputs_.size(); ++f) {
    const auto input = static_cast<PairInput>(inputs_[f]);
    const Scope scope = ScopeOf(inputs_[f]);
    forest::Column& column = out.columns[f];
    column.form = FormOf(scope);
    const auto take = [&](std::size_t count) {
      column.values = {free, count};
      return std::exchange(free, free + count);
    };
    const auto fill = [&](std::size_t count, const auto& value_of) {
      float* const to = take(count);
      for (std::size_t i = 0; i < count; ++i) to[i] = value_of(i);
    };
    switch (scope) {
      case Scope::kRequest:
        column.value = RequestValue(input, request);
        break;
      case Scope::kProduct:
        break;
      case Scope::kCategory:
        column.grouping = kByCategory;
        fill(request.categories.size(),
             [&](std::size_t c) { return CategoryValue(input, request, c); });
        break;
      case Scope::kBrand:
        column.grouping = kByBrand;
        fill(request.brands.size(), [&](std::size_t b) { return BrandValue(input, request, b); });
        break;
      case Scope::kEach:
        column.order = OrderOf(input);
        FillEach(input, request, candidates, out, take(rows));
        break;
      case Scope::kHistory: {
        column.value = HistoryValue(input, nullptr, now);
        column.rows = out.met_rows;
        auto met = request.interests.pairs.begin();
        fill(out.met_rows.size(), [&](std::size_t i) {
          while (met->position != candidates.positions[out.met_rows[i]]) ++met;
          return HistoryValue(input, &*met, now);
        });
      }
    }
  }
}

}  // namespace aisle::features
