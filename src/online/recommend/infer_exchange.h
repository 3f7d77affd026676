// A request of the Open Inference Protocol for the scores of rows, and what is believed of its answer. Private to
// this module.
//
//   shapes   rows row-major; one float for each row back.
//   errors   kUnavailable, naming what the answer lacks.
//   source   Open Inference Protocol v2, binary tensor data extension.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "web/http_client.h"

namespace aisle::recommend {

struct InferAsk {
  std::string_view model;
  int version = 0;
  std::string id;  // Of this request; the answer must have it.
  std::size_t inputs = 0;
};

web::HttpAsk MakeInferAsk(const InferAsk& ask, std::span<const float> rows);
// Fills `scores`, one for each row that was asked for.
Status TakeInferAnswer(const InferAsk& ask, const web::HttpAnswer& answer, std::span<float> scores);

}  // namespace aisle::recommend
