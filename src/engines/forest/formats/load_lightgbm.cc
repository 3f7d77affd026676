#include "forest/formats/load_lightgbm.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "forest/formats/known_keys.h"
#include "forest/formats/load_parts.h"

namespace aisle::forest {
namespace {

constexpr std::size_t kTextBytesMax = std::size_t{1} << 30U;

// Lines of `key=value` up to an empty line. The views point into the file.
class Block {
 public:
  Status Add(std::string_view line) {
    const std::size_t equals = line.find('=');
    const std::string_view key = line.substr(0, equals);
    if (keys_.size() >= 64) return Refuse("more than 64 lines in a row without an empty one");
    if (Find(key)) return Refuse(fmt::format("'{}' stands twice", key.substr(0, 40)));
    keys_.push_back(key);
    values_.push_back(equals == std::string_view::npos ? std::string_view()
                                                       : line.substr(equals + 1));
    return {};
  }
  bool IsEmpty() const { return keys_.empty(); }
  const std::vector<std::string_view>& Keys() const { return keys_; }
  std::optional<std::string_view> Find(std::string_view key) const {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (keys_[i] == key) return values_[i];
    }
    return std::nullopt;
  }
  Result<std::string_view> Text(std::string_view key) const {
    const auto found = Find(key);
    if (!found) return Refuse(fmt::format("'{}=' is missing", key));
    return *found;
  }

