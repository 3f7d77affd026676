// RankEveryone: each customer's list over a set of products, with the models of the registry.
#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "gold/customer_blocks.h"
#include "gold/feature_stream.h"
#include "publish/champion.h"
#include "publish/progress.h"
#include "publish/publish.h"
#include "ranking/screen_scorer.h"
#include "ranking/select.h"
#include "ranking/sweep_scorer.h"

namespace aisle::publish {
namespace {

// By columns a customer takes milliseconds: small blocks keep all cores busy to the end.
constexpr std::size_t kBlockCustomers = 16;
constexpr std::size_t kBlockCustomersMax = 128;

struct Worker {
  ranking::Scratch scratch;
  ranking::SweepWorkspace sweep;
  ranking::ScreenScratch screen;
  std::vector<float> propensities;  // Of a block: one per category, customer by customer.
  std::vector<float> scores;
  std::vector<std::uint32_t> bought;  // Indices in the candidates, rising.
  std::vector<ranking::TopItem> best;
  ranking::TopSelector selector;
  std::int64_t swept = 0;
  std::int64_t screened = 0;
};

// Whether the model looks at propensities at all.
bool NeedsPropensity(const ranking::ModelSpec& spec) {
  return spec.propensity_blend > 0 ||
         std::ranges::find(spec.inputs, "propensity") != spec.inputs.end();
}

// Ranks by the sweep where model and catalogue allow it, else by the screen; else, and for a customer whom these decline,
// by columns. All give the same scores bit by bit. Columns are prepared when the first customer needs them.
class EveryoneRanker {
 public:
  EveryoneRanker(const features::Catalogue& catalogue, const ranking::PairScorer& ranker,
                 std::optional<ranking::SweepScorer> sweeper,
                 std::optional<ranking::ScreenScorer> screener,
                 std::optional<ranking::CategoryScorer> propensity,
                 std::vector<std::uint32_t> candidates, const EveryoneOptions& options)
      : catalogue_(catalogue),
        ranker_(ranker),
        sweeper_(std::move(sweeper)),
        screener_(std::move(screener)),
        propensity_(std::move(propensity)),
        candidates_(std::move(candidates)),
        options_(options) {
    if (sweeper_) swept_ = sweeper_->Group(candidates_);
    if (screener_) screened_ = screener_->Prepare(candidates_);
  }

  // How many customers are best ranked in one call: whole forest calls of the propensity model where customers
  // are quick.
  std::size_t BlockCustomers() const {
    return sweeper_ && propensity_ ? std::min(2 * propensity_->GroupSize(), kBlockCustomersMax)
                                   : kBlockCustomers;
  }

  std::vector<RankedList> Rank(std::span<const features::CustomerRecord> block,
                               Worker& worker) const {
    const std::size_t categories = propensity_ ? catalogue_.categories.size() : 0;
    worker.propensities.resize(block.size() * categories);
    if (propensity_)
      propensity_->ScoreBlock(block, options_.as_of, worker.scratch, worker.propensities);
    std::vector<RankedList> lists;
    lists.reserve(block.size());
    for (std::size_t i = 0; i < block.size(); ++i) {
      lists.push_back(RankOne(
          block[i], std::span(worker.propensities).subspan(i * categories, categories), worker));
    }
    return lists;
  }

 private:
  RankedList RankOne(const features::CustomerRecord& record, std::span<const float> propensity,
                     Worker& worker) const {
    worker.bought.clear();
    if (options_.exclude_bought) FindBought(record, worker.bought);
    // With so many more, the best that were not bought are among the best.
    const auto count = static_cast<std::size_t>(options_.count);
    const std::size_t wanted = count + worker.bought.size();
    if (!Sweep(record, propensity, wanted, worker) && !Screen(record, propensity, wanted, worker))
      Score(record, propensity, wanted, worker);
    RankedList list{record.customer, {}, {}};
    for (const auto& [i, score] : worker.best) {
      if (list.products.size() == count) break;
      if (std::ranges::binary_search(worker.bought, i)) continue;
      list.products.push_back(catalogue_.products[candidates_[i]].product);
      list.scores.push_back(score);
    }
    return list;
  }

  void FindBought(const features::CustomerRecord& record,
                  std::vector<std::uint32_t>& bought) const {
    // Pairs and candidates both rise with the product id.
    for (const features::PairHistory& pair : record.pairs) {
      if (pair.purchases <= 0) continue;
      const std::ptrdiff_t position = catalogue_.Find(pair.product);
      const auto found = std::ranges::lower_bound(
          candidates_, position, {}, [](std::uint32_t p) { return std::ptrdiff_t{p}; });
      if (position < 0 || found == candidates_.end() || *found != position) continue;
      bought.push_back(static_cast<std::uint32_t>(found - candidates_.begin()));
    }
  }

  // Each leaves the best `count` candidates in worker.best. False: declined.
  bool Sweep(const features::CustomerRecord& record, std::span<const float> propensity,
             std::size_t count, Worker& worker) const {
    if (!sweeper_) return false;
    sweeper_->FillRequest(record, options_.as_of, worker.sweep);
    if (!sweeper_->Top(propensity, swept_, count, worker.sweep)) return false;
    worker.best.assign(worker.sweep.best.begin(), worker.sweep.best.end());
    ++worker.swept;
    return true;
  }
  bool Screen(const features::CustomerRecord& record, std::span<const float> propensity,
              std::size_t count, Worker& worker) const {
    if (!screener_) return false;
    screener_->FillColumns(record, propensity, options_.as_of, screened_, worker.screen);
    if (!screener_->Top(screened_, count, worker.screen)) return false;
    worker.best.assign(worker.screen.best.begin(), worker.screen.best.end());
    ++worker.screened;
    return true;
  }
  void Score(const features::CustomerRecord& record, std::span<const float> propensity,
             std::size_t count, Worker& worker) const {
    std::call_once(prepare_, [&] { columns_ = ranker_.Prepare(candidates_); });
    worker.scores.resize(candidates_.size());
    ranker_.FillColumns(record, propensity, options_.as_of, columns_, worker.scratch);
    ranker_.ScoreColumns(propensity, columns_, worker.scratch, worker.scores);
    worker.best.clear();
    for (const std::uint32_t i : worker.selector.Select(worker.scores, candidates_, count))
      worker.best.push_back({i, worker.scores[i]});
  }

