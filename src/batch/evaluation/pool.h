// Examines customers in blocks on several threads and hands the cards to the tally in their order.
//
//   threads  Add and Flush belong to one thread; the others live only within them.
//   cost     holds one block of records.
#pragma once

#include <vector>

#include "evaluation/examiner.h"
#include "evaluation/tally.h"
#include "gold/activity_index.h"

namespace aisle::evaluation {

class Pool {
 public:
  // threads 0: one per core.
  Pool(const Examiner& examiner, const gold::ActivityIndex& happened, Tally& tally, int threads);
  void Add(features::CustomerRecord&& customer);
  void Flush();

 private:
  const Examiner* examiner_;
  const gold::ActivityIndex* happened_;
  Tally* tally_;
  std::vector<Desk> desks_;  // One per thread.
  std::vector<features::CustomerRecord> block_;
};

}  // namespace aisle::evaluation
