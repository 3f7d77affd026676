// RankEveryone: each customer's list over a set of products, with the models of the registry.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "gold/feature_stream.h"
#include "publish/champion.h"
#include "publish/ordered_blocks.h"
#include "publish/progress.h"
#include "publish/publish.h"
#include "ranking/select.h"

namespace aisle::publish {
namespace {

// A customer takes milliseconds: small blocks keep both cores busy to the end.
constexpr std::size_t kBlockCustomers = 16;

struct Worker {
  ranking::Scratch scratch;
  std::vector<float> propensity;
  std::vector<float> scores;
  std::vector<std::uint32_t> candidates;
  ranking::TopSelector selector;
};

// Whether the model looks at propensities at all.
bool NeedsPropensity(const ranking::ModelSpec& spec) {
  return spec.propensity_blend > 0 ||
         std::ranges::find(spec.inputs, "propensity") != spec.inputs.end();
}

class EveryoneRanker {
 public:
  EveryoneRanker(const features::Catalogue& catalogue, ranking::PairScorer ranker,
                 std::optional<ranking::CategoryScorer> propensity,
                 std::span<const std::uint32_t> candidates, const EveryoneOptions& options)
      : catalogue_(catalogue),
        ranker_(std::move(ranker)),
        propensity_(std::move(propensity)),
        candidates_(ranker_.Prepare(candidates)),
        options_(options) {}

  RankedList Rank(const features::CustomerRecord& record, Worker& worker) const {
    worker.propensity.clear();
    if (propensity_) {
      worker.propensity.resize(catalogue_.categories.size());
      propensity_->Score(record, options_.as_of, worker.scratch, worker.propensity);
    }
    worker.scores.resize(candidates_.Positions().size());
    ranker_.FillColumns(record, worker.propensity, options_.as_of, candidates_, worker.scratch);
    ranker_.ScoreColumns(worker.propensity, candidates_, worker.scratch, worker.scores);
    std::span<const std::uint32_t> candidates = candidates_.Positions();
    if (options_.exclude_bought) candidates = DropBought(record, worker);
    const auto best =
        worker.selector.Select(worker.scores, candidates, static_cast<std::size_t>(options_.count));
    RankedList list{record.customer, {}};
    for (const std::uint32_t i : best)
      list.products.push_back(catalogue_.products[candidates[i]].product);
    return list;
  }

 private:
  // Keeps the scores of those left, which it returns.
  std::span<const std::uint32_t> DropBought(const features::CustomerRecord& record,
                                            Worker& worker) const {
    worker.candidates.clear();
    std::size_t kept = 0;
    // Both lists rise with the product id.
    auto pair = record.pairs.begin();
    for (std::size_t i = 0; i < worker.scores.size(); ++i) {
      const std::uint32_t position = candidates_.Positions()[i];
      const domain::ProductId product = catalogue_.products[position].product;
      while (pair != record.pairs.end() && pair->product < product) ++pair;
      const bool met = pair != record.pairs.end() && pair->product == product;
      if (met && pair->purchases > 0) continue;
      worker.candidates.push_back(position);
      worker.scores[kept++] = worker.scores[i];
    }
    worker.scores.resize(kept);
    return worker.candidates;
  }

  const features::Catalogue& catalogue_;
  ranking::PairScorer ranker_;
  std::optional<ranking::CategoryScorer> propensity_;
  ranking::PreparedCandidates candidates_;
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
                                  const EveryoneRanker& ranker, base::Timestamp as_of,
                                  const std::function<Status(const RankedList&)>& take,
                                  const Progress& progress) {
  using Block = std::vector<features::CustomerRecord>;
  using Lists = std::vector<RankedList>;
  const int worker_count = WorkerCount();
  std::vector<Worker> workers(static_cast<std::size_t>(worker_count));
  EveryoneReport report;
  OrderedBlocks<Block, Lists> blocks(
      worker_count,
      [&](const Block& block, int worker) {
        Lists lists;
        lists.reserve(block.size());
        for (const auto& record : block)
          lists.push_back(ranker.Rank(record, workers[static_cast<std::size_t>(worker)]));
        return lists;
      },
      [&](Lists&& lists) -> Status {
        for (const RankedList& list : lists) AISLE_CHECK(take(list));
        report.customers += static_cast<std::int64_t>(lists.size());
        return Tell(progress, report.customers);
      });
  Block block;
  AISLE_CHECK(gold::ReadCustomers(database, catalogue, as_of,
                                  [&](features::CustomerRecord&& record) -> Status {
                                    block.push_back(std::move(record));
                                    if (block.size() < kBlockCustomers) return {};
                                    return blocks.Push(std::exchange(block, {}));
                                  }));
  if (!block.empty()) AISLE_CHECK(blocks.Push(std::move(block)));
  AISLE_CHECK(blocks.Finish());
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
  AISLE_TRY(const features::Catalogue catalogue, gold::ReadCatalogue(connection, options.as_of));
  const features::CatalogueView view(catalogue);
  AISLE_TRY(auto ranker, ranking::PairScorer::Make(ranking_model.spec, view));
  std::optional<ranking::CategoryScorer> propensity;
  int propensity_version = 0;
  if (NeedsPropensity(ranking_model.spec)) {
    AISLE_TRY(const Champion model, LoadChampion(registry, "propensity"));
    AISLE_TRY(propensity, ranking::CategoryScorer::Make(model.spec, view));
    propensity_version = model.version;
  }
  AISLE_TRY(const auto candidates, Candidates(catalogue, options));
  const EveryoneRanker everyone(catalogue, std::move(ranker), std::move(propensity), candidates,
                                options);
  AISLE_TRY(EveryoneReport report,
            RankBlocks(database, catalogue, everyone, options.as_of, take, progress));
  report.candidates = static_cast<std::int64_t>(candidates.size());
  report.unknown_candidates = UnknownCandidates(catalogue, options);
  report.ranking_version = ranking_model.version;
  report.propensity_version = propensity_version;
  return report;
}

}  // namespace aisle::publish
