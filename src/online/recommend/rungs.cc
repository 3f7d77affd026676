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
void RankPlainly(RankTask& task, std::span<const float> shelf_scores, OfOther&& of_other) {
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
  RankPlainly(task, popularity.share, [&](std::uint32_t product) {
    return popularity.OfAnother(catalogue, product).of_all;
  });
}

void RankByPropensity(RankTask& task) {
  const serving::RegionPopularity& popularity = task.state->Popularity(task.candidates.Region());
  std::vector<float>& scores = task.work->scores;
  scores.resize(popularity.category.size());
  for (std::size_t i = 0; i < scores.size(); ++i)
    scores[i] = task.propensity[popularity.category[i]] * popularity.share_in_category[i];
  task.work->finalists.clear();
  const features::Catalogue& catalogue = task.state->PublishedShelf().catalogue;
  RankPlainly(task, scores, [&](std::uint32_t product) {
    return task.propensity[catalogue.products[product].category] *
           popularity.OfAnother(catalogue, product).of_category;
  });
}

// Owns the ranker: it may be left behind.
net::Task<Result<RankTimes>> RankOwned(std::shared_ptr<Ranker> ranker,
                                       std::shared_ptr<RankTask> task) {
  co_return co_await ranker->Rank(std::move(task));
}

// Nothing: too late.
net::Task<std::optional<Result<RankTimes>>> AskRanker(std::shared_ptr<Ranker> ranker,
                                                      std::shared_ptr<RankTask> task,
                                                      net::Deadline deadline) {
  try {
    if (deadline.Passed()) co_return std::nullopt;
    if (!ranker->Suspends()) co_return co_await ranker->Rank(std::move(task));
    co_return co_await net::FinishBy(deadline, RankOwned(std::move(ranker), std::move(task)));
  } catch (const std::exception& error) {
    co_return Fail(ErrorCode::kUnavailable, error.what());
  }
}

// True: the model has ranked.
net::Task<bool> RankByModel(std::shared_ptr<Ranker> ranker, std::shared_ptr<RankTask>& task,
                            net::Deadline deadline, Answer& answer) {
  const auto ranked = co_await AskRanker(std::move(ranker), task, deadline);
  if (ranked && *ranked) {
    answer.timings.pair_features = (*ranked)->pair_features;
    answer.timings.model = (*ranked)->model;
    answer.timings.model_ok = true;
    answer.ranking_version = task->state->Manifest().ranking_version;
    co_return true;
  }
  Say(answer, "model", ranked ? "unavailable" : "deadline");
  if (ranked) base::LogWarning("the ranking model did not answer: {}", ranked->error().message);
  co_return false;
}

}  // namespace

void TakeBest(RankTask& task, const CandidateList& list, std::span<const float> scores) {
  Work& work = *task.work;
  const auto offered = [&](std::size_t i) {
    return list.all_offered || task.candidates.Offers(list.products[i]);
  };
  const std::size_t before = work.finalists.size();
  for (const std::uint32_t i : work.selector.SelectIf(scores, list.products, task.count, offered))
    work.finalists.push_back({list.products[i], scores[i]});
  if (before == 0) return;
  std::ranges::sort(work.finalists, [](const Finalist& a, const Finalist& b) {
    return ranking::RankKey(a.score, a.product) > ranking::RankKey(b.score, b.product);
  });
  work.finalists.resize(std::min(work.finalists.size(), task.count));
}

net::Task<std::string_view> RankDown(std::shared_ptr<Ranker> ranker, std::shared_ptr<RankTask> task,
                                     bool customer_known, net::Deadline deadline, Answer& answer) {
  const bool has_model = task->state->Ranker() != nullptr;
  const bool has_propensity = !task->propensity.empty();
  if (customer_known && !has_propensity && !Says(answer, "propensity"))
    Say(answer, "propensity", "missing");
  if (!has_model) Say(answer, "model", "missing");
  if (customer_known && task->candidates.Count() > 0) {
    if (has_propensity) answer.propensity_version = task->state->Manifest().propensity_version;
    if (has_model && co_await RankByModel(std::move(ranker), task, deadline, answer))
      co_return kModel;
    if (has_propensity) {
      RankByPropensity(*task);
      co_return kPropensity;
    }
  }
  RankByPopularity(*task);
  co_return kPopularity;
}

}  // namespace aisle::recommend
