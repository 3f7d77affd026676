#include "evaluation/examiner.h"

#include <algorithm>
#include <limits>

#include "base/random.h"
#include "evaluation/contenders.h"
#include "ranking/metrics.h"
#include "ranking/select.h"

namespace aisle::evaluation {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kNdcgTop = 10;
constexpr std::size_t kRecallTop = 20;

// The share of (relevant, other) pairs of candidates in which the relevant one scores higher; ties
// count half. Few are relevant, so each is compared with all.
double AucOfFew(std::span<const float> scores, std::span<const std::uint32_t> candidates,
                std::span<const std::uint32_t> relevant) {
  if (relevant.empty() || relevant.size() >= candidates.size()) return kNan;
  std::vector<float> of_relevant;
  for (std::size_t i = 0, r = 0; i < candidates.size() && r < relevant.size(); ++i) {
    if (candidates[i] != relevant[r]) continue;
    of_relevant.push_back(scores[i]);
    ++r;
  }
  AISLE_ASSERT(of_relevant.size() == relevant.size());
  double won = 0;
  for (const float score : of_relevant) {
    std::int64_t below = 0;
    std::int64_t tied = 0;
    for (const float other : scores) {
      below += other < score ? 1 : 0;
      tied += other == score ? 1 : 0;
    }
    won += static_cast<double>(below) + static_cast<double>(tied) / 2;
  }
  // Comparisons of relevant ones among themselves: each pair gave 1, each one with itself 1/2.
  const auto r = static_cast<double>(relevant.size());
  const auto n = static_cast<double>(candidates.size());
  return (won - r * r / 2) / (r * (n - r));
}

void Measure(std::span<const std::uint32_t> top, std::span<const std::uint32_t> relevant,
             std::span<double> metrics) {
  metrics[0] = ranking::NdcgAt(kNdcgTop, top, relevant);
  metrics[1] = ranking::RecallAt(kRecallTop, top, relevant);
  metrics[2] = ranking::HitAt(kNdcgTop, top, relevant);
}

std::vector<std::uint32_t> Top(std::span<const float> scores,
                               std::span<const std::uint32_t> candidates) {
  std::vector<std::uint32_t> top = ranking::SelectTop(scores, candidates, kRecallTop);
  for (std::uint32_t& index : top) index = candidates[index];
  return top;
}

std::vector<std::uint32_t> FirstTen(std::vector<std::uint32_t> top) {
  if (top.size() > kNdcgTop) top.resize(kNdcgTop);
  return top;
}

}  // namespace

std::string MetricName(std::size_t metric) {
  const std::size_t names = kMetricNames.size();
  return std::string(kMetricNames[metric % names]) + (metric < names ? "" : "_new");
}

Examiner::Examiner(const features::CatalogueView& view, base::Timestamp cutoff,
                   const Oracle* oracle, std::vector<std::uint32_t> ranked)
    : view_(&view), cutoff_(cutoff), oracle_(oracle), ranked_(std::move(ranked)) {}

Result<Examiner> Examiner::Make(const Panel& panel, const features::CatalogueView& view,
                                base::Timestamp cutoff, const Oracle* oracle,
                                std::vector<std::uint32_t> ranked, bool ablate) {
  Examiner examiner(view, cutoff, oracle, std::move(ranked));
  for (const NamedModel& model : panel.propensities) {
    auto scorer = ranking::CategoryScorer::Make(model.spec, view);
    if (!scorer) return Within("model " + model.name, scorer.error());
    examiner.category_scorers_.push_back(std::move(*scorer));
    if (examiner.propensities_.size() < panel.contending_propensities)
      examiner.propensities_.push_back({model.name, model.definition});
  }
  for (const NamedModel& model : panel.rankings) {
    auto scorer = ranking::PairScorer::Make(model.spec, view);
    if (!scorer) return Within("model " + model.name, scorer.error());
    AISLE_ASSERT(model.propensity < static_cast<int>(panel.propensities.size()));
    Blanks blanks;
    if (ablate) blanks = BlanksOf(model.spec, scorer->Forest(), model.propensity >= 0);
    examiner.rankings_.push_back({std::move(*scorer), model.propensity, std::move(blanks)});
    examiner.contenders_.push_back({model.name, model.definition});
  }
  examiner.contenders_.push_back({"popularity_region", kPopularityRegionDefinition});
  examiner.contenders_.push_back({"popularity_own_categories", kPopularityOwnDefinition});
  examiner.contenders_.push_back({"personal_frequency", kPersonalFrequencyDefinition});
  if (oracle != nullptr) {
    examiner.contenders_.push_back({"oracle", "expected purchases, given true tastes and the log"});
  }
  return examiner;
}

