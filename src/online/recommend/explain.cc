#include "recommend/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <utility>

#include "base/log.h"

namespace aisle::recommend {
namespace {

Explanation Of(ranking::ExplainedPair pair) {
  Explanation explanation{.margin = pair.margin,
                          .bias = pair.bias,
                          .contributions = {},
                          .model_score = pair.model_score,
                          .propensity = pair.propensity,
                          .score = pair.score};
  for (std::uint32_t i = 0; i < pair.contributions.size(); ++i)
    explanation.contributions.push_back({i, pair.values[i], pair.contributions[i]});
  std::ranges::stable_sort(explanation.contributions, std::ranges::greater{},
                           [](const Contribution& of) { return std::abs(of.contribution); });
  return explanation;
}

// Position in the catalogue of the product with this id, as the retailer writes it; -1: nobody has it.
std::ptrdiff_t Find(const serving::ServingState& state, std::string_view id) {
  if (const std::ptrdiff_t found = state.FindProduct(id); found >= 0) return found;
  std::int64_t number = 0;
  const auto parsed = std::from_chars(id.data(), id.data() + id.size(), number);
  if (parsed.ec != std::errc{} || parsed.ptr != id.data() + id.size()) return -1;
  const features::Catalogue& catalogue = state.PublishedShelf().catalogue;
  const std::ptrdiff_t found = catalogue.Find({number});
  // Where the retailer's ids are texts, numbers are ours alone.
  if (found >= 0 && !catalogue.products[static_cast<std::size_t>(found)].source_id.empty())
    return -1;
  return found;
}

bool IsCandidate(const RankTask& task, std::uint32_t product) {
  return task.candidates.Shelf().Stock()->In(task.candidates.Region()).InStock(product);
}

void CountLeftOut(const RankTask& task, const serving::LiveShelf& newest, const Answer& answer,
                  Explained& explained) {
  const serving::LiveShelf& shelf = task.candidates.Shelf();
  const auto products =
      static_cast<std::int64_t>(task.state->PublishedShelf().catalogue.products.size());
  const auto hidden = static_cast<std::int64_t>(shelf.Hidden().size());
  const auto candidates = static_cast<std::int64_t>(task.candidates.Count());
  const serving::RegionStock& now = newest.Stock()->In(answer.region);
  const auto gone = static_cast<std::int64_t>(std::ranges::count_if(
      task.work->finalists,
      [&](const Finalist& finalist) { return !now.InStock(finalist.product); }));
  explained.products = products;
  explained.left_out = {
      {"hidden", hidden},
      {fmt::format("out of stock in the {}", answer.region_name), products - hidden - candidates},
      {"sold out while it was ranked", gone},
      {"ranked lower", candidates - gone - static_cast<std::int64_t>(answer.items.size())}};
}

// Why a product that is not in the answer is not.
std::string WhyNot(const RankTask& task, const serving::LiveShelf& newest, std::uint32_t product,
                   std::string_view source, const std::optional<Explanation>& explanation,
                   const Answer& answer) {
  if (newest.IsHidden(product)) return "hidden";
  if (!IsCandidate(task, product)) return fmt::format("out of stock in the {}", answer.region_name);
  if (!newest.Stock()->In(answer.region).InStock(product)) return "sold out while it was ranked";
  if (explanation && !answer.items.empty()) {
    return fmt::format("ranked lower: its score is {}, that of the last product shown {}",
                       explanation->score, answer.items.back().score);
  }
  return fmt::format("ranked lower, by {}", source);
}

// Of the products at these positions, in their order; empty: there are none, and the answer says why.
std::vector<Explanation> ExplainProducts(const RankTask& task,
                                         std::span<const std::uint32_t> products,
                                         std::string_view elsewhere, std::string_view source,
                                         Explained& explained, Answer& answer) {
  const auto without = [&](std::string_view why) -> std::vector<Explanation> {
    answer.degraded.push_back({"explanation", std::string(why)});
    return {};
  };
  if (products.empty()) return {};
  if (source != kModel) return without("no model ranked");
  if (!elsewhere.empty()) return without(elsewhere);
  const ranking::PairScorer& ranker = *task.state->Ranker();
  auto pairs = ranker.Explain(task.customer.record, task.propensity, task.now, products,
                              task.work->scratch, task.candidates.Repriced());
  if (!pairs) {
    base::LogWarning("an answer goes without explanation: {}", pairs.error().message);
    return without("this model cannot be explained");
  }
  explained.inputs = ranker.InputNames();
  explained.blend = ranker.Rule();
  std::vector<Explanation> explanations;
  for (ranking::ExplainedPair& pair : *pairs) explanations.push_back(Of(std::move(pair)));
  return explanations;
}

}  // namespace

void Explain(const RankTask& task, const serving::LiveShelf& newest, std::string_view product,
             std::string_view source, std::string_view elsewhere, Answer& answer) {
  auto explained = std::make_shared<Explained>();
  const features::Catalogue& catalogue = task.state->PublishedShelf().catalogue;
  std::vector<std::uint32_t> products;
  for (const Item& item : answer.items)
    products.push_back(static_cast<std::uint32_t>(catalogue.Find(item.product)));
  const std::ptrdiff_t asked = product.empty() ? -1 : Find(*task.state, product);
  const auto position = static_cast<std::uint32_t>(asked);
  const auto place =
      static_cast<std::size_t>(std::ranges::find(products, position) - products.begin());
  const bool beside = asked >= 0 && place == answer.items.size() && IsCandidate(task, position);
  if (beside) products.push_back(position);
  std::vector<Explanation> explanations =
      ExplainProducts(task, products, elsewhere, source, *explained, answer);
  if (!product.empty()) {
    explained->asked = AskedProduct{.id = std::string(product), .why = "no product has this id"};
    AskedProduct& of = *explained->asked;
    if (asked >= 0 && place < explanations.size()) of.explanation = explanations[place];
    if (asked >= 0 && place < answer.items.size()) {
      of.in_answer = true;
      of.why = fmt::format("rank {}", answer.items[place].rank);
    } else if (asked >= 0) {
      of.why = WhyNot(task, newest, position, source, of.explanation, answer);
    }
  }
  if (beside && !explanations.empty()) explanations.pop_back();
  explained->items = std::move(explanations);
  CountLeftOut(task, newest, answer, *explained);
  answer.explained = std::move(explained);
}

}  // namespace aisle::recommend
