#include "app/promotion_text.h"

#include <fmt/format.h>

namespace aisle::app {

std::string Standing(const registry::Promotion& promotion) {
  if (promotion.decision == "promoted") return "champion";
  if (promotion.decision == "forced") return "champion, forced";
  return promotion.decision == "kept" ? "challenger, kept back" : "challenger";
}

std::string PromotionText(const std::string& name, const registry::Promotion& promotion,
                          bool is_champion) {
  const bool waits = promotion.decision == "kept" && !is_champion;
  std::string text;
  if (waits) {
    text += fmt::format("{} is kept and not promoted:\n", name);
  } else if (promotion.decision == "kept") {
    text += fmt::format("{} was kept when it was trained, and promoted by hand since, against:\n",
                        name);
  } else if (promotion.decision == "forced") {
    text += fmt::format("{} was promoted by --promote, against:\n", name);
  } else if (!promotion.objections.empty()) {
    text += fmt::format("{} would not have been promoted:\n", name);
  }
  for (const std::string& objection : promotion.objections) text += "  " + objection + "\n";
  if (promotion.objections.empty() && !promotion.with.empty()) {
    text += fmt::format(
        "{} beside {}: {} {:.4f} against {:.4f}, {:+.4f} [{:+.4f} {:+.4f}] on {} customers; {} "
        "worse is "
        "allowed\n",
        name, promotion.with, promotion.metric == "auc" ? "AUC" : "NDCG@10", promotion.ours,
        promotion.theirs, promotion.difference, promotion.low, promotion.high, promotion.customers,
        promotion.worse_by_at_most);
  }
  for (const std::string& note : promotion.notes) text += fmt::format("  note: {}\n", note);
  if (waits) {
    text += fmt::format(
        "  `aisle models promote {}` promotes it all the same, `aisle train --promote` at once\n",
        name);
  }
  return text;
}

}  // namespace aisle::app
