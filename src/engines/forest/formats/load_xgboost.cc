#include "forest/formats/load_xgboost.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "forest/formats/known_keys.h"
#include "forest/formats/load_parts.h"

namespace aisle::forest {
namespace {

constexpr std::array kObjectives = {
    ObjectiveName{"binary:logistic", Objective::kLogistic},
    ObjectiveName{"reg:logistic", Objective::kLogistic},
    ObjectiveName{"binary:logitraw", Objective::kLogitRaw},
    ObjectiveName{"reg:squarederror", Objective::kRegression},
    ObjectiveName{"reg:absoluteerror", Objective::kRegression},
    ObjectiveName{"rank:ndcg", Objective::kRanking},
    ObjectiveName{"rank:pairwise", Objective::kRanking},
    ObjectiveName{"rank:map", Objective::kRanking},
    ObjectiveName{"count:poisson", Objective::kLogLink},
    ObjectiveName{"reg:gamma", Objective::kLogLink},
    ObjectiveName{"reg:tweedie", Objective::kLogLink},
    ObjectiveName{"multi:softprob", Objective::kSoftprob},
    ObjectiveName{"multi:softmax", Objective::kSoftmax},
};

Status ReadObjective(const Value& learner, Model& model) {
  AISLE_TRY(const Value* objective, Need(learner, "objective"));
  AISLE_TRY(const Value* name, Need(*objective, "name"));
  return SetObjective(kObjectives, name->text, model);
}

// base_score is "5E-1" in files of XGBoost 1 and 2, "[5E-1]" since 3.1: one place, or one per class.
Result<std::vector<float>> ReadBaseScores(const Value& parameters) {
  AISLE_TRY(const Value* value, Need(parameters, "base_score"));
  if (value->kind != Value::Kind::kString) return Refuse("'base_score' is not a text");
  std::string_view rest = value->text;
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  std::vector<float> scores;
  for (bool last = false; !last;) {
    const std::size_t comma = rest.find(',');
    last = comma == std::string_view::npos;
    const std::string_view text = rest.substr(0, comma);
    float score = 0;
    const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), score);
    if (code != std::errc() || stop != text.data() + text.size() || !std::isfinite(score)) {
      return Refuse(
          fmt::format("base_score '{}' is not a finite number", value->text.substr(0, 80)));
    }
    scores.push_back(score);
    if (!last) rest.remove_prefix(comma + 1);
  }
  return scores;
}

// The same float operations as XGBoost's objectives: the margin every sum starts from.
Result<float> BaseMargin(Objective objective, float score) {
  switch (objective) {
    case Objective::kLogistic: {
      if (!(score >= 0 && score <= 1)) {
        return Refuse(fmt::format("base_score {} is not a probability", score));
      }
      // A training set of one class only gives 0 or 1; XGBoost keeps the margin finite like this.
      const float inside = std::clamp(score, 1e-6F, 1.0F - 1e-6F);
      return -std::log(1.0F / inside - 1.0F);
    }
    case Objective::kLogLink:
      if (!(score > 0)) return Refuse(fmt::format("base_score {} is not positive", score));
      return std::log(score);
    case Objective::kLogitRaw:
    case Objective::kRegression:
    case Objective::kRanking:
    case Objective::kSoftprob:
    case Objective::kSoftmax:
      break;
  }
  return score;
}

Status ReadGroups(const Value& parameters, Model& model) {
  AISLE_TRY(const std::int64_t classes, IntegerOr(parameters, "num_class", 0));
  AISLE_TRY(const std::int64_t targets, IntegerOr(parameters, "num_target", 1));
  if (targets > 1) return Refuse(fmt::format("several targets ({}) are not supported", targets));
  const bool by_class =
      model.objective == Objective::kSoftprob || model.objective == Objective::kSoftmax;
  const auto most = static_cast<std::int64_t>(by_class ? kGroupsMax : 1);
  if (classes < 0 || classes > most || (by_class && classes == 0)) {
    return Refuse(fmt::format("num_class {} with {}; at most {} is possible", classes,
                              model.objective_name, most));
  }
  model.group_count = static_cast<std::uint32_t>(std::max<std::int64_t>(classes, 1));
  return {};
}

