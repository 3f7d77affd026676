#include "publish/propensity_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "publish/sql.h"

namespace aisle::publish {
namespace {

constexpr int kCustomer = 0;
constexpr int kCategory = 1;
constexpr int kScore = 2;
constexpr int kVersion = 3;

}  // namespace

Result<PropensityRows> PropensityRows::Open(warehouse::Connection& connection,
                                            const features::Catalogue& catalogue) {
  PropensityRows rows;
  for (std::size_t c = 0; c < catalogue.categories.size(); ++c)
    rows.category_of_.emplace(catalogue.categories[c].id, c);
  AISLE_TRY(const bool there, connection.HasTable("gold.customer_propensity"));
  if (!there) return rows;
  AISLE_TRY(rows.stream_, connection.Query(sql::kPropensities));
  AISLE_CHECK(rows.Advance());
  return rows;
}

Result<bool> PropensityRows::Advance() {
  ++row_;
  while (stream_ && (!batch_ || row_ >= batch_->RowCount())) {
    AISLE_TRY(batch_, stream_->Next());
    row_ = 0;
    if (!batch_) stream_.reset();
  }
  return batch_.has_value();
}

Result<std::span<const float>> PropensityRows::Of(domain::CustomerId customer) {
  scores_.assign(category_of_.size(), std::numeric_limits<float>::quiet_NaN());
  int version = 0;
  while (batch_ && batch_->Int(kCustomer, row_) <= customer.value) {
    if (batch_->Int(kCustomer, row_) == customer.value) {
      const auto category = category_of_.find(batch_->String(kCategory, row_));
      if (category != category_of_.end())
        scores_[category->second] = static_cast<float>(batch_->Double(kScore, row_));
      if (!batch_->IsNull(kVersion, row_))
        version = std::max(version, static_cast<int>(batch_->Int(kVersion, row_)));
    }
    AISLE_CHECK(Advance());
  }
  const auto missing =
      std::ranges::count_if(scores_, [](float score) { return std::isnan(score); });
  if (missing == 0) {
    version_ = std::max(version_, version);
    return std::span<const float>(scores_);
  }
  if (static_cast<std::size_t>(missing) < scores_.size()) ++incomplete_;
  return std::span<const float>();
}

}  // namespace aisle::publish
