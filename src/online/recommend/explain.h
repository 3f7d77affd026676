// Says in an answer why it is what it is. Private to this module.
//
// Contributions are made of the rows of the few products that are in the answer, and of the one that was asked about,
// by the model that ranked them; so the margins are those that ranked, bit by bit.
//
//   missing  no model has ranked, or one in another program: `degraded` says "explanation" and why, and there are the
//            counts only.
//   errors   none leave: a model that cannot be explained is a `degraded` too, and a line in the log.
//   cost     rows x nodes of the model; the first call of a generation makes tables (forest/explain/explainer.h).
#pragma once

#include <string_view>

#include "recommend/answer.h"
#include "recommend/ranker.h"
#include "recommend/request.h"
#include "serving/state/live_shelf.h"

namespace aisle::recommend {

// `source` is the rung that ranked, `elsewhere` why its model cannot be asked here (Ranker::WhyUnexplained). `newest`
// decided what is in the answer.
void Explain(const RankTask& task, const serving::LiveShelf& newest, std::string_view product,
             std::string_view source, std::string_view elsewhere, Answer& answer);

}  // namespace aisle::recommend
