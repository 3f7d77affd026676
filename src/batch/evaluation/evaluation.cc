#include "evaluation/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "evaluation/examiner.h"
#include "evaluation/panel.h"
#include "evaluation/sql.h"
#include "evaluation/tally.h"
#include "gold/activity_index.h"
#include "gold/customer_blocks.h"
#include "gold/feature_stream.h"
#include "ranking/select.h"
#include "warehouse/row_reader.h"

namespace aisle::evaluation {
namespace {

Result<std::optional<Oracle>> ReadOracle(warehouse::Connection& connection, base::Timestamp cutoff,
                                         std::vector<std::string>& left_out) {
  AISLE_TRY(const bool there, connection.HasTable("oracle.top_products"));
  Oracle oracle;
  if (there) {
    AISLE_TRY(auto rows,
              warehouse::RowReader::Open(connection, sql::kOracleLists, {{"cutoff", cutoff}}));
    const warehouse::IntColumn customer = rows.Int("customer_id");
    const warehouse::TextColumn kind = rows.Text("kind");
    const warehouse::IntColumn product = rows.Int("product_id");
    for (;;) {
      AISLE_TRY(const bool more, rows.Next());
      if (!more) break;
      OracleLists& lists = oracle[rows[customer]];
      (rows[kind] == "new" ? lists.fresh : lists.all).push_back({rows[product]});
    }
  }
  if (!oracle.empty()) return oracle;
  left_out.push_back(
      fmt::format("oracle: no lists for {} (only the synthetic retailer has them, for "
                  "28 days before its end)",
                  base::FormatTimestamp(cutoff)));
  return std::nullopt;
}

std::vector<std::uint32_t> RankedProducts(const features::Catalogue& catalogue, std::int64_t most,
                                          std::vector<std::string>& left_out) {
  std::vector<std::uint32_t> positions(catalogue.products.size());
  std::iota(positions.begin(), positions.end(), 0U);
  if (static_cast<std::int64_t>(positions.size()) <= most) return positions;
  std::vector<float> buyers;
  for (const auto& product : catalogue.products)
    buyers.push_back(static_cast<float>(product.buyers));
  std::vector<std::uint32_t> kept =
      ranking::SelectTop(buyers, positions, static_cast<std::size_t>(most));
  std::sort(kept.begin(), kept.end());
  left_out.push_back(
      fmt::format("products: the {} with most buyers of {} are ranked; purchases of "
                  "others do not count",
                  kept.size(), positions.size()));
  return kept;
}

// Which of an error's causes ended the reading: nothing is wrong when enough customers were read.
constexpr const char* kEnough = "enough customers";
// A card costs milliseconds: small blocks keep all workers busy to the end.
constexpr std::size_t kBlockCustomers = 32;

// 0: one per core. Never more than there are cores.
int WorkersFor(int threads) {
  const int cores = gold::WorkerCount();
  return threads == 0 ? cores : std::clamp(threads, 1, cores);
}

}  // namespace

Result<Report> Evaluate(warehouse::Database& database, const registry::Registry& registry,
                        const EvaluateOptions& options) {
  if (options.window_days < 1 || options.customers_max < 1 || options.catalogue_max < 1) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("evaluate: window_days {}, customers_max {}, catalogue_max {}: each must "
                    "be at least 1",
                    options.window_days, options.customers_max, options.catalogue_max));
  }
  const base::Timestamp cutoff = options.as_of - options.window_days * base::kDay;
  Notes notes{.cutoff = cutoff, .warnings = {}, .left_out = {}};
  AISLE_TRY(Panel panel, FindPanel(registry, options.models, notes));
  AISLE_TRY(warehouse::Connection connection, database.Connect());
  AISLE_TRY(const features::Catalogue catalogue, gold::ReadCatalogue(connection, cutoff));
  AISLE_TRY(auto activity, gold::ReadActivity(connection, cutoff, options.as_of));
  const gold::ActivityIndex happened(std::move(activity));
  AISLE_TRY(const std::optional<Oracle> oracle, ReadOracle(connection, cutoff, notes.left_out));
  const features::CatalogueView view(catalogue);
  AISLE_CHECK(KeepScorable(view, panel, notes));
  AISLE_TRY(const Examiner examiner,
            Examiner::Make(panel, view, cutoff, oracle ? &*oracle : nullptr,
                           RankedProducts(catalogue, options.catalogue_max, notes.left_out),
                           options.ablate));
  for (std::size_t model = 0; model < examiner.ModelCount(); ++model) {
    for (const std::string& groups : examiner.BlanksOfModel(model).left_out) {
      notes.left_out.push_back(
          fmt::format("ablation of {}: {}", examiner.Contenders()[model].name, groups));
    }
  }

  Tally tally(examiner);
  const int worker_count = WorkersFor(options.threads);
  std::vector<Desk> desks(static_cast<std::size_t>(worker_count));
  gold::CustomerBlocks<std::vector<Card>> blocks(
      kBlockCustomers, worker_count,
      [&](const gold::CustomerBlock& block, int worker) {
        std::vector<Card> cards;
        for (const auto& customer : block) {
          cards.push_back(examiner.Examine(customer, happened.Of(customer.customer),
                                           desks[static_cast<std::size_t>(worker)]));
        }
        return cards;
      },
      [&](std::vector<Card>&& cards) -> Status {
        for (const Card& card : cards) tally.Add(card);
        return {};
      });
  std::int64_t seen = 0;
  const Status read = gold::ReadCustomers(database, catalogue, cutoff,
                                          [&](features::CustomerRecord&& customer) -> Status {
                                            if (seen == options.customers_max)
                                              return Fail(ErrorCode::kUnavailable, kEnough);
                                            ++seen;
                                            return blocks.Add(std::move(customer));
                                          });
  if (!read && read.error().message != kEnough) return std::unexpected(read.error());
  if (!read) {
    notes.left_out.push_back(
        fmt::format("customers: the first {} by id are examined", options.customers_max));
  }
  AISLE_CHECK(blocks.Finish());
  AISLE_TRY(Report report, tally.Finish(options.seed));
  report.cutoff = cutoff;
  report.as_of = options.as_of;
  report.warnings = std::move(notes.warnings);
  report.left_out = std::move(notes.left_out);
  return report;
}

}  // namespace aisle::evaluation
