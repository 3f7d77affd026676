#include "forest/scorers/grouped_forest.h"

#include <algorithm>
#include <vector>

namespace aisle::forest {
namespace {

class GroupedForest final : public Scorer {
 public:
  explicit GroupedForest(std::vector<std::shared_ptr<const Scorer>> groups)
      : groups_(std::move(groups)) {}

  void Margins(std::span<const float> rows, std::span<float> margins) const override {
    std::vector<float> column(margins.size() / groups_.size());
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      groups_[g]->Margins(rows, column);
      for (std::size_t i = 0; i < column.size(); ++i) margins[i * groups_.size() + g] = column[i];
    }
  }

  std::size_t Bytes() const override {
    std::size_t bytes = 0;
    for (const auto& group : groups_) bytes += group->Bytes();
    return bytes;
  }

 private:
  std::vector<std::shared_ptr<const Scorer>> groups_;
};

// The trees of each group, in the model's order.
std::vector<Model> OnePerGroup(const Model& model) {
  std::vector<Model> groups(model.group_count);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    groups[g].feature_count = model.feature_count;
    groups[g].base_margin = model.base_margins.empty() ? model.base_margin : model.base_margins[g];
  }
  for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) {
    Model& group = groups[model.GroupOf(tree)];
    group.nodes.insert(group.nodes.end(), model.nodes.begin() + model.tree_begin[tree],
                       model.nodes.begin() + model.tree_begin[tree + 1]);
    group.tree_begin.push_back(static_cast<std::uint32_t>(group.nodes.size()));
  }
  return groups;
}

}  // namespace

std::shared_ptr<const Scorer> MakeGroupedForest(
    const Model& model, const std::function<std::shared_ptr<const Scorer>(const Model&)>& make) {
  std::vector<std::shared_ptr<const Scorer>> scorers;
  for (const Model& group : OnePerGroup(model)) scorers.push_back(make(group));
  return std::make_shared<const GroupedForest>(std::move(scorers));
}

}  // namespace aisle::forest
