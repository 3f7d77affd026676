#include "evaluation/ablation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

namespace aisle::evaluation {
namespace {

std::vector<bool> InputsAskedFor(const forest::Forest& forest) {
  std::vector<bool> asked(forest.FeatureCount(), false);
  for (const forest::Node& node : forest.BuiltFrom().nodes)
    if (node.left != 0) asked[node.feature] = true;
  return asked;
}

void LeaveOut(const std::vector<std::string_view>& groups, const char* reason, Blanks& out) {
  if (!groups.empty())
    out.left_out.push_back(fmt::format("{}: {}", fmt::join(groups, ", "), reason));
}

}  // namespace

Blanks BlanksOf(const ranking::ModelSpec& spec, const forest::Forest& forest, bool has_propensity) {
  using features::InputGroup;
  const auto positions = features::ResolvePairInputs(spec.inputs);
  AISLE_ASSERT(positions && positions->size() == forest.FeatureCount());
  const std::vector<bool> asked = InputsAskedFor(forest);
  Blanks found;
  std::vector<std::string_view> absent, unasked, unserved;
  for (std::size_t g = 0; g < static_cast<std::size_t>(InputGroup::kCount); ++g) {
    const auto group = static_cast<InputGroup>(g);
    Blank blank{.group = group, .columns = {}, .inputs = {}};
    bool is_asked = false;
    for (std::size_t f = 0; f < positions->size(); ++f) {
      if (features::PairInputs()[(*positions)[f]].group != group) continue;
      blank.columns.push_back(f);
      blank.inputs.push_back(spec.inputs[f]);
      is_asked = is_asked || asked[f];
    }
    const bool is_propensity = group == InputGroup::kPropensity;
    blank.is_propensity = is_propensity;
    const bool blends = is_propensity && spec.propensity_blend > 0;
    const std::string_view name = features::Define(group).name;
    if (blank.columns.empty() && !blends) {
      absent.push_back(name);
    } else if (is_propensity && !has_propensity) {
      unserved.push_back(name);
    } else if (!is_asked && !blends) {
      unasked.push_back(name);
    } else {
      found.blanks.push_back(std::move(blank));
    }
  }
  LeaveOut(absent, "the model has no such input", found);
  LeaveOut(unasked, "no tree asks for any such input of the model", found);
  LeaveOut(unserved, "missing already: there is no propensity model to serve it", found);
  return found;
}

void Clear(const Blank& blank, std::size_t width, std::span<float> rows) {
  for (std::size_t row = 0; row < rows.size(); row += width) {
    for (const std::size_t column : blank.columns)
      rows[row + column] = std::numeric_limits<float>::quiet_NaN();
  }
}

}  // namespace aisle::evaluation
