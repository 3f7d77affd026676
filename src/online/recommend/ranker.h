// The port that ranks a request's candidates with a model.
//
// A ranker belongs to an event loop. It may suspend, as one behind a network does; then the recommender waits no
// longer than the request's deadline and leaves it behind: the task it was given lives as long as it.
//
//   order    finalists best first; ties to the smaller position.
//   threads  one event loop.
//   errors   Rank: kUnavailable or any other: the next rung answers, and the answer says so. Its message is logged;
//            an empty one has been before.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"
#include "recommend/candidates.h"
#include "recommend/work.h"
#include "serving/state/serving_state.h"

namespace aisle::recommend {

// Everything of one request that ranking needs; owns it.
struct RankTask {
  std::shared_ptr<const serving::ServingState> state;
  base::Timestamp now;  // Ages and recencies count to it.
  Candidates candidates;
  std::size_t count;     // Finalists wanted.
  WorkPool::Lease work;  // The finalists go to work->finalists.
  serving::CustomerState customer = {};
  std::span<const float> propensity = {};  // The customer's; empty: none for this catalogue.
  net::Deadline deadline = {};             // The request's; a ranker that suspends ends before.
};

struct RankTimes {
  std::chrono::nanoseconds pair_features{};
  std::chrono::nanoseconds model{};
};

class Ranker {
 public:
  virtual ~Ranker() = default;
  // False: Rank() gives its answer without ever suspending.
  virtual bool Suspends() const { return true; }
  // Why requests are ranked without it for now, in words for whoever asks over HTTP; empty: all is well.
  virtual std::string_view LeftOut() const { return {}; }
  // Why its scores cannot be explained by the generation's model, in words for an answer; empty: they can.
  virtual std::string_view WhyUnexplained() const { return "another program ranked"; }
  // The best `count` of the candidates that are offered, or all of them when there are fewer, are in
  // task->work->finalists afterwards. Needs a state with a ranking model.
  virtual net::Task<Result<RankTimes>> Rank(std::shared_ptr<RankTask> task) = 0;
};

// By the generation's own model, in this process.
class LocalRanker : public Ranker {
 public:
  bool Suspends() const override { return false; }
  std::string_view WhyUnexplained() const override { return {}; }
  net::Task<Result<RankTimes>> Rank(std::shared_ptr<RankTask> task) override;
};

}  // namespace aisle::recommend
