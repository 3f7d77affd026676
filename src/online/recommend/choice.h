// The last look before an answer leaves: finalists become items if they are still in stock.
//
// Candidates were in stock when the request gathered them; a ranker may have waited since, and somebody else
// bought the last piece. So there are a few more finalists than items, and the newest stock decides.
//
//   order    the finalists'; rank counts from 1.
//   missing  no item at all: `degraded` says "stock empty".
#pragma once

#include <span>
#include <string_view>

#include "recommend/answer.h"
#include "recommend/request.h"
#include "recommend/work.h"
#include "serving/state/live_shelf.h"

namespace aisle::recommend {

// Finalists beyond those asked for.
inline constexpr std::size_t kSpareFinalists = 8;

// Prices are those of `newest` too. `source`: the rung that ranked.
void ChooseItems(const serving::LiveShelf& newest, std::span<const Finalist> finalists, TopN top_n,
                 std::string_view source, Answer& answer);

}  // namespace aisle::recommend
