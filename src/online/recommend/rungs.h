// Who ranks: the model, else the customer's propensities, else what the region buys. Private to this module.
//
//   model        the ranking model over all candidates
//   propensity   no model, or no time left for it: the customer's propensity for the category times the
//                product's share of what the region bought in that category
//   popularity   no propensity, or nothing known of the customer: share of what the region bought
//
//   order    finalists as ranker.h has them.
//   errors   none leave: what a rung lacks is said in the answer's `degraded`.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "net/deadline.h"
#include "recommend/answer.h"
#include "recommend/ranker.h"

namespace aisle::recommend {

// The first rung that can, for a known customer or nobody. Afterwards the finalists are in task->work; versions,
// times and what was missing are in `answer`. Gives the name of the rung.
net::Task<std::string_view> RankDown(std::shared_ptr<Ranker> ranker, std::shared_ptr<RankTask> task,
                                     bool customer_known, net::Deadline deadline, Answer& answer);

// Puts the best of a list among the finalists there are already. scores[i] belongs to list.products[i].
void TakeBest(RankTask& task, const CandidateList& list, std::span<const float> scores);

}  // namespace aisle::recommend