Examiner::Truth Examiner::MakeTruth(const features::CustomerRecord& customer,
                                    std::span<const gold::Activity> happened) const {
  const features::Catalogue& catalogue = view_->FullCatalogue();
  const auto place_of = [&](domain::ProductId product) -> std::ptrdiff_t {
    const std::ptrdiff_t position = catalogue.Find(product);
    if (position < 0) return -1;
    const auto found =
        std::lower_bound(ranked_.begin(), ranked_.end(), static_cast<std::uint32_t>(position));
    return found != ranked_.end() && *found == static_cast<std::uint32_t>(position)
               ? found - ranked_.begin()
               : -1;
  };
  Truth truth;
  truth.untouched.assign(ranked_.size(), true);
  for (const features::PairHistory& pair : customer.pairs) {
    const std::ptrdiff_t place = place_of(pair.product);
    if (place >= 0) truth.untouched[static_cast<std::size_t>(place)] = false;
  }
  for (const gold::Activity& activity : happened) {
    const std::ptrdiff_t place = activity.lines > 0 ? place_of(activity.product) : -1;
    if (place < 0) continue;
    const auto at = static_cast<std::size_t>(place);
    truth.bought.push_back(ranked_[at]);
    if (truth.untouched[at]) truth.bought_new.push_back(ranked_[at]);
  }
  std::sort(truth.bought.begin(), truth.bought.end());
  std::sort(truth.bought_new.begin(), truth.bought_new.end());
  if (!truth.bought_new.empty()) {
    for (std::size_t i = 0; i < ranked_.size(); ++i)
      if (truth.untouched[i]) truth.candidates_new.push_back(ranked_[i]);
  }
  return truth;
}

Ranked Examiner::Judge(std::span<const float> scores, const Truth& truth) const {
  constexpr std::size_t kHalf = kMetricNames.size();
  Ranked ranked;
  ranked.metrics.fill(kNan);
  const std::span<double> metrics(ranked.metrics);
  std::vector<std::uint32_t> top = Top(scores, ranked_);
  Measure(top, truth.bought, metrics);
  metrics[3] = AucOfFew(scores, ranked_, truth.bought);
  ranked.top[0] = FirstTen(std::move(top));
  if (truth.bought_new.empty()) return ranked;
  std::vector<float> scores_new;
  for (std::size_t i = 0; i < ranked_.size(); ++i)
    if (truth.untouched[i]) scores_new.push_back(scores[i]);
  top = Top(scores_new, truth.candidates_new);
  Measure(top, truth.bought_new, metrics.subspan(kHalf));
  metrics[kHalf + 3] = AucOfFew(scores_new, truth.candidates_new, truth.bought_new);
  ranked.top[1] = FirstTen(std::move(top));
  return ranked;
}

Ranked Examiner::JudgeOracle(domain::CustomerId customer, const Truth& truth) const {
  Ranked ranked;
  ranked.metrics.fill(kNan);
  const auto lists = oracle_->find(customer.value);
  if (lists == oracle_->end()) return ranked;
  const auto positions = [&](const std::vector<domain::ProductId>& products) {
    std::vector<std::uint32_t> top;
    for (const domain::ProductId product : products) {
      const std::ptrdiff_t position = view_->FullCatalogue().Find(product);
      if (position >= 0) top.push_back(static_cast<std::uint32_t>(position));
    }
    return top;
  };
  const std::span<double> metrics(ranked.metrics);
  std::vector<std::uint32_t> top = positions(lists->second.all);
  Measure(top, truth.bought, metrics);
  ranked.top[0] = FirstTen(std::move(top));
  if (truth.bought_new.empty()) return ranked;
  top = positions(lists->second.fresh);
  Measure(top, truth.bought_new, metrics.subspan(kMetricNames.size()));
  ranked.top[1] = FirstTen(std::move(top));
  return ranked;
}

