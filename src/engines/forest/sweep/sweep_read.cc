// Model and catalogue, read into what the sweep is made of: thresholds, rows and classes, a box for every leaf.
//
// Idea    Every split on the way to a leaf narrows something: bins of a constant, rows of prices, classes of products,
//         or an interval of thresholds of a quotient. So a leaf is a box, and its way need not be walked again.
//
// Steps   ReadModelSide    the distinct thresholds of each input that a split asks, by the input's role.
//         ReadProductSide  distinct finite prices are the rows. An input of the product that never falls with the
//                          price is a bound on rows; any other one splits the products into classes.
//         ReadLeaves       one pass forward through a tree: children get their parent's box, narrowed. A box that
//                          nothing can be in is left out.
//
// Limits  refused in words: an input that is the pair's own; more than kSweepRatiosMax quotients, kAskedMax constants,
//         65,534 thresholds of one input, 65,534 distinct prices, kSweepClassesMax classes, kSweepNodesMax nodes.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "forest/sweep/sweep_parts.h"

namespace aisle::forest {
namespace {

constexpr std::size_t kShortMax = std::numeric_limits<std::uint16_t>::max() - 1;
constexpr std::size_t kSweepNodesMax = 4'000'000;
// A bin box of a node costs six bytes per input.
constexpr std::size_t kAskedMax = 64;

std::unexpected<Error> Unfit(std::string reason) {
  return Fail(ErrorCode::kFailedPrecondition, std::move(reason));
}

std::string NameOf(const Model& model, std::uint32_t input) {
  return model.feature_names.empty() ? fmt::format("input {}", input)
                                     : fmt::format("input '{}'", model.feature_names[input]);
}

void SortDistinct(std::vector<float>& values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

// Bits that are equal for equal values, and for all NaN.
std::uint32_t Canonical(float x) {
  if (std::isnan(x)) return std::bit_cast<std::uint32_t>(std::numeric_limits<float>::quiet_NaN());
  return std::bit_cast<std::uint32_t>(x + 0.0F);
}

// The input's value in each row, if it has one per row and never falls; else empty.
std::vector<float> ValuesByRow(const std::vector<float>& values, const ProductSide& products) {
  std::vector<float> by_row(products.axis.size(), std::numeric_limits<float>::quiet_NaN());
  for (std::size_t p = 0; p < values.size(); ++p) {
    if (products.class_of[p] == ProductSide::kOutside) continue;
    float& value = by_row[products.row[p]];
    if (std::isnan(values[p]) || (!std::isnan(value) && value != values[p])) return {};
    value = values[p];
  }
  if (!std::ranges::is_sorted(by_row)) return {};
  return by_row;
}

// Splits the classes so far by one more input. False: there are too many.
bool SplitClasses(const std::vector<float>& values, std::uint32_t input, ProductSide& products) {
  std::vector<std::pair<std::uint8_t, std::uint32_t>> found;  // Old class, value.
  for (std::size_t p = 0; p < values.size(); ++p) {
    if (products.class_of[p] == ProductSide::kOutside) continue;
    const std::pair key(products.class_of[p], Canonical(values[p]));
    auto place = std::ranges::find(found, key);
    if (place == found.end()) {
      if (found.size() == kSweepClassesMax) return false;
      place = found.insert(found.end(), key);
    }
    products.class_of[p] = static_cast<std::uint8_t>(place - found.begin());
  }
  auto old = std::move(products.class_values);
  products.class_values.assign(old.size(), {});
  for (const auto& [from, value] : found) {
    for (std::size_t i = 0; i < old.size(); ++i) {
      if (!old[i].empty()) products.class_values[i].push_back(old[i][from]);
    }
    products.class_values[input].push_back(std::bit_cast<float>(value));
  }
  products.class_count = found.size();
  return true;
}

// Everything on the way from the root to a node.
struct Way {
  LeafBox box;
  bool possible = true;
};

class LeafReader {
 public:
  LeafReader(const Model& model, const SweepCatalogue& catalogue, const ModelSide& asked,
             const ProductSide& products)
      : model_(model), catalogue_(catalogue), asked_(asked), products_(products) {
    place_.assign(model.feature_count, 0);
    for (std::size_t i = 0; i < asked.constants.size(); ++i) place_[asked.constants[i].input] = i;
    for (std::size_t i = 0; i < asked.ratios.size(); ++i) place_[asked.ratios[i].input] = i;
    asks_ = asked.constants.size() + asked.ratios.size();
    root_.box.high = static_cast<std::uint16_t>(products.axis.size());
    root_.box.classes = static_cast<std::uint8_t>((1U << products.class_count) - 1);
    for (const Asked& constant : asked.constants) {
      root_bins_.push_back({0, static_cast<std::uint16_t>(constant.thresholds.size() + 1), true});
    }
    root_bins_.insert(root_bins_.end(), asked.ratios.size(), {0, 1, true});
  }

  // Parents stand before their children, so one pass forward knows every node's way.
  void Read(std::uint32_t tree, LeafSet& set) {
    const std::size_t begin = model_.tree_begin[tree];
    const std::size_t count = model_.tree_begin[tree + 1] - begin;
    ways_.assign(count, root_);
    bins_.resize(count * asks_);
    std::ranges::copy(root_bins_, bins_.begin());
    for (std::size_t i = 0; i < count; ++i) {
      const Node& node = model_.nodes[begin + i];
      if (node.left == 0) {
        Emit(i, node.value, tree, set);
        continue;
      }
      for (const std::size_t child : {std::size_t{node.left}, std::size_t{node.left} + 1}) {
        ways_[child] = ways_[i];
        std::copy_n(bins_.data() + i * asks_, asks_, bins_.data() + child * asks_);
        Narrow(node, child == node.left, ways_[child], bins_.data() + child * asks_);
      }
    }
  }

 private:
  void Narrow(const Node& node, bool left, Way& way, BinBox* bins) const {
    const std::size_t place = place_[node.feature];
    const SweepInput& input = catalogue_.inputs[node.feature];
    const auto rank = [&](const std::vector<float>& sorted) {
      return static_cast<std::uint16_t>(std::ranges::lower_bound(sorted, node.value) -
                                        sorted.begin());
    };
    switch (input.role) {
      case InputRole::kRequestConstant: {
        BinBox& box = bins[place];
        const auto bin = static_cast<std::uint16_t>(rank(asked_.constants[place].thresholds) + 1);
        if (left) {
          box.high = std::min(box.high, bin);
        } else {
          box.low = std::max(box.low, bin);
        }
        box.missing = box.missing && node.default_left == left;
        break;
      }
      case InputRole::kPairMonotone: {
        // Bounds that contradict each other leave no number, but a missing quotient may still pass.
        BinBox& box = bins[asked_.constants.size() + place];
        auto& low = way.box.ratio_low[place];
        auto& high = way.box.ratio_high[place];
        const auto edge = static_cast<std::uint16_t>(rank(asked_.ratios[place].thresholds) + 1);
        if (left) {
          high = high == 0 ? edge : std::min(high, edge);
        } else {
          low = std::max(low, edge);
        }
        if (low != 0 && high != 0 && low >= high) box.high = 0;
        box.missing = box.missing && node.default_left == left;
        break;
      }
      case InputRole::kProductStatic:
        NarrowProducts(node, left, way.box);
        break;
      case InputRole::kPair:
        AISLE_ASSERT(false);  // ReadModelSide() refuses a split by one.
    }
    way.possible = way.possible && way.box.low < way.box.high && way.box.classes != 0;
  }

  void NarrowProducts(const Node& node, bool left, LeafBox& box) const {
    if (const auto& by_row = products_.row_values[node.feature]; !by_row.empty()) {
      const auto row =
          static_cast<std::uint16_t>(std::ranges::lower_bound(by_row, node.value) - by_row.begin());
      if (left) {
        box.high = std::min(box.high, row);
      } else {
        box.low = std::max(box.low, row);
      }
      return;
    }
    const auto& by_class = products_.class_values[node.feature];
    for (std::size_t c = 0; c < by_class.size(); ++c) {
      const float x = by_class[c];
      const bool goes_left = std::isnan(x) ? node.default_left : x < node.value;
      if (goes_left != left) box.classes &= static_cast<std::uint8_t>(~(1U << c));
    }
  }

  void Emit(std::size_t node, float value, std::uint32_t tree, LeafSet& set) const {
    if (!ways_[node].possible) return;
    LeafBox leaf = ways_[node].box;
    leaf.value = value;
    leaf.tree = tree;
    for (std::size_t ask = 0; ask < asks_; ++ask) {
      const BinBox& box = bins_[node * asks_ + ask];
      const bool number = box.low < box.high;
      if (!number && !box.missing) return;  // No request comes here.
      const auto all = static_cast<float>(root_bins_[ask].high);
      leaf.chance *= number ? static_cast<float>(box.high - box.low) / all : 0.01F;
    }
    set.leaves.push_back(leaf);
    const auto first = bins_.begin() + static_cast<std::ptrdiff_t>(node * asks_);
    set.bins.insert(set.bins.end(), first, first + static_cast<std::ptrdiff_t>(asks_));
  }

  const Model& model_;
  const SweepCatalogue& catalogue_;
  const ModelSide& asked_;
  const ProductSide& products_;
  std::vector<std::size_t> place_;  // Of an input among the constants, or among the ratios.
  std::size_t asks_ = 0;
  Way root_;
  std::vector<BinBox> root_bins_;
  std::vector<Way> ways_;
  std::vector<BinBox> bins_;
};

}  // namespace

Result<ModelSide> ReadModelSide(const Model& model, const SweepCatalogue& catalogue) {
  if (model.nodes.size() > kSweepNodesMax)
    return Unfit(fmt::format("{} nodes; the sweep takes {}", model.nodes.size(), kSweepNodesMax));
  std::vector<std::vector<float>> thresholds(model.feature_count);
  std::vector<std::size_t> splits(model.feature_count, 0);
  for (const Node& node : model.nodes) {
    if (node.left == 0) continue;
    ++splits[node.feature];
    thresholds[node.feature].push_back(node.value);
  }
  ModelSide side;
  for (std::uint32_t input = 0; input < model.feature_count; ++input) {
    if (splits[input] == 0) continue;
    SortDistinct(thresholds[input]);
    switch (catalogue.inputs[input].role) {
      case InputRole::kPair:
        return Unfit(fmt::format("{}, by which {} splits ask, is the pair's own",
                                 NameOf(model, input), splits[input]));
      case InputRole::kProductStatic:
        side.static_inputs.push_back(input);
        continue;
      case InputRole::kRequestConstant:
        side.constants.push_back({input, std::move(thresholds[input])});
        break;
      case InputRole::kPairMonotone:
        side.ratios.push_back({input, std::move(thresholds[input])});
        break;
    }
    const auto& kept = catalogue.inputs[input].role == InputRole::kPairMonotone
                           ? side.ratios.back().thresholds
                           : side.constants.back().thresholds;
    if (kept.size() >= kShortMax)
      return Unfit(fmt::format("{} has {} thresholds", NameOf(model, input), kept.size()));
  }
  if (side.ratios.size() > kSweepRatiosMax) {
    return Unfit(
        fmt::format("{} quotients; the sweep takes {}", side.ratios.size(), kSweepRatiosMax));
  }
  if (side.constants.size() > kAskedMax) {
    return Unfit(fmt::format("{} inputs of the request; the sweep takes {}", side.constants.size(),
                             kAskedMax));
  }
  return side;
}

Result<ProductSide> ReadProductSide(const Model& model, const SweepCatalogue& catalogue,
                                    const ModelSide& asked) {
  ProductSide products;
  for (const float x : catalogue.axis) {
    if (std::isfinite(x)) products.axis.push_back(x + 0.0F);
  }
  SortDistinct(products.axis);
  if (products.axis.empty()) return Unfit("no product has a price");
  if (products.axis.size() > kShortMax) {
    return Unfit(
        fmt::format("{} distinct prices; the sweep takes {}", products.axis.size(), kShortMax));
  }
  for (const float x : catalogue.axis) {
    const bool inside = std::isfinite(x);
    products.class_of.push_back(inside ? 0 : ProductSide::kOutside);
    products.row.push_back(static_cast<std::uint16_t>(
        inside ? std::ranges::lower_bound(products.axis, x) - products.axis.begin() : 0));
  }
  products.row_values.resize(model.feature_count);
  products.class_values.resize(model.feature_count);
  for (const std::uint32_t input : asked.static_inputs) {
    const auto& values = catalogue.inputs[input].values;
    products.row_values[input] = ValuesByRow(values, products);
    if (!products.row_values[input].empty()) continue;
    if (!SplitClasses(values, input, products)) {
      return Unfit(fmt::format("{} splits the products into more than {} classes",
                               NameOf(model, input), kSweepClassesMax));
    }
  }
  return products;
}

LeafSet ReadLeaves(const Model& model, const SweepCatalogue& catalogue, const ModelSide& asked,
                   const ProductSide& products) {
  LeafSet set;
  LeafReader reader(model, catalogue, asked, products);
  for (std::uint32_t tree = 0; tree < model.TreeCount(); ++tree) reader.Read(tree, set);
  return set;
}

}  // namespace aisle::forest
