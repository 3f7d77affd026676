// What the parts of XGBoost's loader say to each other: load_xgboost.cc reads the learner, the booster and which
// tree is whose, load_xgboost_tree.cc one tree, load_xgboost_names.cc the names of categories. Private to this
// module.
//
//   errors   kInvalidArgument, as load_parts.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "forest/formats/document.h"
#include "forest/model/model.h"

namespace aisle::forest {

// XGBoost writes its parameters as texts: "300".
Result<std::int64_t> IntegerOr(const Value& parent, std::string_view key, std::int64_t otherwise);

// `weight` is what dart multiplies the tree's leaves by.
Status AppendXgboostTree(const Value& tree, float weight, Model& model);

// `cats` of the trees' model, or null. What is no list of names for each input is refused.
Status ReadXgboostNames(const Value* cats, Model& model);
// Versions 3.1 to 3.3 cut texts beyond ASCII when they wrote them: such names are made unusable.
void CheckNamesAreWhole(const Value& root, const std::string& writer, Model& model);

}  // namespace aisle::forest