std::span<const float> Examiner::PropensityOf(const Ranking& model, const Card& card) {
  if (model.propensity < 0) return {};
  return card.propensities[static_cast<std::size_t>(model.propensity)].scores;
}

void Examiner::ScoreRanking(std::size_t ranking, const features::CustomerRecord& customer,
                            const Card& card, Desk& desk) const {
  const Ranking& model = rankings_[ranking];
  const std::span<const float> propensity = PropensityOf(model, card);
  model.scorer.FillRows(customer, propensity, cutoff_, ranked_, desk.scratch);
  model.scorer.ScoreRows(propensity, ranked_, desk.scratch, desk.scores);
}

void Examiner::ScoreBlanked(std::size_t ranking, const Truth& truth, Card& card, Desk& desk) const {
  const Ranking& model = rankings_[ranking];
  auto& measured = card.blanked.emplace_back();
  if (model.blanks.blanks.empty()) return;
  desk.whole_rows = desk.scratch.rows;
  for (const Blank& blank : model.blanks.blanks) {
    desk.scratch.rows = desk.whole_rows;
    Clear(blank, model.scorer.Forest().FeatureCount(), desk.scratch.rows);
    const auto propensity =
        blank.is_propensity ? std::span<const float>() : PropensityOf(model, card);
    model.scorer.ScoreRows(propensity, ranked_, desk.scratch, desk.scores);
    measured.push_back(Judge(desk.scores, truth).metrics);
  }
}

Expected Examiner::ExpectedOf(std::span<const float> scores, const Truth& truth) const {
  Expected sums;
  sums.actual = static_cast<double>(truth.bought.size());
  std::size_t next = 0;  // Of truth.bought, which is sorted as ranked_ is.
  for (std::size_t i = 0; i < ranked_.size(); ++i) {
    const bool bought = next < truth.bought.size() && truth.bought[next] == ranked_[i];
    next += bought ? 1 : 0;
    sums.expected += static_cast<double>(scores[i]);
    Add(sums.curve, scores[i], bought, 1);
  }
  return sums;
}

Card Examiner::Examine(const features::CustomerRecord& customer,
                       std::span<const gold::Activity> happened, Desk& desk) const {
  const features::Catalogue& catalogue = view_->FullCatalogue();
  Card card;
  card.bought_category.assign(catalogue.categories.size(), false);
  for (const gold::Activity& activity : happened) {
    const std::ptrdiff_t position = activity.lines > 0 ? catalogue.Find(activity.product) : -1;
    if (position >= 0)
      card.bought_category[catalogue.products[static_cast<std::size_t>(position)].category] = true;
  }
  for (const ranking::CategoryScorer& scorer : category_scorers_) {
    CategoryScores& scores = card.propensities.emplace_back();
    scores.scores.resize(catalogue.categories.size());
    scorer.Score(customer, cutoff_, desk.scratch, scores.scores);
  }
  const Truth truth = MakeTruth(customer, happened);
  card.slices = SlicesOf(customer);
  card.buyer = !truth.bought.empty();
  card.new_buyer = !truth.bought_new.empty();
  const auto id = static_cast<std::uint64_t>(customer.customer.value);
  if (card.buyer) {
    card.calibration_weight = 1;
  } else if (base::Mix(id) % kOthersEvery == 0) {
    card.calibration_weight = kOthersEvery;
  } else {
    return card;
  }
  desk.scores.resize(ranked_.size());
  const std::span<float> scores(desk.scores);
  for (std::size_t i = 0; i < rankings_.size(); ++i) {
    ScoreRanking(i, customer, card, desk);
    card.expected.push_back(ExpectedOf(scores, truth));
    if (!card.buyer) continue;
    card.rankings.push_back(Judge(scores, truth));
    ScoreBlanked(i, truth, card, desk);
  }
  if (!card.buyer) return card;
  PopularityRegion(catalogue, customer, ranked_, scores);
  card.rankings.push_back(Judge(scores, truth));
  PopularityOwnCategories(*view_, customer, ranked_, scores);
  card.rankings.push_back(Judge(scores, truth));
  PersonalFrequency(catalogue, customer, cutoff_, ranked_, scores);
  card.rankings.push_back(Judge(scores, truth));
  if (oracle_ != nullptr) card.rankings.push_back(JudgeOracle(customer.customer, truth));
  return card;
}

}  // namespace aisle::evaluation
