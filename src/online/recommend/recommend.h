// One request for recommendations: fetch, candidates, rank, choose, answer.
//
// Each event loop has a Recommender of its own, for as long as the loop lives: stores and ranker keep what they
// have open when a new generation comes. SetShelf() gives it a generation and what is on sale now over it, or
// a newer version of that (call it on the loop). A request in flight keeps the generation it began with, and leaves by
// the newest shelf of that. Recommend() never fails for want of data; it answers by the next rung (rungs.h) and says
// so in `degraded`:
//
//   what \ why   customer unknown · features (as the ladder says) · propensity missing · model missing,
//                deadline, unavailable · zip_code unknown (the first region is assumed) · stock empty (no items),
//                behind (a newer change was written elsewhere and is not known here in time)
//                · generation not current (another stands in for it)
//                · explanation (where it was asked for) no model ranked, another program ranked, this model cannot be
//                explained
//
//   threads  one event loop.
//   errors   kNotFound: an unknown customer under `strict`, with its field; kUnavailable: nothing has been
//            published yet.
//   cost     one fetch, one forest call over what the region had in stock when published (about 1,700
//            candidates), and rows of what came since.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "events/events.h"
#include "net/deadline.h"
#include "net/task.h"
#include "recommend/answer.h"
#include "recommend/ranker.h"
#include "recommend/request.h"
#include "serving/state/live_shelf.h"
#include "serving/state/serving_state.h"
#include "serving/store/ladder.h"
#include "serving/store/store.h"

namespace aisle::recommend {

class Recommender {
 public:
  using Stores = std::vector<std::unique_ptr<serving::Store>>;

  // The stores customers are looked up in, first choice first; none: the embedded one. No ranker: the
  // generation's model, in this process. `impressions` may be null (nothing is logged) and must outlive the
  // recommender.
  explicit Recommender(events::ImpressionQueue* impressions, Stores stores = {},
                       std::unique_ptr<Ranker> ranker = {});
  ~Recommender();
  Recommender(const Recommender&) = delete;
  Recommender& operator=(const Recommender&) = delete;

  // Requests from now on are answered by this shelf and its generation; null: they are refused. `stands_in`: it is
  // not the current one, which cannot be served, and answers say so.
  void SetShelf(std::shared_ptr<const serving::LiveShelf> shelf, bool stands_in = false);
  // The same with the shelf as the generation has it.
  void SetState(const std::shared_ptr<const serving::ServingState>& state, bool stands_in = false);
  // How a shelf that is behind what a store has seen of the log of changes gets there: ends when the newest shelf
  // (SetShelf) reaches the position, or at the deadline. Without it, none is waited for.
  using CatchUp = std::function<net::Task<void>(std::uint64_t position, net::Deadline deadline)>;
  void SetCatchUp(CatchUp catch_up);
  // What is in use; null before the first SetShelf().
  std::shared_ptr<const serving::ServingState> State() const;
  std::shared_ptr<const serving::LiveShelf> Shelf() const;
  // Name of the store that is asked first.
  std::string_view StoreName() const;
  // Ranker::LeftOut() of the ranker.
  std::string_view RankerLeftOut() const;
  // Of the stores, first choice first.
  std::vector<serving::RungHealth> StoresHealth() const;

  // `now` is the wall clock of the request: ages and recencies count from it, but at most from a day
  // after the generation's as_of: what happened since is not known, and is no silence. The recommender must
  // outlive the task.
  net::Task<Result<Answer>> Recommend(Request request, base::Timestamp now, net::Deadline deadline);

  // What is known of a customer, by the store that answers requests. kNotFound: nobody has this id; kUnavailable:
  // no store answers, or nothing has been published yet.
  net::Task<Result<serving::CustomerState>> Describe(CustomerKey customer, net::Deadline deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::recommend