 private:
  std::vector<std::string_view> keys_;
  std::vector<std::string_view> values_;
};

template <typename Number>
Result<Number> ParseNumber(std::string_view key, std::string_view word) {
  Number number{};
  const char* const end = word.data() + word.size();
  const auto [stop, code] = std::from_chars(word.data(), end, number);
  if (code != std::errc() || stop != end) {
    return Refuse(fmt::format("{}: '{}' is not a number of its kind", key, word.substr(0, 40)));
  }
  return number;
}

template <typename Number>
Result<std::vector<Number>> Numbers(const Block& block, std::string_view key, std::size_t count) {
  AISLE_TRY(std::string_view rest, block.Text(key));
  std::vector<Number> numbers;
  while (!rest.empty()) {
    AISLE_TRY(const Number number, ParseNumber<Number>(key, TakeWord(rest)));
    numbers.push_back(number);
  }
  if (numbers.size() != count) {
    return Refuse(fmt::format("{} has {} places; {} are needed", key, numbers.size(), count));
  }
  return numbers;
}

// A whole number in [low, high].
Result<std::size_t> Count(const Block& block, std::string_view key, std::size_t low,
                          std::size_t high) {
  AISLE_TRY(const std::string_view text, block.Text(key));
  AISLE_TRY(const std::uint64_t number, ParseNumber<std::uint64_t>(key, text));
  if (number < low || number > high) {
    return Refuse(fmt::format("{} is {}; {} to {} are possible", key, number, low, high));
  }
  return number;
}

constexpr std::array kObjectives = {
    ObjectiveName{"binary", Objective::kLogistic},
    ObjectiveName{"cross_entropy", Objective::kLogistic},
    ObjectiveName{"multiclassova", Objective::kLogistic},
    ObjectiveName{"multiclass", Objective::kSoftprob},
    ObjectiveName{"regression", Objective::kRegression},
    ObjectiveName{"regression_l1", Objective::kRegression},
    ObjectiveName{"huber", Objective::kRegression},
    ObjectiveName{"quantile", Objective::kRegression},
    ObjectiveName{"poisson", Objective::kLogLink},
    ObjectiveName{"gamma", Objective::kLogLink},
    ObjectiveName{"tweedie", Objective::kLogLink},
    ObjectiveName{"lambdarank", Objective::kRanking},
    ObjectiveName{"rank_xendcg", Objective::kRanking},
};

// "binary sigmoid:1", "multiclass num_class:3".
Status ReadObjective(const Block& header, Model& model) {
  // Of an objective of one's own nothing stands in the file: its margins are known, and no more.
  if (!header.Find("objective")) return {};
  AISLE_TRY(std::string_view rest, header.Text("objective"));
  const std::string_view name = TakeWord(rest);
  AISLE_CHECK(SetObjective(kObjectives, name, model));
  while (!rest.empty()) {
    const std::string_view word = TakeWord(rest);
    if (word.starts_with("sigmoid:")) {
      AISLE_TRY(model.sigmoid_slope, ParseNumber<double>("sigmoid", word.substr(8)));
    } else if (word == "sqrt") {
      return Refuse("objective 'regression sqrt' is not supported");
    }
  }
  if (model.group_count > 1 && !name.starts_with("multiclass")) {
    return Refuse(fmt::format("{} classes with objective '{}'", model.group_count, name));
  }
  return {};
}

// Any key that is neither in the list nor empty.
Status CheckBlock(const Block& block, std::span<const std::string_view> known,
                  std::string_view where) {
  for (const std::string_view key : block.Keys()) {
    if (std::ranges::find(known, key) == known.end())
      return UnknownKey(fmt::format("{}.{}", where, key),
                        "LightGBM (its files do not say which version)");
  }
  return {};
}

Status ReadHeader(const Block& header, Model& model) {
  AISLE_TRY(const std::string_view version, header.Text("version"));
  if (version != "v3" && version != "v4") {
    return Refuse(
        fmt::format("LightGBM format '{}' is not supported; v3 and v4 are", version.substr(0, 40)));
  }
  if (header.Find("average_output")) {
    return Refuse("LightGBM's random forests (average_output) are not supported");
  }
  model.wide = true;
  model.double_inputs = true;
  AISLE_TRY(const std::size_t classes, Count(header, "num_class", 1, kGroupsMax));
  AISLE_TRY(const std::size_t per_round, Count(header, "num_tree_per_iteration", 1, kGroupsMax));
  if (classes != per_round) {
    return Refuse(fmt::format("num_class {}, but {} trees an iteration", classes, per_round));
  }
  model.group_count = static_cast<std::uint32_t>(classes);
  model.biases.assign(classes, 0.0);
  AISLE_CHECK(ReadObjective(header, model));
  AISLE_TRY(const std::size_t last, Count(header, "max_feature_idx", 0, kFeaturesMax - 1));
  model.feature_count = static_cast<std::uint32_t>(last + 1);
  AISLE_TRY(std::string_view names, header.Text("feature_names"));
  while (!names.empty()) model.feature_names.emplace_back(TakeWord(names));
  if (model.feature_names.size() != model.feature_count) {
    return Refuse(fmt::format("{} feature_names for {} inputs", model.feature_names.size(),
                              model.feature_count));
  }
  return CheckBlock(header, LightgbmHeaderKeys(), "header");
}

// The arrays of one tree; sizes agree. Splits are nodes 0, 1, ..., leaves the nodes after them.
struct RawTree {
  std::vector<std::int32_t> left, right, feature, decision;
  std::vector<double> threshold, leaf;
  std::vector<double> split_count, leaf_count;  // Rows of training; empty: not told.
  std::vector<std::uint32_t> sets;              // The model's numbers of the tree's sets.
};

// Set k is the bits of the words cat_boundaries[k] up to cat_boundaries[k + 1] of cat_threshold.
Status ReadSets(const Block& block, RawTree& tree, Model& model) {
  AISLE_TRY(const std::size_t count, Count(block, "num_cat", 0, kNodesMax));
  if (count == 0) return {};
  AISLE_TRY(const auto boundaries, Numbers<std::uint32_t>(block, "cat_boundaries", count + 1));
  if (boundaries.front() != 0) return Refuse("cat_boundaries do not start at 0");
  AISLE_TRY(const auto words, Numbers<std::uint32_t>(block, "cat_threshold", boundaries.back()));
  for (std::size_t k = 0; k < count; ++k) {
    if (boundaries[k] > boundaries[k + 1] || boundaries[k + 1] > words.size()) {
      return Refuse("cat_boundaries do not ascend");
    }
    std::vector<std::uint32_t> set;
    for (std::uint32_t word = boundaries[k]; word < boundaries[k + 1]; ++word) {
      for (std::uint32_t bit = 0; bit < 32; ++bit) {
        if ((words[word] >> bit & 1U) != 0) set.push_back((word - boundaries[k]) * 32 + bit);
      }
    }
    AISLE_TRY(const std::uint32_t number, AddCategorySet(std::move(set), model));
    tree.sets.push_back(number);
  }
  return {};
}

// It changes no score: what is no list of so many numbers is not told.
std::vector<double> CountsOrNone(const Block& block, std::string_view key, std::size_t count) {
  auto counts = Numbers<double>(block, key, count);
  return counts ? *std::move(counts) : std::vector<double>();
}

Result<RawTree> ReadRawTree(const Block& block, Model& model) {
  RawTree tree;
  if (block.Find("is_linear").value_or("0") != "0") return Refuse("linear trees are not supported");
  AISLE_TRY(const std::size_t leaves, Count(block, "num_leaves", 1, kNodesMax));
  AISLE_TRY(tree.leaf, Numbers<double>(block, "leaf_value", leaves));
  if (leaves == 1) return tree;
  AISLE_TRY(tree.feature, Numbers<std::int32_t>(block, "split_feature", leaves - 1));
  AISLE_TRY(tree.threshold, Numbers<double>(block, "threshold", leaves - 1));
  AISLE_TRY(tree.decision, Numbers<std::int32_t>(block, "decision_type", leaves - 1));
  AISLE_TRY(tree.left, Numbers<std::int32_t>(block, "left_child", leaves - 1));
  AISLE_TRY(tree.right, Numbers<std::int32_t>(block, "right_child", leaves - 1));
  tree.split_count = CountsOrNone(block, "internal_count", leaves - 1);
  tree.leaf_count = CountsOrNone(block, "leaf_count", leaves);
  AISLE_CHECK(ReadSets(block, tree, model));
  return tree;
}

// The smallest double that is not at most the threshold. LightGBM takes numbers within kZeroMax of zero for zero
// before it asks anything, so no threshold may part them.
double AboveThreshold(double threshold) {
  constexpr auto kZero = static_cast<double>(kZeroMax);
  const double above = DoubleAbove(threshold);
  if (above > kZero || above <= -kZero) return above;
  return threshold >= 0 ? DoubleAbove(kZero) : -kZero;
}

// The smallest float that is not below x.
float FloatFrom(double x) {
  const auto near = static_cast<float>(x);
  return static_cast<double>(near) >= x ? near : FloatAbove(x);
}

// decision_type: bit 0 says by set, bit 1 default left, bits 2 and 3 what is missing: nothing, zeros, NaN.
Status ReadSplit(const RawTree& tree, std::uint32_t index, const Model& model, RawNode& out) {
  Node& node = out.node;
  const double threshold = tree.threshold[index];
  const std::int32_t decision = tree.decision[index];
  if (decision < 0 || decision > 11) {
    return BadNode(index, fmt::format("decision_type {} is not supported", decision));
  }
  if (!IsIndex(tree.feature[index], model.feature_count)) {
    return BadNode(
        index, fmt::format("input {} is not one of {}", tree.feature[index], model.feature_count));
  }
  node.feature = static_cast<std::uint32_t>(tree.feature[index]);
  if ((decision & 1) != 0) {
    if (!IsIndex(threshold, static_cast<double>(tree.sets.size()))) {
      return BadNode(index,
                     fmt::format("category set {} is not one of {}", threshold, tree.sets.size()));
    }
    node.split = Split::kInSetNegativeHalf;
    node.set = tree.sets[static_cast<std::size_t>(threshold)];
    return {};  // Missing goes right, always.
  }
  if (std::isnan(threshold)) return BadNode(index, "threshold is NaN");
  const int missing = decision >> 2;
  // Where NaN does not count as missing, it is compared as 0.
  node.default_left = missing == 0 ? 0.0 <= threshold : (decision & 2) != 0;
  if (missing == 1) node.split = Split::kBelowZeroMissing;
  if (threshold == std::numeric_limits<double>::infinity()) {
    if (missing == 1) return BadNode(index, "an infinite threshold where zeros are missing");
    node.split = Split::kAny;
    return {};
  }
  out.wide = AboveThreshold(threshold);
  node.value = FloatFrom(out.wide);
  return {};
}

Status AppendTree(const Block& block, Model& model) {
  AISLE_TRY(const RawTree tree, ReadRawTree(block, model));
  AISLE_CHECK(CheckBlock(block, LightgbmTreeKeys(), "tree"));
  const std::size_t splits = tree.leaf.size() - 1;
  const auto read = [&](std::uint32_t index) -> Result<RawNode> {
    RawNode out;
    out.leaf = index >= splits;
    const auto& counts = out.leaf ? tree.leaf_count : tree.split_count;
    if (!counts.empty()) out.cover = static_cast<float>(counts[out.leaf ? index - splits : index]);
    if (out.leaf) {
      out.wide = tree.leaf[index - splits];
      out.node.value = static_cast<float>(out.wide);
      if (std::isfinite(out.node.value)) return out;
      return BadNode(index, "leaf is not a finite number");
    }
    // A split's child c is split c, or, below zero, leaf ~c. What is out of range is out of range after this.
    const auto place = [&](std::int32_t child) {
      return static_cast<std::uint32_t>(child >= 0 ? child < static_cast<std::int64_t>(splits)
                                                         ? child
                                                         : static_cast<std::int64_t>(kNodesMax) * 2
                                                   : static_cast<std::int64_t>(splits) + ~child);
    };
    out.left = place(tree.left[index]);
    out.right = place(tree.right[index]);
    AISLE_CHECK(ReadSplit(tree, index, model, out));
    return out;
  };
  std::vector<bool> met;
  AISLE_CHECK(AppendBreadthFirst(splits + tree.leaf.size(), read, true, met, model));
  for (std::size_t i = 0; i < met.size(); ++i) {
    if (!met[i]) return BadNode(i, "has no parent");
  }
  return {};
}

}  // namespace

