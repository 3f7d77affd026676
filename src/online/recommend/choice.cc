#include "recommend/choice.h"

#include <algorithm>

namespace aisle::recommend {

void ChooseItems(const serving::LiveShelf& newest, std::span<const Finalist> finalists, TopN top_n,
                 std::string_view source, Answer& answer) {
  const features::Catalogue& catalogue = newest.State()->PublishedShelf().catalogue;
  const serving::RegionStock& stock = newest.Stock()->In(answer.region);
  answer.items.reserve(std::min(top_n.Count(), finalists.size()));
  for (const auto& [position, score] : finalists) {
    if (answer.items.size() == top_n.Count()) break;
    const serving::StockLevel level = stock.Of(position);
    if (level.quantity <= 0) continue;
    const features::ProductRecord& product = catalogue.products[position];
    const features::Category& category = catalogue.categories[product.category];
    answer.items.push_back({.rank = static_cast<int>(answer.items.size()) + 1,
                            .product = product.product,
                            .product_source_id = product.source_id,
                            .product_name = product.name,
                            .category = category.name,
                            .department = category.department,
                            .price = newest.Price(position),
                            .score = score,
                            .in_stock_qty = level.quantity,
                            .est_delivery_days = level.delivery_days,
                            .source = std::string(source),
                            .why = {}});
  }
  if (answer.items.empty()) answer.degraded.push_back({"stock", "empty"});
}

}  // namespace aisle::recommend
