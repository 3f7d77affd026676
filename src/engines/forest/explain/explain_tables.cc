#include "forest/explain/explain_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "forest/explain/explainer.h"

namespace aisle::forest {
namespace {

constexpr std::size_t kPointsMax = (kPathInputsMax + 1) / 2;

std::unexpected<Error> Refuse(std::string message) {
  return Fail(ErrorCode::kFailedPrecondition, "this model cannot be explained: " + message);
}

// A node that is still to be visited.
struct Ahead {
  std::uint32_t node = 0;  // Within the tree.
  std::uint32_t depth = 0;
  std::uint32_t split = 0;  // Of its parent.
  bool right = false;
  double share = 1;   // Of its parent's data.
  double weight = 1;  // Of the root's.
};

// An edge of the path to the node that is visited.
struct Edge {
  std::uint32_t feature = 0;
  std::uint32_t previous = 0;
  std::uint32_t inputs = 0;  // Different ones, from the root to here.
  double share = 1;          // Of the data, by all splits of this input so far.
};

// The shares of one step, from which its numbers are made.
struct Shares {
  double leaf = 0;
  double edge = 1;
  double before = 1;  // By the input's splits above.
  double after = 1;
  bool first = true;  // The input was not asked above.
};

class TreeMaker {
 public:
  TreeMaker(const Model& model, ExplainTables& tables)
      : model_(model), tables_(tables), last_(model.feature_count, 0), by_count_(kPointsMax + 1) {}

  Status Append(std::size_t tree) {
    const std::size_t root = model_.tree_begin[tree];
    const std::uint32_t group = model_.GroupOf(tree);
    if (model_.nodes[root].left == 0) {
      tables_.expected[group] += LeafOf(root);
      return {};
    }
    made_ = {.group = group,
             .first_step = tables_.steps.size(),
             .first_split = tables_.splits.size(),
             .first_number = tables_.numbers.size()};
    shares_.clear();
    AISLE_CHECK(Walk(tree, root));
    return Finish(tree);
  }

 private:
  double LeafOf(std::size_t place) const {
    return model_.wide ? model_.wide_values[place] : static_cast<double>(model_.nodes[place].value);
  }

  // The share of a split's data that went to a child.
  Result<double> ShareOf(std::size_t tree, std::size_t root, std::size_t parent,
                         std::size_t child) const {
    const auto cover = [&](std::size_t node) {
      return static_cast<double>(model_.covers[root + node]);
    };
    const double all = cover(parent);
    const double part = cover(child);
    if (std::isnan(all) || std::isnan(part)) {
      return Refuse(fmt::format(
          "the file does not say how much training data came through node {} of tree {}",
          std::isnan(all) ? parent : child, tree));
    }
    if (!std::isfinite(all) || !(all >= 0) || !(part >= 0) || !(part <= 2 * all)) {
      return Refuse(fmt::format(
          "the file says that {} of the training data came through node {} of tree {}, and {} "
          "through a child",
          all, parent, tree, part));
    }
    return all > 0 ? part / all : 0.5;
  }

  Status Walk(std::size_t tree, std::size_t root) {
    ahead_.clear();
    path_.assign(1, Edge{});
    AISLE_CHECK(Open(tree, root, {}));
    while (!ahead_.empty()) {
      const Ahead next = ahead_.back();
      ahead_.pop_back();
      while (path_.size() > next.depth) {
        last_[path_.back().feature] = path_.back().previous;
        path_.pop_back();
      }
      Enter(root, next);
      if (model_.nodes[root + next.node].left != 0) {
        AISLE_CHECK(Open(tree, root, next));
      } else {
        tables_.expected[made_.group] += next.weight * LeafOf(root + next.node);
      }
    }
    while (path_.size() > 1) {
      last_[path_.back().feature] = path_.back().previous;
      path_.pop_back();
    }
    return {};
  }

  // A split is met: its children are ahead, the left one first.
  Status Open(std::size_t tree, std::size_t root, const Ahead& at) {
    const std::size_t place = root + at.node;
    const Node& node = model_.nodes[place];
    const auto split = static_cast<std::uint32_t>(tables_.splits.size() - made_.first_split);
    tables_.splits.push_back({.place = static_cast<std::uint32_t>(place),
                              .feature = node.feature,
                              .below = node.value,
                              .plain = node.split == Split::kBelow,
                              .default_left = node.default_left});
    for (const bool right : {true, false}) {
      const std::uint32_t child = node.left + (right ? 1 : 0);
      AISLE_TRY(const double share, ShareOf(tree, root, at.node, child));
      ahead_.push_back({.node = child,
                        .depth = at.depth + 1,
                        .split = split,
                        .right = right,
                        .share = share,
                        .weight = at.weight * share});
    }
    return {};
  }

  void Enter(std::size_t root, const Ahead& at) {
    const std::uint32_t feature = tables_.splits[made_.first_split + at.split].feature;
    const std::uint32_t previous = last_[feature];
    const double before = previous == 0 ? 1 : path_[previous].share;
    const bool leaf = model_.nodes[root + at.node].left == 0;
    path_.push_back({.feature = feature,
                     .previous = previous,
                     .inputs = path_.back().inputs + (previous == 0 ? 1U : 0U),
                     .share = before * at.share});
    last_[feature] = at.depth;
    inputs_max_ = std::max<std::size_t>(inputs_max_, path_.back().inputs);
    depth_ = std::max<std::size_t>(depth_, at.depth);
    tables_.steps.push_back({.feature = feature,
                             .split = at.split,
                             .depth = at.depth,
                             .previous = previous,
                             .ends = leaf ? at.depth : 0,
                             .right = at.right});
    shares_.push_back({.leaf = leaf ? LeafOf(root + at.node) : 0,
                       .edge = at.share,
                       .before = before,
                       .after = before * at.share,
                       .first = previous == 0});
  }

