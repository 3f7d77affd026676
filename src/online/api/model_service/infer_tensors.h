// The JSON of an inference request, taken apart: tensors with their shapes. Private to the model service;
// infer_request.h is the way in.
//
//   order    TakeTensor gets the inputs in theirs; one whose data stands before its shape is read twice.
//   errors   problems of status 400: not JSON, keys that are unknown or stand twice, members of the wrong type.
#pragma once

#include <cstdint>
#include <functional>
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
  std::optional<std::size_t> binary_bytes;  // Behind the JSON.
};

struct OutputTensor {
  std::string name;
  std::optional<bool> binary;  // Nothing: as the request says for all.
};

struct Tensors {
  std::string id;
  bool binary_output = false;
  std::vector<OutputTensor> outputs;
};

// Called for each input. Its data come next in `json`; null: they are binary. Gives what is wrong.
using TakeTensor = std::function<std::optional<web::Problem>(Tensor tensor, web::JsonReader* json)>;

Checked<Tensors> TensorsOf(std::string_view json, const TakeTensor& take);

web::Problem WrongTensor(std::string detail, std::string accepted);
// "[2, 3]"
std::string ShapeText(const std::vector<std::int64_t>& shape);

}  // namespace aisle::api
