// What the two halves of XGBoost's loader say to each other: load_xgboost.cc reads the learner, the booster and
// which tree is whose, load_xgboost_tree.cc one tree. Private to this module.
//
//   errors   kInvalidArgument, as load_parts.h.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "forest/formats/document.h"
#include "forest/model/model.h"

namespace aisle::forest {

// XGBoost writes its parameters as texts: "300".
Result<std::int64_t> IntegerOr(const Value& parent, std::string_view key, std::int64_t otherwise);

// `weight` is what dart multiplies the tree's leaves by.
Status AppendXgboostTree(const Value& tree, float weight, Model& model);

}  // namespace aisle::forest
