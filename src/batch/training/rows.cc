#include "training/rows.h"

#include <algorithm>

namespace aisle::training {
namespace {

constexpr std::uint64_t kSamplePurpose = 1;

void Append(RowSet& out, bool positive, float weight) {
  out.dataset.labels.push_back(positive ? 1.0F : 0.0F);
  out.dataset.weights.push_back(weight);
  out.positives += positive ? 1 : 0;
}

}  // namespace

RowWriter::RowWriter(const Recipe& recipe, const features::CatalogueView& view,
                     base::Timestamp cutoff, std::int64_t buyers, std::uint64_t seed,
                     std::vector<std::uint16_t> inputs)
    : rules_(recipe.rows),
      buyers_share_(rules_.buyers_max > 0 && rules_.buyers_max < buyers
                        ? static_cast<double>(rules_.buyers_max) / static_cast<double>(buyers)
                        : 1.0),
      grouped_(recipe.LearnsToRank()),
      view_(&view),
      cutoff_(cutoff),
      seed_(seed + static_cast<std::uint64_t>(base::ToMicros(cutoff))),
      inputs_(std::move(inputs)) {
  double total = 0;
  for (const features::ProductRecord& product : view.FullCatalogue().products) {
    total += product.purchases_90d + 0.5;
    popularity_.push_back(total);
  }
}

Result<RowWriter> RowWriter::Make(const Recipe& recipe, const features::CatalogueView& view,
                                  base::Timestamp cutoff, std::int64_t buyers, std::uint64_t seed) {
  AISLE_TRY(auto inputs, recipe.ranks_products ? features::ResolvePairInputs(recipe.inputs)
                                               : features::ResolveCategoryInputs(recipe.inputs));
  return RowWriter(recipe, view, cutoff, buyers, seed, std::move(inputs));
}

double RowWriter::ShareOf(std::span<const gold::Activity> happened) const {
  const auto& catalogue = view_->FullCatalogue();
  const bool buyer = std::any_of(happened.begin(), happened.end(), [&](const gold::Activity& a) {
    return a.lines > 0 && catalogue.Find(a.product) >= 0;
  });
  if (buyer) return buyers_share_;
  return grouped_ ? 0.0 : buyers_share_ * rules_.others_share;
}

base::Stream RowWriter::StreamOf(domain::CustomerId customer) const {
  return {seed_, static_cast<std::uint64_t>(customer.value), kSamplePurpose};
}

bool RowWriter::Wants(domain::CustomerId customer, std::span<const gold::Activity> happened) const {
  return StreamOf(customer).Chance(ShareOf(happened));
}

void RowWriter::Write(const features::CustomerRecord& customer,
                      std::span<const gold::Activity> happened, std::span<const float> propensity,
                      RowSet& out) const {
  base::Stream stream = StreamOf(customer.customer);
  const double share = ShareOf(happened);
  if (!stream.Chance(share)) return;
  const auto weight = static_cast<float>(1.0 / share);
  if (rules_.kind == RowKind::kPairs) {
    WritePairs(customer, PickPairs(customer, happened, stream, weight), propensity, out);
  } else if (rules_.kind == RowKind::kEvents) {
    WritePairs(customer, PickEvents(happened, weight), propensity, out);
  } else {
    WriteCategories(customer, happened, weight, out);
  }
}

std::uint32_t RowWriter::DrawProduct(base::Stream& stream) const {
  if (!stream.Chance(rules_.negatives_by_popularity))
    return static_cast<std::uint32_t>(stream.Below(popularity_.size()));
  const double at = stream.Uniform() * popularity_.back();
  const auto found = std::upper_bound(popularity_.begin(), popularity_.end(), at);
  return static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(
      found - popularity_.begin(), static_cast<std::ptrdiff_t>(popularity_.size()) - 1));
}

