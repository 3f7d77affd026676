// Who ranks: the model, else the customer's propensities, else what the region buys. Private to this module.
//
//   model        the ranking model over all candidates
//   propensity   no model, or no time left for it: the customer's propensity for the category times the
//                product's share of what the region bought in that category
//   popularity   no propensity, or nothing known of the customer: share of what the region bought
//
//   order    finalists as ranker.h has them, in task->work afterwards.
//   errors   none leave: what a rung lacks is said in the answer's `degraded`.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "net/deadline.h"
#include "recommend/answer.h"
#include "recommend/ranker.h"

namespace aisle::recommend {

// Says in `answer` what the upper rungs lack. True: the model can be asked. `customer_known`: false for nobody.
bool Prepare(const RankTask& task, bool customer_known, Answer& answer);

// True: the ranker has ranked; times and version are in `answer`. False: it was too late or did not answer, and
// `answer` says so.
net::Task<bool> RankByModel(std::shared_ptr<Ranker> ranker, std::shared_ptr<RankTask> task,
                            net::Deadline deadline, Answer& answer);

// By the first of the lower rungs that can; gives its name.
std::string_view RankPlainly(RankTask& task, bool customer_known, Answer& answer);

// Puts the best of a list among the finalists there are already. scores[i] belongs to list.products[i].
void TakeBest(RankTask& task, const CandidateList& list, std::span<const float> scores);

}  // namespace aisle::recommend
