#include "recommend/rungs.h"

#include <algorithm>
#include <exception>
#include <optional>

#include "base/log.h"
#include "net/finish_by.h"

namespace aisle::recommend {
namespace {

void Say(Answer& answer, std::string_view what, std::string_view why) {
  answer.degraded.push_back({std::string(what), std::string(why)});
}

bool Says(const Answer& answer, std::string_view what) {
  return std::ranges::any_of(answer.degraded,
                             [&](const auto& entry) { return entry.what == what; });
}

// Takes the best of each list: `shelf_scores` are those of the shelf, `of_other` scores a product that came since.
template <typename OfOther>
void TakeLists(RankTask& task, std::span<const float> shelf_scores, OfOther&& of_other) {
  for (const CandidateList& list : task.candidates.Lists()) {
    if (list.source == CandidateSource::kShelf) {
      TakeBest(task, list, shelf_scores);
      continue;
    }
    task.work->scores.clear();
    for (const std::uint32_t product : list.products)
      task.work->scores.push_back(of_other(product));
    TakeBest(task, list, task.work->scores);
  }
}

void RankByPopularity(RankTask& task) {
  const serving::RegionPopularity& popularity = task.state->Popularity(task.candidates.Region());
  const features::Catalogue& catalogue = task.state->PublishedShelf().catalogue;
  task.work->finalists.clear();
  TakeLists(task, popularity.share,
            [&](std::uint32_t product) { return popularity.OfAnother(catalogue, product).of_all; });
}

void RankByPropensity(RankTask& task) {
  const serving::RegionPopularity& popularity = task.state->Popularity(task.candidates.Region());
  std::vector<float>& scores = task.work->scores;
  scores.resize(popularity.category.size());
  for (std::size_t i = 0; i < scores.size(); ++i)
    scores[i] = task.propensity[popularity.category[i]] * popularity.share_in_category[i];
  task.work->finalists.clear();
  const features::Catalogue& catalogue = task.state->PublishedShelf().catalogue;
  TakeLists(task, scores, [&](std::uint32_t product) {
    return task.propensity[catalogue.products[product].category] *
           popularity.OfAnother(catalogue, product).of_category;
  });
}

// Owns the ranker: it may be left behind.
net::Task<Result<RankTimes>> RankOwned(std::shared_ptr<Ranker> ranker,
                                       std::shared_ptr<RankTask> task) {
  co_return co_await ranker->Rank(std::move(task));
}

}  // namespace

void TakeBest(RankTask& task, const CandidateList& list, std::span<const float> scores) {
  if (list.products.empty()) return;
  Work& work = *task.work;
  const auto best = list.all_offered ? work.selector.Select(scores, list.products, task.count)
                                     : work.selector.SelectIf(
                                           scores, list.products, task.count, [&](std::size_t i) {
                                             return task.candidates.OnShelf(list.products[i]);
                                           });
  const bool alone = work.finalists.empty();
  for (const std::uint32_t i : best) work.finalists.push_back({list.products[i], scores[i]});
  if (alone) return;
  std::ranges::sort(work.finalists, [](const Finalist& a, const Finalist& b) {
    return ranking::RankKey(a.score, a.product) > ranking::RankKey(b.score, b.product);
  });
  work.finalists.resize(std::min(work.finalists.size(), task.count));
}

bool Prepare(const RankTask& task, bool customer_known, Answer& answer) {
  const bool has_model = task.state->Ranker() != nullptr;
  if (customer_known && task.propensity.empty() && !Says(answer, "propensity"))
    Say(answer, "propensity", "missing");
  if (!has_model) Say(answer, "model", "missing");
  return has_model && customer_known && task.candidates.Count() > 0;
}

net::Task<bool> RankByModel(std::shared_ptr<Ranker> ranker, std::shared_ptr<RankTask> task,
                            net::Deadline deadline, Answer& answer) {
  std::optional<Result<RankTimes>> ranked;  // Nothing: too late.
  task->deadline = deadline;
  try {
    if (!deadline.Passed() && !ranker->Suspends()) {
      ranked = co_await ranker->Rank(task);
    } else if (!deadline.Passed()) {
      ranked = co_await net::FinishBy(deadline, RankOwned(std::move(ranker), task));
    }
  } catch (const std::exception& error) {
    ranked = Fail(ErrorCode::kUnavailable, error.what());
  }
  if (ranked && *ranked) {
    answer.timings.pair_features = (*ranked)->pair_features;
    answer.timings.model = (*ranked)->model;
    answer.timings.model_ok = true;
    answer.ranking_version = task->state->Manifest().ranking_version;
    if (!task->propensity.empty())
      answer.propensity_version = task->state->Manifest().propensity_version;
    co_return true;
  }
  Say(answer, "model", ranked ? "unavailable" : "deadline");
  if (ranked && !ranked->error().message.empty())
    base::LogWarning("the ranking model did not answer: {}", ranked->error().message);
  co_return false;
}

std::string_view RankPlainly(RankTask& task, bool customer_known, Answer& answer) {
  if (customer_known && task.candidates.Count() > 0 && !task.propensity.empty()) {
    answer.propensity_version = task.state->Manifest().propensity_version;
    RankByPropensity(task);
    return kPropensity;
  }
  RankByPopularity(task);
  return kPopularity;
}

}  // namespace aisle::recommend
