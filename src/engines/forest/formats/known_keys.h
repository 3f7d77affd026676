// Which keys of a model file are known, and the refusal of any other: a key that no loader knows could change a
// score, as XGBoost 3.3 did when it moved the weights of dropout. Private to this module.
//
// A known key is either read, or known to change no score (gains, covers, parameters of training). What libraries
// keep for anybody's notes is not looked into: XGBoost's `attributes`, CatBoost's `model_info`, LightGBM's
// `parameters:`.
//
//   errors   kInvalidArgument: the key with its place, and who wrote the file.
//   cost     one look-up per key.
//   source   files of XGBoost 1.7.6 to 3.4.1, LightGBM 3.3.5 to 4.7.0 and CatBoost 1.2.10: tests/parity/formats
//            trains with each of them, and what one writes beyond these lists is refused there.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "forest/formats/document.h"

namespace aisle::forest {

// Places of keys: "learner.gradient_booster.model.trees[].parents". "a.*": whatever stands in a.
std::span<const std::string_view> XgboostKeys();
std::span<const std::string_view> CatboostKeys();
// Keys of LightGBM's text, which has no depth: of its header, and of each tree.
std::span<const std::string_view> LightgbmHeaderKeys();
std::span<const std::string_view> LightgbmTreeKeys();

// Before 3.3 XGBoost's dart held a whole booster: what stands in `gradient_booster.gbtree` is checked as if it
// stood in `gradient_booster`. `writer` is who wrote the file, for the message.
Status CheckKeys(const Value& root, std::span<const std::string_view> known,
                 const std::string& writer);
std::unexpected<Error> UnknownKey(std::string_view place, const std::string& writer);

}  // namespace aisle::forest