Result<Model> ReadLightgbm(std::string_view text) {
  if (text.size() > kTextBytesMax) {
    return Refuse(fmt::format("a text of {} bytes; at most {}", text.size(), kTextBytesMax));
  }
  Model model;
  TakeLine(text);
  Block block;
  bool header = true;
  std::string_view feature_infos;
  std::optional<std::size_t> declared;  // tree_sizes has a place for each tree.
  // The last block of trees is followed by "end of trees": a file that was cut lacks it.
  for (std::size_t tree = 0;;) {
    if (text.empty()) return Refuse("the file ends before 'end of trees'");
    const std::string_view line = TakeLine(text);
    if (!line.empty() && line != "end of trees") {
      AISLE_CHECK(block.Add(line));
      continue;
    }
    if (header || !block.IsEmpty()) {
      const std::string where = header ? "header" : fmt::format("tree {}", tree);
      if (!header && model.TreeCount() == kTreesMax)
        return Refuse(fmt::format("more than {} trees", kTreesMax));
      if (!header && block.Find("Tree") != fmt::format("{}", tree)) {
        return Refuse(fmt::format("'Tree={}' is missing", tree));
      }
      if (header) feature_infos = block.Find("feature_infos").value_or("");
      if (const auto sizes = block.Find("tree_sizes"); header && sizes) {
        declared = sizes->empty() ? 0 : std::ranges::count(*sizes, ' ') + 1;
      }
      const Status status = header ? ReadHeader(block, model) : AppendTree(block, model);
      if (!status) return Within(where, Error(status.error()));
      if (!header && model.group_count > 1) {
        model.tree_group.push_back(static_cast<std::uint32_t>(tree % model.group_count));
      }
      if (!header) ++tree;
      header = false;
      block = Block();
    }
    if (line == "end of trees") break;
  }
  if (declared.value_or(model.TreeCount()) != model.TreeCount()) {
    return Refuse(fmt::format("{} trees; tree_sizes has {}", model.TreeCount(), *declared));
  }
  if (model.TreeCount() % model.group_count != 0) {
    return Refuse(fmt::format("{} trees are no whole rounds of {} classes", model.TreeCount(),
                              model.group_count));
  }
  AISLE_CHECK(ReadLightgbmTail(text, feature_infos, model));
  AISLE_CHECK(CheckModel(model));
  return model;
}

}  // namespace aisle::forest
