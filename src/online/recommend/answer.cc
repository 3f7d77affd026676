#include "recommend/answer.h"

namespace aisle::recommend {

events::Impression ImpressionOf(const Answer& answer, base::Timestamp now) {
  events::Impression impression{.request_id = answer.request_id,
                                .served_at = now,
                                .customer = answer.customer,
                                .visitor = {},
                                .batch = answer.batch,
                                .region = answer.region_name,
                                .shown = {},
                                .ranking_version = answer.ranking_version,
                                .propensity_version = answer.propensity_version,
                                .generation = answer.generation,
                                .arm = {}};
  if (answer.customer == events::kNobody) impression.visitor = answer.customer_source_id;
  impression.shown.reserve(answer.items.size());
  for (const Item& item : answer.items)
    impression.shown.push_back({item.product, item.score, item.source});
  return impression;
}

}  // namespace aisle::recommend
