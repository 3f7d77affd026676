#include "api/model_service/infer_tensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace aisle::api {
namespace {

constexpr std::size_t kDimensionsMax = 4;
constexpr std::size_t kOutputsMax = 16;

// Reads members of objects; the first problem is kept.
class Reading {
 public:
  Reading(std::string_view text, const TakeTensor& take) : json_(text), take_(take) {}

  Checked<Tensors> Read() {
    Members("the request", [&](const std::string& key) {
      if (key == "id") return ReadText(read_.id);
      if (key == "parameters")
        return ReadParameter("binary_data_output", [&] { return json_.Bool(read_.binary_output); });
      if (key == "inputs") return ReadInputs();
      if (key == "outputs") return ReadOutputs();
      return Unknown(key, "id, parameters, inputs, outputs");
    });
    if (problem_) return std::unexpected(*std::move(problem_));
    if (!json_.Finish()) return std::unexpected(json_.WhatIsWrong());
    return std::move(read_);
  }

 private:
  // Calls `take` for each member of the object that comes next; a key that stands twice is refused.
  template <typename Take>
  bool Members(const std::string& what, Take&& take) {
    if (!json_.BeginObject()) return false;
    std::set<std::string> seen;
    std::string key;
    while (json_.NextKey(key)) {
      if (!seen.insert(key).second)
        return Complain(fmt::format("{}: the key \"{}\" stands twice", what, key), "each key once");
      if (!take(key)) return false;
    }
    return json_.Ok();
  }

  // Reads over all parameters but one.
  template <typename Take>
  bool ReadParameter(std::string_view name, Take&& take) {
    return Members("parameters", [&](const std::string& key) {
      return key == name ? take() : !json_.Skip().empty();
    });
  }

  bool ReadText(std::string& out) { return json_.String(out); }

  bool ReadSize(std::size_t& out) {
    const std::string_view text = json_.Number().text;
    if (text.empty()) return false;
    const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    return (code == std::errc() && stop == text.data() + text.size()) ||
           Complain(fmt::format("binary_data_size is {}", text), "a number of bytes");
  }

  bool ReadShape(Tensor& tensor) {
    if (!json_.BeginArray()) return false;
    while (json_.NextElement()) {
      std::int64_t size = 0;
      const std::string_view text = json_.Number().text;
      if (text.empty()) return false;
      const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), size);
      if (code != std::errc() || stop != text.data() + text.size() || size < 0 ||
          tensor.shape.size() == kDimensionsMax)
        return Complain(
            tensor.place + ": shape has more dimensions, or other numbers, than a tensor's",
            fmt::format("at most {} whole numbers from 0", kDimensionsMax));
      tensor.shape.push_back(size);
    }
    return json_.Ok();
  }

  // What is known of a tensor before its data.
  struct Head {
    Tensor tensor;
    bool named = false;
    bool typed = false;
    bool shaped = false;
    bool IsWhole() const { return named && typed && shaped; }
  };

  bool ReadDatatype(Head& head) {
    std::string name;
    if (!ReadText(name)) return false;
    const auto datatype = ParseDatatype(name);
    if (!datatype) {
      return Complain(fmt::format("{}: datatype is '{}'", head.tensor.place, name),
                      std::string(kDatatypes));
    }
    head.tensor.datatype = *datatype;
    return head.typed = true;
  }

  bool Give(const Tensor& tensor, web::JsonReader* json) {
    problem_ = take_(tensor, json);
    return !problem_;
  }

  bool ReadInput(Head& head) {
    Tensor& tensor = head.tensor;
    bool given = false;
    std::string_view early;  // Data that stood before what it is.
    const bool whole = Members(tensor.place, [&](const std::string& key) {
      if (key == "name") {
        head.named = ReadText(tensor.name);
        tensor.place += fmt::format(" '{}'", tensor.name.substr(0, 60));
        return head.named;
      }
      if (key == "datatype") return ReadDatatype(head);
      if (key == "shape") return head.shaped = ReadShape(tensor);
      if (key == "parameters") {
        return ReadParameter("binary_data_size",
                             [&] { return ReadSize(tensor.binary_bytes.emplace()); });
      }
      if (key != "data") return Unknown(key, "name, shape, datatype, parameters, data");
      if (head.IsWhole()) return given = Give(tensor, &json_);
      early = json_.Skip();
      return !early.empty();
    });
    if (!whole) return false;
    if (!head.IsWhole()) {
      const std::string_view missing = !head.named ? "name" : !head.typed ? "datatype" : "shape";
      return Complain(fmt::format("{}: {} is missing", tensor.place, missing),
                      "name, shape and datatype");
    }
    const bool in_json = given || !early.empty();
    if (in_json == tensor.binary_bytes.has_value()) {
      return Complain(tensor.place + (in_json ? ": data stands there twice, in JSON and binary"
                                              : ": data is missing"),
                      "data, or the parameter binary_data_size");
    }
    web::JsonReader json(early);
    return given || Give(tensor, in_json ? &json : nullptr);
  }

  bool ReadInputs() {
    if (!json_.BeginArray()) return false;
    for (; json_.NextElement(); ++input_count_) {
      Head head;
      head.tensor.place = fmt::format("inputs[{}]", input_count_);
      if (!ReadInput(head)) return false;
    }
    return json_.Ok();
  }

  bool ReadOutput(OutputTensor& output, const std::string& place) {
    return Members(place, [&](const std::string& key) {
      if (key == "name") return ReadText(output.name);
      if (key != "parameters") return Unknown(key, "name, parameters");
      return Members("parameters", [&](const std::string& name) {
        if (name == "binary_data") return json_.Bool(output.binary.emplace());
        if (name == "classification" || name.starts_with("shared_memory"))
          return Complain(fmt::format("{}: {} is not served", place, name), "binary_data");
        return !json_.Skip().empty();
      });
    });
  }

  bool ReadOutputs() {
    if (!json_.BeginArray()) return false;
    while (json_.NextElement()) {
      OutputTensor output;
      const std::string place = fmt::format("outputs[{}]", read_.outputs.size());
      if (!ReadOutput(output, place)) return false;
      if (read_.outputs.size() == kOutputsMax)
        return Complain("too many outputs", fmt::format("at most {}", kOutputsMax));
      read_.outputs.push_back(std::move(output));
    }
    return json_.Ok();
  }

  bool Unknown(const std::string& key, std::string accepted) {
    return Complain(fmt::format("the key \"{}\" is unknown", key), std::move(accepted));
  }

  bool Complain(std::string detail, std::string accepted) {
    if (json_.Ok() && !problem_) problem_ = WrongTensor(std::move(detail), std::move(accepted));
    return false;
  }

  web::JsonReader json_;
  const TakeTensor& take_;
  std::size_t input_count_ = 0;
  Tensors read_;
  std::optional<web::Problem> problem_;
};

}  // namespace

web::Problem WrongTensor(std::string detail, std::string accepted) {
  return {.status = 400,
          .type = "invalid-argument",
          .detail = std::move(detail),
          .field = {},
          .accepted = std::move(accepted),
          .position = {}};
}

std::string ShapeText(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

Checked<Tensors> TensorsOf(std::string_view json, const TakeTensor& take) {
  return Reading(json, take).Read();
}

}  // namespace aisle::api