  const features::Catalogue& catalogue_;
  const ranking::PairScorer& ranker_;
  std::optional<ranking::SweepScorer> sweeper_;
  ranking::SweptCandidates swept_;
  std::optional<ranking::ScreenScorer> screener_;
  ranking::ScreenedCandidates screened_;
  std::optional<ranking::CategoryScorer> propensity_;
  std::vector<std::uint32_t> candidates_;
  mutable std::once_flag prepare_;
  mutable ranking::PreparedCandidates columns_;
  const EveryoneOptions& options_;
};

// Positions in the catalogue, rising.
Result<std::vector<std::uint32_t>> Candidates(const features::Catalogue& catalogue,
                                              const EveryoneOptions& options) {
  std::vector<std::uint32_t> positions;
  for (std::size_t p = 0; p < catalogue.products.size(); ++p) {
    if (!options.candidates || options.candidates->contains(catalogue.products[p].product.value))
      positions.push_back(static_cast<std::uint32_t>(p));
  }
  if (options.candidates && positions.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("none of the {} candidates is in the catalogue as of {}",
                            options.candidates->size(), base::FormatTimestamp(options.as_of)));
  }
  return positions;
}

std::vector<std::int64_t> UnknownCandidates(const features::Catalogue& catalogue,
                                            const EveryoneOptions& options) {
  std::vector<std::int64_t> unknown;
  if (!options.candidates) return unknown;
  std::ranges::copy_if(*options.candidates, std::back_inserter(unknown),
                       [&](std::int64_t id) { return catalogue.Find({id}) < 0; });
  std::ranges::sort(unknown);
  return unknown;
}

Result<EveryoneReport> RankBlocks(warehouse::Database& database,
                                  const features::Catalogue& catalogue,
                                  const EveryoneRanker& ranker, const gold::RecordSource& source,
                                  const std::function<Status(const RankedList&)>& take,
                                  const Progress& progress) {
  using Lists = std::vector<RankedList>;
  const int worker_count = gold::WorkerCount();
  std::vector<Worker> workers(static_cast<std::size_t>(worker_count));
  EveryoneReport report;
  gold::CustomerBlocks<Lists> blocks(
      ranker.BlockCustomers(), worker_count,
      [&](const gold::CustomerBlock& block, int worker) {
        return ranker.Rank(block, workers[static_cast<std::size_t>(worker)]);
      },
      [&](Lists&& lists) -> Status {
        for (const RankedList& list : lists) AISLE_CHECK(take(list));
        report.customers += static_cast<std::int64_t>(lists.size());
        return Tell(progress, report.customers);
      });
  AISLE_CHECK(gold::ReadCustomers(database, catalogue, source, blocks.Adding()));
  AISLE_CHECK(blocks.Finish());
  for (const Worker& worker : workers) {
    report.swept += worker.swept;
    report.screened += worker.screened;
  }
  return report;
}

}  // namespace

Result<EveryoneReport> RankEveryone(warehouse::Database& database,
                                    const registry::Registry& registry,
                                    const EveryoneOptions& options,
                                    const std::function<Status(const RankedList&)>& take,
                                    const Progress& progress) {
  if (options.count < 1) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("count {} is not at least 1", options.count));
  }
  AISLE_TRY(const Champion ranking_model, LoadChampion(registry, "ranking"));
  AISLE_TRY(warehouse::Connection connection, database.Connect());
  AISLE_TRY(const gold::RecordSource source, gold::FindRecords(connection, options.as_of));
  AISLE_TRY(const features::Catalogue catalogue, gold::ReadCatalogue(connection, source));
  const features::CatalogueView view(catalogue);
  AISLE_TRY(const auto ranker, ranking::PairScorer::Make(ranking_model.spec, view));
  std::optional<ranking::CategoryScorer> propensity;
  int propensity_version = 0;
  if (NeedsPropensity(ranking_model.spec)) {
    AISLE_TRY(const Champion model, LoadChampion(registry, "propensity"));
    AISLE_TRY(propensity, ranking::CategoryScorer::Make(model.spec, view));
    propensity_version = model.version;
  }
  AISLE_TRY(auto candidates, Candidates(catalogue, options));
  const std::size_t candidate_count = candidates.size();
  AISLE_TRY(auto sweeper,
            ranking::SweepScorer::MakeIfFits(ranking_model.spec, ranker.Forest(), view));
  std::optional<ranking::ScreenScorer> screener;
  if (!sweeper) {
    AISLE_TRY(screener,
              ranking::ScreenScorer::MakeIfFits(ranking_model.spec, ranker.Forest(), view));
  }
  const EveryoneRanker everyone(catalogue, ranker, std::move(sweeper), std::move(screener),
                                std::move(propensity), std::move(candidates), options);
  AISLE_TRY(EveryoneReport report,
            RankBlocks(database, catalogue, everyone, source, take, progress));
  report.candidates = static_cast<std::int64_t>(candidate_count);
  report.unknown_candidates = UnknownCandidates(catalogue, options);
  report.ranking_version = ranking_model.version;
  report.propensity_version = propensity_version;
  return report;
}

}  // namespace aisle::publish
