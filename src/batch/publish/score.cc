// ScorePropensity: the champion of "propensity" over every customer, into gold.customer_propensity.
#include <algorithm>
#include <vector>

#include "gold/customer_blocks.h"
#include "gold/feature_stream.h"
#include "publish/champion.h"
#include "publish/progress.h"
#include "publish/publish.h"
#include "publish/sql.h"

namespace aisle::publish {
namespace {

// With twelve categories about 1,500 rows: short enough that all cores always have a block.
constexpr std::size_t kBlockGroups = 3;
constexpr std::size_t kBatchCustomers = 4'096;

// Every score in memory: 4 bytes a category and 8 a customer (56 MB for a million). So the
// transaction that replaces the table is short, and nothing reads while it writes.
struct Scores {
  std::vector<std::int64_t> customers;
  std::vector<float> scores;  // One per category of the catalogue, customer by customer.
};

struct ScoredBlock {
  std::vector<std::int64_t> customers;
  std::vector<float> scores;
};

Result<Scores> ScoreAll(warehouse::Database& database, const features::Catalogue& catalogue,
                        const ranking::CategoryScorer& scorer, const gold::RecordSource& source,
                        const Progress& progress) {
  const std::size_t category_count = catalogue.categories.size();
  const int worker_count = gold::WorkerCount();
  std::vector<ranking::Scratch> scratch(static_cast<std::size_t>(worker_count));
  Scores all;
  gold::CustomerBlocks<ScoredBlock> blocks(
      kBlockGroups * scorer.GroupSize(), worker_count,
      [&](const gold::CustomerBlock& block, int worker) {
        ScoredBlock scored;
        for (const auto& record : block) scored.customers.push_back(record.customer.value);
        scored.scores.resize(block.size() * category_count);
        scorer.ScoreBlock(block, source.as_of, scratch[static_cast<std::size_t>(worker)],
                          scored.scores);
        return scored;
      },
      [&](ScoredBlock&& scored) -> Status {
        all.customers.insert(all.customers.end(), scored.customers.begin(), scored.customers.end());
        all.scores.insert(all.scores.end(), scored.scores.begin(), scored.scores.end());
        return Tell(progress, static_cast<std::int64_t>(all.customers.size()));
      });
  AISLE_CHECK(gold::ReadCustomers(database, catalogue, source, blocks.Adding()));
  AISLE_CHECK(blocks.Finish());
  return all;
}

arrow::Stream AsRows(const Scores& all, const std::vector<features::Category>& categories,
                     int version, base::Timestamp as_of) {
  const arrow::Schema schema = {{"customer_id", arrow::Type::kInt64},
                                {"category_id", arrow::Type::kString},
                                {"propensity_score", arrow::Type::kDouble},
                                {"model_version", arrow::Type::kInt32},
                                {"scored_at", arrow::Type::kTimestamp}};
  const auto next = [&all, &categories, version, as_of, schema,
                     done = std::size_t{0}]() mutable -> Result<std::optional<arrow::Batch>> {
    if (done == all.customers.size()) return std::optional<arrow::Batch>();
    const std::size_t end = std::min(done + kBatchCustomers, all.customers.size());
    arrow::BatchBuilder builder(schema);
    builder.Reserve(static_cast<std::int64_t>((end - done) * categories.size()));
    for (; done < end; ++done) {
      for (std::size_t c = 0; c < categories.size(); ++c) {
        builder.AppendInt(0, all.customers[done]);
        builder.AppendString(1, categories[c].id);
        builder.AppendDouble(2, static_cast<double>(all.scores[done * categories.size() + c]));
        builder.AppendInt(3, version);
        builder.AppendTime(4, as_of);
      }
    }
    return std::optional<arrow::Batch>(builder.Finish());
  };
  return arrow::MakeStream(schema, next);
}

double DistinctShare(const Scores& all, std::size_t category_count) {
  if (all.customers.empty()) return 0;
  std::size_t distinct = 0;
  for (std::size_t i = 0; i < all.customers.size(); ++i) {
    const auto own = std::span(all.scores).subspan(i * category_count, category_count);
    if (std::ranges::any_of(own, [&](float score) { return score != own.front(); })) ++distinct;
  }
  return static_cast<double>(distinct) / static_cast<double>(all.customers.size());
}

}  // namespace

Status Tell(const Progress& progress, std::int64_t customers_done) {
  if (!progress || progress(customers_done)) return {};
  return Fail(ErrorCode::kUnavailable, "cancelled");
}

Result<ScoreReport> ScorePropensity(warehouse::Database& database,
                                    const registry::Registry& registry, base::Timestamp as_of,
                                    const Progress& progress) {
  AISLE_TRY(const Champion champion, LoadChampion(registry, "propensity"));
  AISLE_TRY(warehouse::Connection connection, database.Connect());
  AISLE_TRY(const gold::RecordSource source, gold::FindRecords(connection, as_of));
  AISLE_TRY(const features::Catalogue catalogue, gold::ReadCatalogue(connection, source));
  const features::CatalogueView view(catalogue);
  AISLE_TRY(const auto scorer, ranking::CategoryScorer::Make(champion.spec, view));
  AISLE_TRY(const Scores all, ScoreAll(database, catalogue, scorer, source, progress));

  ScoreReport report;
  report.customers = static_cast<std::int64_t>(all.customers.size());
  report.propensity_version = champion.version;
  report.distinct_share = DistinctShare(all, catalogue.categories.size());
  report.rows = static_cast<std::int64_t>(all.scores.size());
  AISLE_CHECK(warehouse::InTransaction(connection, [&]() -> Status {
    AISLE_CHECK(connection.Execute(sql::kCustomerPropensity));
    AISLE_CHECK(connection.Ingest("gold.customer_propensity",
                                  AsRows(all, catalogue.categories, champion.version, as_of),
                                  warehouse::IngestMode::kAppend));
    return {};
  }));
  return report;
}

}  // namespace aisle::publish