// Touched and bought pairs are all there; the others are drawn with replacement from a mixture, and
// a draw weighs the inverse of its expected count, so that weighted sums over rows estimate sums over
// the whole catalogue.
std::vector<RowWriter::Pick> RowWriter::PickPairs(const features::CustomerRecord& customer,
                                                  std::span<const gold::Activity> happened,
                                                  base::Stream& stream, float weight) const {
  const auto& catalogue = view_->FullCatalogue();
  std::vector<Pick> picks;
  for (const features::PairHistory& pair : customer.pairs) {
    const std::ptrdiff_t position = catalogue.Find(pair.product);
    if (position >= 0) picks.push_back({static_cast<std::uint32_t>(position), false, weight});
  }
  for (const gold::Activity& activity : happened) {
    if (activity.lines <= 0) continue;
    const std::ptrdiff_t position = catalogue.Find(activity.product);
    if (position >= 0) picks.push_back({static_cast<std::uint32_t>(position), true, weight});
  }
  std::sort(picks.begin(), picks.end(), [](const Pick& a, const Pick& b) {
    return std::pair(a.position, !a.bought) < std::pair(b.position, !b.bought);
  });
  picks.erase(std::unique(picks.begin(), picks.end(),
                          [](const Pick& a, const Pick& b) { return a.position == b.position; }),
              picks.end());
  const std::size_t known = picks.size();
  const auto products = static_cast<double>(popularity_.size());
  for (int i = 0; i < rules_.negatives_per_customer; ++i) {
    const std::uint32_t position = DrawProduct(stream);
    const bool is_known = std::binary_search(
        picks.begin(), picks.begin() + static_cast<std::ptrdiff_t>(known), Pick{position},
        [](const Pick& a, const Pick& b) { return a.position < b.position; });
    if (is_known) continue;
    const double own = popularity_[position] - (position > 0 ? popularity_[position - 1] : 0.0);
    const double chance = (1 - rules_.negatives_by_popularity) / products +
                          rules_.negatives_by_popularity * own / popularity_.back();
    picks.push_back(
        {position, false, weight / static_cast<float>(rules_.negatives_per_customer * chance)});
  }
  return picks;
}

std::vector<RowWriter::Pick> RowWriter::PickEvents(std::span<const gold::Activity> happened,
                                                   float weight) const {
  std::vector<Pick> picks;
  for (const gold::Activity& activity : happened) {
    const std::ptrdiff_t position = view_->FullCatalogue().Find(activity.product);
    if (position < 0) continue;
    const auto at = static_cast<std::uint32_t>(position);
    picks.insert(
        picks.end(),
        static_cast<std::size_t>(activity.views) + static_cast<std::size_t>(activity.carts),
        {at, false, weight});
    picks.insert(picks.end(), static_cast<std::size_t>(activity.lines), {at, true, weight});
  }
  return picks;
}

void RowWriter::WritePairs(const features::CustomerRecord& customer, std::span<const Pick> picks,
                           std::span<const float> propensity, RowSet& out) const {
  if (picks.empty()) return;
  std::vector<std::uint32_t> candidates;
  for (const Pick& pick : picks) candidates.push_back(pick.position);
  auto& rows = out.dataset.rows;
  const std::size_t before = rows.size();
  rows.resize(before + picks.size() * inputs_.size());
  features::PairRowMaker(*view_, inputs_)
      .Fill(customer, propensity, cutoff_, candidates, std::span(rows).subspan(before));
  if (grouped_) out.dataset.group_sizes.push_back(static_cast<std::uint32_t>(picks.size()));
  for (const Pick& pick : picks) {
    Append(out, pick.bought, pick.weight);
    if (grouped_) out.dataset.weights.pop_back();
  }
}

void RowWriter::WriteCategories(const features::CustomerRecord& customer,
                                std::span<const gold::Activity> happened, float weight,
                                RowSet& out) const {
  const auto& catalogue = view_->FullCatalogue();
  const std::size_t categories = catalogue.categories.size();
  std::vector<bool> met(categories, false);
  std::vector<bool> bought(categories, false);
  for (const gold::Activity& activity : happened) {
    const std::ptrdiff_t position = catalogue.Find(activity.product);
    if (position < 0) continue;
    const std::uint16_t category = catalogue.products[static_cast<std::size_t>(position)].category;
    met[category] = true;
    if (activity.lines > 0) bought[category] = true;
  }
  const std::size_t width = inputs_.size();
  std::vector<float> all(categories * width);
  features::CategoryRowMaker(*view_, inputs_).Fill(customer, cutoff_, all);
  auto& rows = out.dataset.rows;
  for (std::size_t c = 0; c < categories; ++c) {
    if (rules_.kind == RowKind::kCategoriesMet && !met[c]) continue;
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(c * width);
    rows.insert(rows.end(), first, first + static_cast<std::ptrdiff_t>(width));
    Append(out, bought[c], weight);
  }
}

}  // namespace aisle::training