Status ReadParameters(const Value& learner, Model& model) {
  AISLE_TRY(const Value* parameters, Need(learner, "learner_model_param"));
  AISLE_CHECK(ReadGroups(*parameters, model));
  AISLE_TRY(const std::int64_t features, IntegerOr(*parameters, "num_feature", 0));
  if (features < 1 || features > static_cast<std::int64_t>(kFeaturesMax)) {
    return Refuse(fmt::format("num_feature {}; 1 to {} are possible", features, kFeaturesMax));
  }
  model.feature_count = static_cast<std::uint32_t>(features);
  AISLE_TRY(const std::vector<float> scores, ReadBaseScores(*parameters));
  if (scores.size() != 1 && scores.size() != model.group_count) {
    return Refuse(fmt::format("{} base scores for {} classes", scores.size(), model.group_count));
  }
  AISLE_TRY(model.base_margin, BaseMargin(model.objective, scores[0]));
  for (std::size_t i = 0; i < scores.size() && scores.size() > 1; ++i) {
    AISLE_TRY(const float margin, BaseMargin(model.objective, scores[i]));
    model.base_margins.push_back(margin);
  }
  return {};
}

Result<std::vector<std::string>> ReadTexts(const Value& learner, std::string_view key,
                                           std::size_t expected) {
  const Value* list = learner.Find(key);
  std::vector<std::string> texts;
  if (list == nullptr || list->Size().value_or(0) == 0) return texts;
  for (const Value& item : list->items) {
    if (item.kind != Value::Kind::kString) return Refuse(fmt::format("'{}' holds no texts", key));
    texts.push_back(item.text);
  }
  if (texts.size() != expected) {
    return Refuse(fmt::format("{} {} for num_feature {}", *list->Size(), key, expected));
  }
  return texts;
}

// The whole number that a text is; nothing when it is none, or has more than 32 bits.
std::optional<std::uint32_t> WholeNumber(const Value* value) {
  if (value == nullptr || value->kind != Value::Kind::kString) return {};
  const std::string_view text = value->text;
  std::uint32_t number = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || stop != text.data() + text.size()) return {};
  return number;
}

// How many rounds have made the trees; 0 where the file's numbers do not agree.
std::uint32_t RoundsOf(const Value& parameters, const Model& model) {
  const std::uint64_t parallel = WholeNumber(parameters.Find("num_parallel_tree")).value_or(1);
  const std::uint64_t trees_a_round = parallel * model.group_count;
  if (trees_a_round == 0 || model.TreeCount() % trees_a_round != 0) return 0;
  return static_cast<std::uint32_t>(model.TreeCount() / trees_a_round);
}

// The ends of the rounds, where the file has them (2.0 on): XGBoost takes the trees up to the last one.
Status CheckRounds(const Value& inner, std::size_t tree_count) {
  const Value* ends = inner.Find("iteration_indptr");
  if (ends == nullptr) return {};
  const auto size = ends->Size();
  if (!size || *size == 0 || ends->NumberAt(*size - 1) != static_cast<double>(tree_count)) {
    return Refuse(
        fmt::format("iteration_indptr does not end with {}, the number of trees", tree_count));
  }
  return {};
}

// Gives the rounds, as RoundsOf. Null weights: there are none.
Result<std::uint32_t> ReadTrees(const Value& inner, const Value* weights, Model& model) {
  AISLE_TRY(const Value* parameters, Need(inner, "gbtree_model_param"));
  AISLE_TRY(const Value* trees, Need(inner, "trees"));
  const auto tree_count = trees->Size();
  AISLE_TRY(const std::int64_t declared, IntegerOr(*parameters, "num_trees", -1));
  if (!tree_count || trees->items.size() != *tree_count)
    return Refuse("'trees' is no array of trees");
  if (declared != static_cast<std::int64_t>(*tree_count)) {
    return Refuse(fmt::format("num_trees is {}, but {} trees stand there", declared, *tree_count));
  }
  // Of a model that no round has trained XGBoost takes the default base_score for a margin, a given one not.
  if (*tree_count == 0) return Refuse("it has no trees: no round has trained it");
  if (*tree_count > kTreesMax)
    return Refuse(fmt::format("{} trees; at most {}", *tree_count, kTreesMax));
  AISLE_CHECK(CheckRounds(inner, *tree_count));
  if (weights != nullptr && weights->Size() != tree_count) {
    return Refuse("weight_drop is no array of one place per tree");
  }
  AISLE_TRY(const Value* groups, Need(inner, "tree_info"));
  if (groups->Size() != tree_count) return Refuse("tree_info is no array of one place per tree");
  for (std::size_t i = 0; i < *tree_count; ++i) {
    const std::string where = fmt::format("tree {}", i);
    const double group = groups->NumberAt(i).value_or(-1);
    if (!IsIndex(group, model.group_count)) {
      return Refuse(
          fmt::format("{} belongs to group {}; there are {}", where, group, model.group_count));
    }
    if (model.group_count > 1) model.tree_group.push_back(static_cast<std::uint32_t>(group));
    const float weight =
        weights == nullptr ? 1.0F : static_cast<float>(weights->NumberAt(i).value_or(NAN));
    if (!std::isfinite(weight)) return Refuse(fmt::format("{}: weight_drop is not finite", where));
    if (auto status = AppendXgboostTree(trees->items[i], weight, model); !status) {
      return Within(where, std::move(status).error());
    }
  }
  return RoundsOf(*parameters, model);
}

