#include "api/model_service/infer_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/model_service/infer_tensors.h"
#include "api/model_service/tensor_data.h"

namespace aisle::api {
namespace {

// Named in a message; the rest is counted.
constexpr std::size_t kNamed = 10;

std::string NamesOf(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kNamed); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamed) text += fmt::format(" and {} more", names.size() - kNamed);
  return text;
}

class Reading {
 public:
  Reading(const ServedModel& model, std::size_t rows_max, std::size_t body_bytes)
      : model_(model), rows_max_(rows_max), body_bytes_(body_bytes) {}

  Checked<InferRequest> Read(std::string_view json, std::string_view binary) {
    binary_ = binary;
    auto tensors = TensorsOf(json, [this](const Tensor& tensor, web::JsonReader* data) {
      TakeInput(tensor, data);
      return std::exchange(problem_, std::nullopt);
    });
    if (!tensors) return std::unexpected(tensors.error());
    read_.id = std::move(tensors->id);
    if (!AllAreThere() || !TakeOutputs(*tensors)) return std::unexpected(*std::move(problem_));
    return std::move(read_);
  }

 private:
  bool IsMatrix(const Tensor& tensor) const {
    return tensor.name == kAllInputs && !model_.FindInput(kAllInputs);
  }

  // The first dimension of every tensor is rows.
  bool CountRows(const Tensor& first) {
    const auto rows = static_cast<std::size_t>(first.shape.empty() ? 0 : first.shape[0]);
    if (rows > rows_max_)
      return Complain(fmt::format("{}: {} rows", first.place, rows),
                      fmt::format("at most {} rows", rows_max_));
    // A value takes a byte at least: what is not there needs no room.
    if (rows > 0 && body_bytes_ / rows < model_.InputCount())
      return Complain(
          fmt::format("{}: {} rows, and the body has {} bytes", first.place, rows, body_bytes_),
          "as many values as the shape says");
    read_.row_count = rows;
    read_.rows = model_.NoRows();
    std::visit([&](auto& values) { values.resize(rows * model_.InputCount()); }, read_.rows);
    return true;
  }

  std::string AcceptedInputs() const {
    return fmt::format("one tensor '{}' of shape [-1, {}], or one for each of: {}", kAllInputs,
                       model_.InputCount(), NamesOf(model_.Inputs()));
  }

  // Where the tensor's values belong; nothing: it fits nowhere.
  std::optional<Target> TargetOf(const Tensor& tensor) {
    const auto rows = static_cast<std::int64_t>(read_.row_count);
    const auto width = static_cast<std::int64_t>(model_.InputCount());
    if (IsMatrix(tensor)) {
      if (tensor.shape == std::vector<std::int64_t>{rows, width})
        return Target{.rows = read_.row_count, .columns = model_.InputCount(), .first = 0};
      Complain(fmt::format("{}: shape is {}", tensor.place, ShapeText(tensor.shape)),
               fmt::format("[-1, {}]", width));
      return std::nullopt;
    }
    const auto input = model_.FindInput(tensor.name);
    if (!input) {
      Complain(tensor.place + ": the model has no such input", AcceptedInputs());
      return std::nullopt;
    }
    if (tensor.shape == std::vector<std::int64_t>{rows} ||
        tensor.shape == std::vector<std::int64_t>{rows, 1})
      return Target{.rows = read_.row_count, .columns = 1, .first = *input};
    Complain(fmt::format("{}: shape is {}", tensor.place, ShapeText(tensor.shape)),
             fmt::format("[{0}] or [{0}, 1], as the first tensor's rows", rows));
    return std::nullopt;
  }

  bool TakeInput(const Tensor& tensor, web::JsonReader* json) {
    if (seen_.empty() && !CountRows(tensor)) return false;
    seen_.resize(model_.InputCount(), false);
    const auto target = TargetOf(tensor);
    if (!target) return false;
    for (std::size_t c = 0; c < target->columns; ++c) {
      if (seen_[target->first + c])
        return Complain(tensor.place + ": this input stands there twice", "each input once");
      seen_[target->first + c] = true;
    }
    if (json != nullptr) {
      problem_ = TakeJsonData(tensor, *target, model_, *json, read_.rows);
      return !problem_;
    }
    if (*tensor.binary_bytes > binary_.size()) {
      return Complain(
          fmt::format("{}: binary_data_size is {}, and {} bytes are left", tensor.place,
                      *tensor.binary_bytes, binary_.size()),
          "binary data behind the JSON, whose length Inference-Header-Content-Length says");
    }
    problem_ = TakeBinaryData(tensor, binary_.substr(0, *tensor.binary_bytes), *target, model_,
                              read_.rows);
    binary_.remove_prefix(*tensor.binary_bytes);
    return !problem_;
  }

  bool AllAreThere() {
    if (seen_.empty()) return Complain("inputs is missing or empty", AcceptedInputs());
    if (!binary_.empty()) {
      return Complain(fmt::format("{} bytes of binary data belong to no input", binary_.size()),
                      "as many as the binary_data_size of the inputs say");
    }
    std::vector<std::string> missing;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      if (!seen_[i]) missing.push_back(model_.Inputs()[i]);
    }
    return missing.empty() || Complain("inputs are missing: " + NamesOf(missing), AcceptedInputs());
  }

  bool TakeOutputs(const Tensors& tensors) {
    std::vector<std::string> known;
    if (model_.KnowsPredictions()) known.emplace_back(kPredict);
    known.emplace_back(kMargin);
    if (tensors.outputs.empty()) {
      for (const std::string& name : known) read_.outputs.push_back({name, tensors.binary_output});
      return true;
    }
    for (const OutputTensor& output : tensors.outputs) {
      if (std::ranges::find(known, output.name) == known.end())
        return Complain(fmt::format("output '{}' is unknown", output.name), NamesOf(known));
      if (std::ranges::find(read_.outputs, output.name, &AskedOutput::name) != read_.outputs.end())
        return Complain(fmt::format("output '{}' stands there twice", output.name), "each once");
      read_.outputs.push_back({output.name, output.binary.value_or(tensors.binary_output)});
    }
    return true;
  }

  bool Complain(std::string detail, std::string accepted) {
    problem_ = WrongTensor(std::move(detail), std::move(accepted));
    return false;
  }

  const ServedModel& model_;
  std::size_t rows_max_;
  std::size_t body_bytes_;
  std::string_view binary_;  // What is left of it.
  std::vector<bool> seen_;   // By input; empty before the first tensor.
  InferRequest read_;
  std::optional<web::Problem> problem_;
};

}  // namespace

Checked<InferRequest> InferRequestOf(std::string_view body, std::optional<std::size_t> json_bytes,
                                     const ServedModel& model, std::size_t rows_max) {
  const std::size_t bytes = json_bytes.value_or(body.size());
  if (bytes > body.size()) {
    return std::unexpected(WrongTensor(fmt::format("Inference-Header-Content-Length is {}", bytes),
                                       fmt::format("at most the body's {} bytes", body.size())));
  }
  return Reading(model, rows_max, body.size()).Read(body.substr(0, bytes), body.substr(bytes));
}

}  // namespace aisle::api
