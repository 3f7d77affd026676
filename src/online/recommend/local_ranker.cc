// LocalRanker: the shelf by the sweep where the model allows it, else by the screen, else by columns that were prepared;
// what came into stock or changed its price since by rows. All four give the same bits (ranking/ranking.h).
#include <algorithm>

#include "recommend/ranker.h"
#include "recommend/rungs.h"

namespace aisle::recommend {
namespace {

using Steady = std::chrono::steady_clock;

// Of the best that the sweep gives some may be masked: so many more are asked for at first.
constexpr std::size_t kMaskedFirst = 16;

// Asks top(n) for the best n of the shelf, less those masked, until enough are left or nothing more could come; top
// gives them as `best`. False: it declined.
template <typename Top>
bool TakeFromShelf(RankTask& task, std::span<const std::uint32_t> shelf,
                   const std::vector<ranking::TopItem>& best, const Top& top) {
  const Candidates& candidates = task.candidates;
  std::vector<Finalist>& finalists = task.work->finalists;
  const std::size_t masked = candidates.Masked();
  for (std::size_t more = std::min(masked, kMaskedFirst);; more = std::min(masked, 4 * more)) {
    if (!top(task.count + more)) return false;
    finalists.clear();
    for (const ranking::TopItem& item : best) {
      const std::uint32_t product = shelf[item.index];
      if (finalists.size() == task.count) break;
      if (masked == 0 || candidates.OnShelf(product)) finalists.push_back({product, item.score});
    }
    if (finalists.size() == task.count || more == masked) return true;
  }
}

// False: the model is not swept, or not this request.
bool SweepShelf(RankTask& task, std::span<const std::uint32_t> shelf, RankTimes& times) {
  const ranking::SweepScorer* sweeper = task.state->Sweeper();
  if (sweeper == nullptr) return false;
  ranking::SweepWorkspace& work = task.work->sweep;
  const ranking::SweptCandidates& swept = task.state->SweptOf(task.candidates.Region());
  const auto begin = Steady::now();
  sweeper->FillRequest(task.customer.record, task.now, work);
  const auto filled = Steady::now();
  if (!TakeFromShelf(task, shelf, work.best, [&](std::size_t count) {
        return sweeper->Top(task.propensity, swept, count, work);
      }))
    return false;
  times.pair_features += filled - begin;
  times.model += Steady::now() - filled;
  return true;
}

// The same by the screen.
bool ScreenShelf(RankTask& task, std::span<const std::uint32_t> shelf, RankTimes& times) {
  const ranking::ScreenScorer* screener = task.state->Screener();
  if (screener == nullptr) return false;
  ranking::ScreenScratch& work = task.work->screen;
  const ranking::ScreenedCandidates& screened = task.state->ScreenedOf(task.candidates.Region());
  const auto begin = Steady::now();
  screener->FillColumns(task.customer.record, task.propensity, task.now, screened, work);
  const auto filled = Steady::now();
  if (!TakeFromShelf(task, shelf, work.best,
                     [&](std::size_t count) { return screener->Top(screened, count, work); }))
    return false;
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
  ranker.FillRows(task.customer.record, task.propensity, task.now, list.products, work.scratch,
                  task.candidates.Repriced());
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
    if (list.source == CandidateSource::kByRows) {
      ScoreRows(*task, list, times);
    } else if (!SweepShelf(*task, list.products, times) &&
               !ScreenShelf(*task, list.products, times)) {
      task->work->finalists.clear();
      ScoreShelf(*task, list, times);
    }
  }
  co_return times;
}

}  // namespace aisle::recommend
