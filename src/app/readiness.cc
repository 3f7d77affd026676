#include "app/readiness.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "app/print.h"
#include "app/sql.h"
#include "domain/event_kind.h"
#include "training/recipe.h"
#include "training/training.h"
#include "warehouse/row_reader.h"

namespace aisle::app {
namespace {

warehouse::Texts PurchaseKinds() {
  warehouse::Texts kinds;
  for (const domain::EventKind kind : domain::kPurchaseKinds)
    kinds.values.emplace_back(EventKindName(kind));
  return kinds;
}

Result<std::int64_t> Bought(warehouse::Connection& connection, const training::Recipe& recipe,
                            base::Timestamp until) {
  const bool pairs = recipe.ranks_products || recipe.rows.kind == training::RowKind::kPairs;
  std::int64_t bought = 0;
  for (const int cutoff : recipe.cutoffs) {
    const base::Timestamp since = until - cutoff * recipe.window_days * base::kDay;
    AISLE_TRY(auto rows,
              warehouse::RowReader::Open(connection, sql::kBoughtBetween,
                                         {{"purchase_kinds", PurchaseKinds()},
                                          {"since", since},
                                          {"until", since + recipe.window_days * base::kDay}}));
    const auto column = rows.Int(pairs ? "pairs" : "categories");
    AISLE_TRY(const bool any, rows.Next());
    if (any) bought += rows[column];
  }
  return bought;
}

std::string Lack(const Readiness& one) {
  if (one.days < one.days_needed) {
    return fmt::format("{} needs {} days of events, has {}", one.recipe, one.days_needed, one.days);
  }
  return fmt::format("{} needs {} pairs bought in its window, has {}", one.recipe,
                     one.positives_needed, one.positives);
}

}  // namespace

Result<std::vector<Readiness>> FindReadiness(warehouse::Connection& connection,
                                             const std::vector<std::string>& recipes,
                                             base::Timestamp until) {
  AISLE_TRY(const std::int64_t first, connection.QueryInt(sql::kFirstEvent));
  std::vector<Readiness> found;
  for (const std::string& name : recipes) {
    AISLE_TRY(const std::string text, training::RecipeText(name));
    AISLE_TRY(const training::Recipe recipe, training::ParseRecipe(text, name));
    const std::int64_t earliest = recipe.EarliestCutoff();
    Readiness& one = found.emplace_back();
    one.recipe = name;
    one.days_needed = earliest * recipe.window_days;
    one.days_better = (earliest + 1) * recipe.window_days;
    one.positives_needed = recipe.gates.positives_min;
    if (first < 0) continue;
    one.days = std::max<std::int64_t>((until - base::FromMicros(first)) / base::kDay, 0);
    AISLE_TRY(one.positives, Bought(connection, recipe, until));
  }
  return found;
}

std::string ReadinessText(const std::vector<Readiness>& found, const std::vector<Readiness>& small,
                          base::Timestamp until) {
  TextTable table({{"for training"},
                   {"days", Align::kRight},
                   {"needs", Align::kRight},
                   {"better", Align::kRight},
                   {"bought pairs", Align::kRight},
                   {"needs", Align::kRight},
                   {"enough"}});
  std::vector<std::string> lacks;
  for (const Readiness& one : found) {
    table.Add({one.recipe, Grouped(one.days), Grouped(one.days_needed), Grouped(one.days_better),
               Grouped(one.positives), Grouped(one.positives_needed), one.Ready() ? "yes" : "no"});
    if (!one.Ready()) lacks.push_back(Lack(one));
  }
  std::string text = fmt::format("\nAs of {}, the end of the data:\n{}",
                                 base::FormatTimestamp(until), table.Text());
  if (lacks.empty()) return text;
  text += fmt::format("Too little to train: {}. Import older orders, or wait.\n",
                      fmt::join(lacks, "; "));
  std::vector<std::string> names;
  std::vector<std::string> small_lacks;
  for (const Readiness& one : small) {
    names.push_back(one.recipe);
    if (!one.Ready()) small_lacks.push_back(Lack(one));
  }
  if (small_lacks.empty()) {
    text += fmt::format("There is enough for the recipes for small shops: aisle train {}\n",
                        fmt::join(names, " "));
  } else {
    text += fmt::format("Too little for those for small shops, too: {}.\n",
                        fmt::join(small_lacks, "; "));
  }
  return text;
}

}  // namespace aisle::app
