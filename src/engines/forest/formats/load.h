// Reads a model file of XGBoost (UBJSON, JSON), LightGBM (text) or CatBoost (JSON), and believes nothing in it.
//
// The form is found from the first bytes. Everything is checked before anything is built: sizes agree, indices
// are in range, every node has exactly one parent, so that no engine can loop or leave its arrays. What is
// not supported is refused by name, and so is a key that is not known (known_keys.h). docs/FOREST_FORMATS.md is the
// table; each row has a parity test.
//
//   missing  a file without feature names gives a model without; then inputs go by position.
//   errors   kInvalidArgument: what is wrong, with tree and node, or byte offset. LoadModelFile also
//            what base::ReadFile returns, and kFailedPrecondition where memory does not suffice; its messages
//            start with the path.
//   cost     linear in the file's size, in time and memory (document.h says how much).
//   source   the libraries' own files: XGBoost 1.7 to 3.4, LightGBM 3.3 to 4.7, CatBoost 1.2.10.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "forest/model/model.h"

namespace aisle::forest {

Result<Model> LoadModel(std::string_view bytes);
Result<Model> LoadModelFile(const std::filesystem::path& path);

}  // namespace aisle::forest