// gbtree holds the trees itself; up to 3.2 dart holds a gbtree. The weights of a model that was trained with dropout
// stand beside that gbtree (to 3.2), beside the trees' model (3.3), or in it (3.4).
Result<std::uint32_t> ReadBooster(const Value& booster, Model& model) {
  AISLE_TRY(const Value* name, Need(booster, "name"));
  if (name->text != "gbtree" && name->text != "dart") {
    return Refuse(
        fmt::format("booster '{}' is not supported; 'gbtree' and 'dart' are", name->text));
  }
  const Value* gbtree = &booster;
  if (name->text == "dart") {
    AISLE_TRY(gbtree, Need(booster, "gbtree"));
  }
  if (name->text == "gbtree" && booster.Find("gbtree") != nullptr) {
    return Refuse("booster 'gbtree' holds another 'gbtree'");
  }
  AISLE_TRY(const Value* inner, Need(*gbtree, "model"));
  const Value* weights = nullptr;
  std::size_t places = 0;
  for (const Value* place : {booster.Find("weight_drop"), inner->Find("weight_drop"),
                             gbtree == &booster ? nullptr : gbtree->Find("weight_drop")}) {
    if (place == nullptr) continue;
    weights = place;
    ++places;
  }
  if (places > 1) return Refuse("'weight_drop' stands in two places");
  if (name->text == "dart" && places == 0) return Refuse("'weight_drop' is missing");
  AISLE_TRY(const std::uint32_t rounds, ReadTrees(*inner, weights, model));
  AISLE_CHECK(ReadXgboostNames(inner->Find("cats"), model));
  return rounds;
}

// "XGBoost 3.4.1"; the version is an array of three numbers.
std::string WriterOf(const Value& root) {
  std::string writer = "XGBoost";
  const Value* version = root.Find("version");
  for (std::size_t i = 0; version != nullptr && i < 3; ++i) {
    writer += fmt::format("{}{}", i == 0 ? ' ' : '.', version->NumberAt(i).value_or(0));
  }
  return writer;
}

// The attribute "best_iteration", counted from 0, of a model of so many rounds. Attributes are anybody's notes: what
// makes no sense, or says no more than that the last round is the best, is no reason to refuse a model.
std::optional<EarlyStop> ReadEarlyStop(const Value& learner, std::uint32_t rounds) {
  const Value* attributes = learner.Find("attributes");
  if (attributes == nullptr) return {};
  const auto best = WholeNumber(attributes->Find("best_iteration"));
  if (!best || rounds == 0 || *best >= rounds - 1) return {};
  return EarlyStop{.best_rounds = *best + 1, .rounds = rounds};
}

}  // namespace

Result<Model> ReadXgboost(const Value& root) {
  Model model;
  AISLE_TRY(const Value* learner, Need(root, "learner"));
  AISLE_TRY(const Value* booster, Need(*learner, "gradient_booster"));
  AISLE_CHECK(ReadObjective(*learner, model));
  AISLE_CHECK(ReadParameters(*learner, model));
  AISLE_TRY(model.feature_names, ReadTexts(*learner, "feature_names", model.feature_count));
  AISLE_TRY(model.feature_types, ReadTexts(*learner, "feature_types", model.feature_count));
  AISLE_TRY(const std::uint32_t rounds, ReadBooster(*booster, model));
  model.early_stop = ReadEarlyStop(*learner, rounds);
  AISLE_CHECK(CheckKeys(root, XgboostKeys(), WriterOf(root)));
  if (!model.names.IsEmpty()) CheckNamesAreWhole(root, WriterOf(root), model);
  AISLE_CHECK(CheckModel(model));
  return model;
}

}  // namespace aisle::forest
