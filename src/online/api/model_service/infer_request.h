// A request of the Open Inference Protocol v2, read and checked: its tensors become rows of the model.
//
// Inputs come as one tensor "input" of all of them, [rows, inputs] in the model's order, or as one tensor per input
// by its name, [rows] or [rows, 1]. Data stands in the JSON, flat or nested as `shape` says, or behind it (the
// binary tensor extension). Two datatypes only mean something else than a number: BOOL is 0 or 1, and BYTES is the
// name of a category, for inputs whose names the model keeps; such an input given as numbers is given by its codes.
//
//   {"id": "a",
//    "inputs": [{"name": "input", "shape": [2, 3], "datatype": "FP32", "data": [[1, 2, 3], [4, 5, null]]}],
//    "outputs": [{"name": "predict", "parameters": {"binary_data": true}}]}
//
//   shapes   `shape` is held against the data, level by level when it is nested: nothing is reshaped.
//   order    tensors in any order; binary data in the order of the tensors that have some.
//   missing  NaN; in JSON null or "NaN"; of BYTES the empty text. `outputs` missing: all of them. A model that has
//            an input called "input" takes it for that.
//   units    numbers are rounded once, to the type the model compares.
//   errors   problems of status 400 that name the tensor, and what is accepted: unknown, missing or double inputs
//            and outputs, shapes, datatypes, values out of range or not finite, too many rows, binary data of
//            another size.
//   source   Open Inference Protocol v2 (REST) and its binary tensor data extension.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/model_service/datatype.h"
#include "api/model_service/served_model.h"
#include "api/recommend_request.h"

namespace aisle::api {

inline constexpr std::string_view kAllInputs = "input";
inline constexpr std::string_view kPredict = "predict";
inline constexpr std::string_view kMargin = "margin";

struct AskedOutput {
  std::string name;  // kPredict or kMargin.
  bool binary = false;
};

struct InferRequest {
  std::string id;  // Empty: none.
  Numbers rows;
  std::size_t row_count = 0;
  std::vector<AskedOutput> outputs;
};

// `json_bytes`: how many bytes of the body are JSON, as Inference-Header-Content-Length says; nothing: all.
Checked<InferRequest> InferRequestOf(std::string_view body, std::optional<std::size_t> json_bytes,
                                     const ServedModel& model, std::size_t rows_max);

}  // namespace aisle::api
