// Reads an XGBoost model file, UBJSON or JSON, and believes nothing in it.
//
// Everything is checked before anything is built: sizes agree, indices are in range, every node has
// exactly one parent, so that no engine can loop or leave its arrays. What is not supported is refused by
// name: dart, linear boosters, several classes or targets, num_parallel_tree above 1, vector leaves,
// categorical splits, objectives without a parity test.
//
//   missing  a file without feature names gives a model without; then inputs go by position.
//   errors   kInvalidArgument: what is wrong, with tree and node, or byte offset. LoadModelFile also
//            what base::ReadFile returns; its messages start with the path.
//   cost     linear in the file's size, in time and memory (document.h says how much).
//   source   XGBoost 3.2 model schema; older files of the same form usually load.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "forest/model.h"

namespace aisle::forest {

Result<Model> LoadModel(std::string_view bytes);
Result<Model> LoadModelFile(const std::filesystem::path& path);

}  // namespace aisle::forest
