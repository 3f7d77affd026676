#include "api/model_service/predict_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <optional>
#include <span>

#include "api/model_service/answer_writer.h"
#include "api/model_service/cell_json.h"
#include "web/json_reader.h"

namespace aisle::api {
namespace {

// Named in a message; the rest is counted.
constexpr std::size_t kNamed = 20;

std::string AcceptedRow(const ServedModel& model) {
  const auto& inputs = model.Inputs();
  const std::size_t named = std::min(inputs.size(), kNamed);
  std::string names = fmt::format(
      "{}", fmt::join(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(named), ", "));
  if (named < inputs.size()) names += fmt::format(", and {} more", inputs.size() - named);
  return fmt::format("an index and {} inputs: {}", inputs.size(), names);
}

web::Problem Wrong(std::string detail, std::string accepted, std::size_t position) {
  return {.status = 400,
          .type = "invalid-argument",
          .detail = std::move(detail),
          .field = "data",
          .accepted = std::move(accepted),
          .position = position};
}

class Reading {
 public:
  Reading(std::string_view body, const ServedModel& model, std::size_t rows_max)
      : json_(body), model_(model), rows_max_(rows_max) {
    read_.rows = model.NoRows();
  }

  Checked<PredictRows> Read() {
    std::string key;
    bool found = false;
    if (json_.BeginObject()) {
      while (!problem_ && json_.NextKey(key)) {
        if (key != "data" || found) {
          problem_ = Wrong(found && key == "data" ? "the key \"data\" stands twice"
                                                  : fmt::format("the key \"{}\" is unknown", key),
                           "data", json_.Position());
          problem_->field = key;
          break;
        }
        found = true;
        std::visit([&](auto& rows) { ReadRows(rows); }, read_.rows);
      }
    }
    if (problem_) return std::unexpected(*std::move(problem_));
    if (!json_.Finish()) return std::unexpected(json_.WhatIsWrong());
    if (!found) return std::unexpected(Wrong("data is missing", "a list of rows", 0));
    return std::move(read_);
  }

 private:
  template <typename Number>
  void ReadRows(std::vector<Number>& rows) {
    if (!json_.BeginArray()) return;
    while (json_.NextElement()) {
      if (read_.indices.size() == rows_max_) {
        problem_ =
            Wrong("too many rows", fmt::format("at most {} rows", rows_max_), json_.Position());
        return;
      }
      if (!ReadRow(rows)) return;
    }
  }

  template <typename Number>
  bool ReadRow(std::vector<Number>& rows) {
    const std::size_t width = model_.InputCount();
    if (!json_.BeginArray()) return false;
    if (!json_.NextElement()) return Complain("row {} is empty", read_.indices.size());
    std::int64_t index = 0;
    const std::string_view text = json_.Number().text;
    if (text.empty()) return false;
    const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (code != std::errc() || stop != text.data() + text.size() || index < 0)
      return Complain("the index of row {} is no whole number from 0", read_.indices.size());
    const std::size_t begin = rows.size();
    rows.resize(begin + width);
    std::string problem;
    std::size_t at = json_.PlainNumbers(std::span(rows).subspan(begin, width));
    for (; json_.NextElement(); ++at) {
      if (at == width)
        return Complain("row {} has more than {} inputs", read_.indices.size(), width);
      if (!ReadCell(json_, model_, at, rows[begin + at], problem)) {
        if (problem.empty()) return false;
        return Complain("row {}, input '{}': {}", read_.indices.size(), model_.Inputs()[at],
                        problem);
      }
    }
    if (!json_.Ok()) return false;
    if (at != width) return Complain("row {} has {} inputs", read_.indices.size(), at);
    read_.indices.push_back(index);
    return true;
  }

  template <typename... Args>
  bool Complain(fmt::format_string<Args...> format, Args&&... args) {
    if (json_.Ok()) {
      problem_ = Wrong(fmt::format(format, std::forward<Args>(args)...), AcceptedRow(model_),
                       json_.Position());
    }
    return false;
  }

  web::JsonReader json_;
  const ServedModel& model_;
  std::size_t rows_max_;
  PredictRows read_;
  std::optional<web::Problem> problem_;
};

template <typename Number>
std::string Answer(const std::vector<std::int64_t>& indices, const std::vector<Number>& predictions,
                   std::size_t per_row, bool two_classes) {
  const std::size_t outputs = two_classes ? 2 : per_row;
  std::vector<std::string> labels;
  std::size_t row_bytes = 2 * kNumberBytesMax;
  for (std::size_t o = 0; o < outputs; ++o) {
    labels.push_back(fmt::format("{}\"output_feature_{}\":", o == 0 ? "{" : ",", o));
    row_bytes += labels.back().size() + kNumberBytesMax;
  }
  AnswerWriter out(indices.size() * row_bytes + 2 * kNumberBytesMax);
  out.Text(R"({"data":[)");
  for (std::size_t i = 0; i < indices.size(); ++i) {
    out.Text(i == 0 ? "[" : ",[");
    out.Add(indices[i]);
    out.Text(",");
    for (std::size_t o = 0; o < outputs; ++o) {
      out.Text(labels[o]);
      const Number prediction = predictions[i * per_row + (two_classes ? 0 : o)];
      out.Add(two_classes && o == 0 ? 1 - prediction : prediction);
    }
    out.Text("}]");
  }
  out.Text("]}");
  return out.Take();
}

}  // namespace

Checked<PredictRows> PredictRowsOf(std::string_view body, const ServedModel& model,
                                   std::size_t rows_max) {
  return Reading(body, model, rows_max).Read();
}

std::string PredictAnswer(const ServedModel& model, const std::vector<std::int64_t>& indices,
                          const Scores& scores) {
  return std::visit(
      [&](const auto& predictions) {
        return Answer(indices, predictions, model.PredictionCount(), model.IsOfTwoClasses());
      },
      scores.predictions);
}

}  // namespace aisle::api
