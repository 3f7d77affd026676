// What the fuzzer and its committed corpus both do with bytes that claim to be a body of the model service. Private to
// the tests.
//
//   errors   none: a broken promise is an assertion.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "api/model_service/infer_answer.h"
#include "api/model_service/infer_request.h"
#include "api/model_service/predict_json.h"
#include "web/json_body.h"

namespace aisle::api {

inline constexpr std::size_t kExerciseRowsMax = 50;

// Inputs a, b and town, which may have names; one tree that asks for a.
inline ServedPointer ExerciseModel(bool names, bool doubles) {
  forest::Model model;
  model.feature_count = 3;
  model.feature_names = {"a", "b", "town"};
  model.objective = forest::Objective::kLogistic;
  model.objective_name = "binary:logistic";
  model.nodes = {{.value = 0.5F, .left = 1}, {.value = 1}, {.value = -1}};
  model.tree_begin = {0, 3};
  if (names) model.names.inputs = {{.feature = 2, .texts = {"Bergen", "Oslo"}, .numbers = {}}};
  if (doubles) {
    model.wide = model.double_inputs = model.names.unseen_is_missing = true;
    model.wide_values = {0.5, 1, -1};
  }
  auto served = ServedModel::Make({.name = "model", .version = 1, .source = "here"},
                                  std::move(model), std::nullopt);
  AISLE_ASSERT(served);
  return *std::move(served);
}

inline void ExpectSound(const ServedModel& model, const Numbers& rows, std::size_t count) {
  AISLE_ASSERT(count <= kExerciseRowsMax && SizeOf(rows) == count * model.InputCount());
  std::visit(
      [](const auto& values) {
        for (const auto value : values) AISLE_ASSERT(!std::isinf(value));
      },
      rows);
  Scores scores = model.RoomFor(count);
  model.Score(rows, 0, count, scores);
}

inline void ExpectRefusal(const web::Problem& problem) {
  AISLE_ASSERT(problem.status == 400 && !problem.detail.empty());
  AISLE_ASSERT(web::ParseJson(InferError(problem).body));
}

// True when one of the models takes the body in one of the forms.
inline bool ExerciseService(std::string_view bytes) {
  static const std::array<ServedPointer, 3> kModels = {
      ExerciseModel(false, false), ExerciseModel(true, false), ExerciseModel(true, true)};
  // The JSON ends with the first line; what follows is binary, the line's end with it.
  const std::size_t json_bytes = std::min(bytes.find('\n'), bytes.size());
  bool taken = false;
  for (const ServedPointer& model : kModels) {
    const auto rows = PredictRowsOf(bytes, *model, kExerciseRowsMax);
    if (rows) {
      ExpectSound(*model, rows->rows, rows->indices.size());
      taken = true;
    } else {
      ExpectRefusal(rows.error());
    }
    for (const bool binary : {false, true}) {
      const auto request = InferRequestOf(bytes, binary ? std::optional(json_bytes) : std::nullopt,
                                          *model, kExerciseRowsMax);
      if (!request) {
        ExpectRefusal(request.error());
        continue;
      }
      ExpectSound(*model, request->rows, request->row_count);
      Scores scores = model->RoomFor(request->row_count);
      model->Score(request->rows, 0, request->row_count, scores);
      AISLE_ASSERT(!InferAnswer(*model, *request, scores).body.empty());
      taken = true;
    }
  }
  return taken;
}

}  // namespace aisle::api
