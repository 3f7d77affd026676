// The data of one tensor -> places in rows. Private to the model service; infer_request.h is the way in.
//
// A tensor is a matrix of all inputs, or the column of one: value k goes to at[k / columns * width + first + k %
// columns].
//
//   missing  NaN; in JSON null or "NaN"; of BYTES the empty text.
//   errors   in words that begin with the row and the input: "row 3, input 'age': inf is not finite".
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "api/model_service/infer_tensors.h"
#include "api/model_service/served_model.h"

namespace aisle::api {

// Where the values of a tensor belong.
struct Target {
  std::size_t rows = 0;
  std::size_t columns = 1;  // Of the tensor.
  std::size_t first = 0;    // The input of its first column.
};

// Nothing: all values are in `rows`, which has room for them. The tensor's data come next in `json`.
std::optional<web::Problem> TakeJsonData(const Tensor& tensor, const Target& target,
                                         const ServedModel& model, web::JsonReader& json,
                                         Numbers& rows);
// `bytes` are the tensor's own.
std::optional<web::Problem> TakeBinaryData(const Tensor& tensor, std::string_view bytes,
                                           const Target& target, const ServedModel& model,
                                           Numbers& rows);

}  // namespace aisle::api
