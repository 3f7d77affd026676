#include "publish/propensity_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "publish/sql.h"

namespace aisle::publish {

Result<PropensityRows> PropensityRows::Open(warehouse::Connection& connection,
                                            const features::Catalogue& catalogue) {
  PropensityRows rows;
  for (std::size_t c = 0; c < catalogue.categories.size(); ++c)
    rows.category_of_.emplace(catalogue.categories[c].id, c);
  AISLE_TRY(const bool there, connection.HasTable("gold.customer_propensity"));
  if (!there) return rows;
  AISLE_TRY(rows.rows_, warehouse::RowReader::Open(connection, sql::kPropensities));
  rows.customer_ = rows.rows_->Int("customer_id");
  rows.category_ = rows.rows_->Text("category_id");
  rows.score_ = rows.rows_->Double("propensity_score");
  rows.model_version_ = rows.rows_->Int("model_version");
  AISLE_CHECK(rows.Advance());
  return rows;
}

Status PropensityRows::Advance() {
  AISLE_TRY(const bool more, rows_->Next());
  if (!more) rows_.reset();
  return {};
}

Result<std::span<const float>> PropensityRows::Of(domain::CustomerId customer) {
  scores_.assign(category_of_.size(), std::numeric_limits<float>::quiet_NaN());
  int version = 0;
  while (rows_ && (*rows_)[customer_] <= customer.value) {
    const warehouse::RowReader& row = *rows_;
    if (row[customer_] == customer.value) {
      const auto category = category_of_.find(row[category_]);
      if (category != category_of_.end())
        scores_[category->second] = static_cast<float>(row[score_]);
      version = std::max(version, static_cast<int>(row.OrElse(model_version_, std::int64_t{0})));
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
