// LocalRanker: the shelf by the sweep where the model allows it, else by columns that were prepared; what came into
// stock since by rows. All three give the same bits (ranking/ranking.h).
#include <algorithm>

#include "recommend/ranker.h"
#include "recommend/rungs.h"

namespace aisle::recommend {
namespace {

using Steady = std::chrono::steady_clock;

// Of the best that the sweep gives some may be sold out: so many more are asked for at first.
constexpr std::size_t kSoldOutFirst = 16;

// False: rank by columns.
bool SweepShelf(RankTask& task, std::span<const std::uint32_t> shelf, RankTimes& times) {
  const ranking::SweepScorer* sweeper = task.state->Sweeper();
  if (sweeper == nullptr) return false;
  Work& work = *task.work;
  const Candidates& candidates = task.candidates;
  const auto begin = Steady::now();
  sweeper->FillRequest(task.customer.record, task.now, work.sweep);
  const auto filled = Steady::now();
  const std::size_t sold_out = candidates.SoldOut();
  // The best of all, less those sold out, until enough are left or nothing more could come.
  for (std::size_t more = std::min(sold_out, kSoldOutFirst);; more = std::min(sold_out, 4 * more)) {
    if (!sweeper->Top(task.propensity, task.state->SweptOf(candidates.Region()), task.count + more,
                      work.sweep)) {
      return false;
    }
    work.finalists.clear();
    for (const ranking::SweptItem& item : work.sweep.best) {
      const std::uint32_t product = shelf[item.index];
      if (work.finalists.size() == task.count) break;
      if (sold_out == 0 || candidates.Offers(product))
        work.finalists.push_back({product, item.score});
    }
    if (work.finalists.size() == task.count || more == sold_out) break;
  }
  times.pair_features += filled - begin;
  times.model += Steady::now() - filled;
  return true;
}

void ScoreShelf(RankTask& task, const CandidateList& shelf, RankTimes& times) {
  const ranking::PairScorer& ranker = *task.state->Ranker();
  const ranking::PreparedCandidates& prepared = task.state->Candidates(task.candidates.Region());
  Work& work = *task.work;
  const auto begin = Steady::now();
  ranker.FillColumns(task.customer.record, task.propensity, task.now, prepared, work.scratch);
  const auto filled = Steady::now();
  work.scores.resize(shelf.products.size());
  ranker.ScoreColumns(task.propensity, prepared, work.scratch, work.scores);
  times.pair_features += filled - begin;
  times.model += Steady::now() - filled;
  TakeBest(task, shelf, work.scores);
}

void ScoreRows(RankTask& task, const CandidateList& list, RankTimes& times) {
  const ranking::PairScorer& ranker = *task.state->Ranker();
  Work& work = *task.work;
  const auto begin = Steady::now();
  ranker.FillRows(task.customer.record, task.propensity, task.now, list.products, work.scratch);
  const auto filled = Steady::now();
  work.scores.resize(list.products.size());
  ranker.ScoreRows(task.propensity, list.products, work.scratch, work.scores);
  times.pair_features += filled - begin;
  times.model += Steady::now() - filled;
  TakeBest(task, list, work.scores);
}

}  // namespace

net::Task<Result<RankTimes>> LocalRanker::Rank(std::shared_ptr<RankTask> task) {
  RankTimes times;
  task->work->finalists.clear();
  for (const CandidateList& list : task->candidates.Lists()) {
    if (list.products.empty()) continue;
    if (list.source == CandidateSource::kRestocked) {
      ScoreRows(*task, list, times);
    } else if (!SweepShelf(*task, list.products, times)) {
      task->work->finalists.clear();
      ScoreShelf(*task, list, times);
    }
  }
  co_return times;
}

}  // namespace aisle::recommend
