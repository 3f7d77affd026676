// Rows of model inputs as the quickstart's model service takes them, and its answer.
//
//   {"data": [[0, f0, f1, ...], [1, ...]]}   ->
//   {"data": [[0, {"output_feature_0": 0.9, "output_feature_1": 0.1}], ...]}
//
// The first number of a row is its index, any whole number from 0, given back as it came. Inputs follow in the
// model's order: numbers, or texts where the model keeps names of categories.
//
//   order    rows in theirs.
//   units    of two classes, the probabilities of both; of several classes, each one's; of other models the one
//            prediction. The shortest text that reads back as the same number.
//   missing  null, "" or "NaN".
//   errors   problems of status 400 that name the row and the input: not of this form, too many rows, too few or
//            many inputs, a number that is not finite, a category that training has not seen.
//   cost     one pass over the text; nothing is built but the rows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/model_service/served_model.h"
#include "api/recommend_request.h"

namespace aisle::api {

struct PredictRows {
  std::vector<std::int64_t> indices;
  Numbers rows;
};

Checked<PredictRows> PredictRowsOf(std::string_view body, const ServedModel& model,
                                   std::size_t rows_max);

// `first` and on of `scores` are of the rows.
std::string PredictAnswer(const ServedModel& model, const std::vector<std::int64_t>& indices,
                          const Scores& scores);

}  // namespace aisle::api
