// Answers of the Open Inference Protocol v2: inference, metadata of server and models, errors.
//
//   shapes   outputs are [rows], or [rows, classes] where a row has several numbers; data is flat.
//   units    numbers as the shortest text that reads back as the same, or little-endian behind the JSON.
//   missing  a number that is not finite is null in JSON.
//   errors   {"error": "inputs[0] 'input': shape is [2, 3]; accepted: [-1, 14]"}
//   source   Open Inference Protocol v2 (REST) and its binary tensor data extension.
#pragma once

#include <string>

#include "api/model_service/infer_request.h"
#include "api/model_service/model_keeper.h"
#include "web/message.h"
#include "web/problem.h"

namespace aisle::api {

web::Response InferAnswer(const ServedModel& model, const InferRequest& request,
                          const Scores& scores);
std::string ModelMetadata(const ServedName& name, const ServedModel& model);
web::Response InferError(const web::Problem& problem);

}  // namespace aisle::api
