#include "features/pair_row.h"

#include <algorithm>
#include <limits>

#include "features/pair_values.h"

namespace aisle::features {
namespace {

// The groupings of a plan.
constexpr std::uint32_t kByCategory = 0;
constexpr std::uint32_t kByBrand = 1;

// Where the products the customer met stand among the candidates, which rise as the pairs' positions do.
void FindMet(const PairRequest& request, std::span<const std::uint32_t> candidates,
             PairColumns& out) {
  out.met_rows.clear();
  auto from = candidates.begin();
  for (const MetPair& met : request.interests.pairs) {
    from = std::lower_bound(from, candidates.end(), met.position);
    if (from == candidates.end()) break;
    if (*from == met.position)
      out.met_rows.push_back(static_cast<std::uint32_t>(from - candidates.begin()));
  }
}

}  // namespace

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
  const PairRequest request{
      *view_,
      MakeCustomerInputs(customer, now),
      {},
      {},
      {},
      {},
      asks_interests_ ? MakeInterests(customer, view_->FullCatalogue(), now) : Interests{},
      now};
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
                        std::span<float> rows) const {
  const std::size_t width = inputs_.size();
  AISLE_ASSERT(rows.size() == candidates.size() * width);
  const PairRequest request = MakePairRequest(*view_, customer, propensity, now);
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
  return plan;
}

void PairRowMaker::FillColumns(const CustomerRecord& customer, std::span<const float> propensity,
                               base::Timestamp now, std::span<const std::uint32_t> candidates,
                               PairColumns& out) const {
  const PairRequest request = MakePairRequest(*view_, customer, propensity, now);
  FindMet(request, candidates, out);
  out.columns.assign(inputs_.size(), {});
  // Never too few: spans of it are handed out.
  out.values.resize(inputs_.size() * std::max({candidates.size(), request.categories.size(),
                                               request.brands.size()}));
  float* free = out.values.data();
  for (std::size_t f = 0; f < inputs_.size(); ++f) {
    const auto input = static_cast<PairInput>(inputs_[f]);
    forest::Column& column = out.columns[f];
    const auto fill = [&](std::size_t count, const auto& value_of) {
      column.values = {free, count};
      for (std::size_t i = 0; i < count; ++i) *free++ = value_of(i);
    };
    switch (ScopeOf(inputs_[f])) {
      case Scope::kRequest:
        column.form = forest::Column::Form::kConstant;
        column.value = RequestValue(input, request);
        break;
      case Scope::kProduct:
        break;
      case Scope::kCategory:
        column.form = forest::Column::Form::kGrouped;
        column.grouping = kByCategory;
        fill(request.categories.size(),
             [&](std::size_t c) { return CategoryValue(input, request, c); });
        break;
      case Scope::kBrand:
        column.form = forest::Column::Form::kGrouped;
        column.grouping = kByBrand;
        fill(request.brands.size(), [&](std::size_t b) { return BrandValue(input, request, b); });
        break;
      case Scope::kEach:
        column.form = forest::Column::Form::kRows;
        fill(candidates.size(),
             [&](std::size_t i) { return EachValue(input, request, candidates[i]); });
        break;
      case Scope::kHistory: {
        column.form = forest::Column::Form::kFew;
        column.value = HistoryValue(input, nullptr, now);
        column.rows = out.met_rows;
        auto met = request.interests.pairs.begin();
        fill(out.met_rows.size(), [&](std::size_t i) {
          while (met->position != candidates[out.met_rows[i]]) ++met;
          return HistoryValue(input, &*met, now);
        });
      }
    }
  }
}

}  // namespace aisle::features