  Status Finish(std::size_t tree) {
    const std::size_t inputs = std::exchange(inputs_max_, 0);
    const std::size_t depth = std::exchange(depth_, 0);
    made_.step_count = tables_.steps.size() - made_.first_step;
    made_.split_count = tables_.splits.size() - made_.first_split;
    made_.points = (inputs + 1) / 2;
    if (inputs > kPathInputsMax) {
      return Refuse(fmt::format("a path of tree {} asks for {} different inputs; at most {}", tree,
                                inputs, kPathInputsMax));
    }
    const std::size_t levels = (depth + 1) * LevelNumbers(made_.points);
    const std::size_t numbers =
        made_.step_count * (kNumbersBefore + kNumbersPerPoint * made_.points);
    if (levels * sizeof(double) > kExplainWalkBytesMax ||
        (tables_.numbers.size() + numbers) * sizeof(double) > kExplainTableBytesMax) {
      return Refuse(fmt::format("tree {} is {} splits deep, and there are {} nodes before its end",
                                tree, depth, tables_.steps.size()));
    }
    // A leaf ends every node from itself up to the one beside which the walk goes on.
    ExplainStep* const steps = tables_.steps.data() + made_.first_step;
    for (std::size_t i = 0; i + 1 < made_.step_count; ++i) {
      if (steps[i].ends != 0) steps[i].ends = steps[i].depth - steps[i + 1].depth + 1;
    }
    tables_.splits_max = std::max(tables_.splits_max, made_.split_count);
    tables_.depth_max = std::max(tables_.depth_max, depth);
    tables_.level_numbers_max = std::max(tables_.level_numbers_max, levels);
    WriteNumbers();
    tables_.trees.push_back(made_);
    return {};
  }

  void WriteNumbers() {
    Quadrature& rule = by_count_[made_.points];
    if (rule.points.empty()) rule = GaussLegendre(made_.points);
    for (const Shares& of : shares_) {
      tables_.numbers.insert(tables_.numbers.end(), {of.leaf, of.edge});
      // What an input is worth whose value takes the row this way, and one whose value does not, over the factor that
      // it has in the product.
      const auto factor = [](double t, double share) { return t + (1 - t) * share; };
      const auto came = [&](double t, double share) { return (1 - share) / factor(t, share); };
      const auto not_come = [](double t) { return -1 / (1 - t); };
      for (const double t : rule.points)
        tables_.numbers.push_back(factor(t, of.after) / factor(t, of.before));
      for (const double t : rule.points)
        tables_.numbers.push_back((1 - t) * of.after / factor(t, of.before));
      for (std::size_t q = 0; q < rule.points.size(); ++q) {
        const double t = rule.points[q];
        const double before = of.first ? 0 : came(t, of.before);
        tables_.numbers.push_back(rule.weights[q] * (came(t, of.after) - before));
      }
      for (std::size_t q = 0; q < rule.points.size(); ++q) {
        const double t = rule.points[q];
        const double before = of.first ? 0 : came(t, of.before);
        tables_.numbers.push_back(rule.weights[q] * (not_come(t) - before));
      }
    }
  }

  const Model& model_;
  ExplainTables& tables_;
  ExplainTree made_;
  std::vector<Ahead> ahead_;
  std::vector<Edge> path_;  // By depth; the root has no edge.
  std::vector<std::uint32_t>
      last_;  // Per input the depth of the path's last edge that asks it; 0: none.
  std::vector<Shares> shares_;
  std::size_t inputs_max_ = 0;
  std::size_t depth_ = 0;
  std::vector<Quadrature> by_count_;
};

}  // namespace

std::size_t ExplainTables::Bytes() const {
  return trees.size() * sizeof(ExplainTree) + steps.size() * sizeof(ExplainStep) +
         splits.size() * sizeof(ExplainSplit) + numbers.size() * sizeof(double);
}

Result<ExplainTables> MakeExplainTables(const Model& model) {
  ExplainTables tables;
  tables.expected.assign(model.group_count, 0.0);
  if (model.covers.empty() && model.nodes.size() > model.TreeCount())
    return Refuse("nothing says how much training data came through its nodes");
  TreeMaker maker(model, tables);
  for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) AISLE_CHECK(maker.Append(tree));
  return tables;
}

Quadrature GaussLegendre(std::size_t count) {
  Quadrature rule;
  const auto n = static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i) {
    // Newton's steps to a root of Legendre's polynomial, from a guess that is near enough for every count.
    double x = -std::cos(std::numbers::pi * (static_cast<double>(i) + 0.75) / (n + 0.5));
    double slope = 1;
    for (int round = 0; round < 50; ++round) {
      double before = 1;
      double value = x;
      for (std::size_t k = 2; k <= count; ++k) {
        const auto degree = static_cast<double>(k);
        const double next = ((2 * degree - 1) * x * value - (degree - 1) * before) / degree;
        before = std::exchange(value, next);
      }
      slope = n * (x * value - before) / (x * x - 1);
      const double step = value / slope;
      x -= step;
      if (std::abs(step) < 1e-16) break;
    }
    rule.points.push_back((1 + x) / 2);
    rule.weights.push_back(1 / ((1 - x * x) * slope * slope));
  }
  return rule;
}

}  // namespace aisle::forest
