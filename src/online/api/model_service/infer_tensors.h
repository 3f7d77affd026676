// The JSON of an inference request, taken apart: tensors with their shapes, and where their data stands. Private to the
// model service; infer_request.h is the way in.
//
//   errors   problems of status 400: not JSON, keys that are unknown or stand twice, members of the wrong type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/model_service/datatype.h"
#include "api/recommend_request.h"
#include "web/json_reader.h"

namespace aisle::api {

struct Tensor {
  std::string name;
  std::string place;  // "inputs[2] 'age'", for messages.
  Datatype datatype = Datatype::kFp32;
  std::vector<std::int64_t> shape;
  std::string_view data;                    // JSON; empty: none.
  std::optional<std::size_t> binary_bytes;  // Behind the JSON.
};

struct OutputTensor {
  std::string name;
  std::optional<bool> binary;  // Nothing: as the request says for all.
};

struct Tensors {
  std::string id;
  bool binary_output = false;
  std::vector<Tensor> inputs;
  std::vector<OutputTensor> outputs;
};

Checked<Tensors> TensorsOf(std::string_view json);

web::Problem WrongTensor(std::string detail, std::string accepted);
// "[2, 3]"
std::string ShapeText(const std::vector<std::int64_t>& shape);

}  // namespace aisle::api
