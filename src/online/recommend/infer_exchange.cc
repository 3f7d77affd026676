#include "recommend/infer_exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "web/json_reader.h"

namespace aisle::recommend {
namespace {

constexpr std::string_view kHeaderLength = "Inference-Header-Content-Length";
constexpr std::string_view kOutput = "predict";

std::unexpected<Error> NotWhole(std::string what) {
  return Fail(ErrorCode::kUnavailable,
              "the model service's answer is not taken: " + std::move(what));
}

// What the JSON of an answer says; of an output, what it must say.
struct Said {
  std::string version;
  std::string id;
  std::size_t outputs = 0;
  std::string output;
  std::string datatype;
  std::string shape;  // "[1700]", as it was written, without blanks.
  std::size_t bytes = 0;
};

void ReadOutput(web::JsonReader& json, Said& said) {
  ++said.outputs;
  if (!json.BeginObject()) return;
  std::string key;
  while (json.NextKey(key)) {
    if (key == "name") {
      json.String(said.output);
    } else if (key == "datatype") {
      json.String(said.datatype);
    } else if (key == "shape") {
      said.shape = json.Skip();
      std::erase(said.shape, ' ');
    } else if (key == "parameters" && json.BeginObject()) {
      while (json.NextKey(key)) {
        if (key != "binary_data_size") {
          json.Skip();
          continue;
        }
        const std::string_view text = json.Number().text;
        std::from_chars(text.data(), text.data() + text.size(), said.bytes);
      }
    } else {
      json.Skip();
    }
  }
}

bool Read(std::string_view text, Said& said) {
  web::JsonReader json(text);
  std::string key;
  if (!json.BeginObject()) return false;
  while (json.NextKey(key)) {
    if (key == "model_version") {
      json.String(said.version);
    } else if (key == "id") {
      json.String(said.id);
    } else if (key == "outputs" && json.BeginArray()) {
      while (json.NextElement()) ReadOutput(json, said);
    } else {
      json.Skip();
    }
  }
  return json.Finish();
}

}  // namespace

web::HttpAsk MakeInferAsk(const InferAsk& ask, std::span<const float> rows) {
  const std::size_t bytes = rows.size_bytes();
  web::HttpAsk http;
  http.target = fmt::format("/v2/models/{}/versions/{}/infer", ask.model, ask.version);
  http.content_type = "application/octet-stream";
  http.body = fmt::format(
      R"({{"id":"{}","inputs":[{{"name":"input","shape":[{},{}],"datatype":"FP32","parameters":{{"binary_data_size":{}}}}}],)"
      R"("outputs":[{{"name":"{}","parameters":{{"binary_data":true}}}}]}})",
      ask.id, rows.size() / ask.inputs, ask.inputs, bytes, kOutput);
  http.fields.emplace_back(kHeaderLength, std::to_string(http.body.size()));
  http.body.append(reinterpret_cast<const char*>(rows.data()), bytes);
  return http;
}

Status TakeInferAnswer(const InferAsk& ask, const web::HttpAnswer& answer,
                       std::span<float> scores) {
  const std::string_view text = answer.Find(kHeaderLength);
  std::size_t json_bytes = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), json_bytes);
  if (code != std::errc() || stop != text.data() + text.size() || json_bytes > answer.body.size())
    return NotWhole(fmt::format("{} is '{}'", kHeaderLength, text));
  Said said;
  if (!Read(std::string_view(answer.body).substr(0, json_bytes), said))
    return NotWhole("its JSON is not sound");
  if (said.id != ask.id) return NotWhole(fmt::format("it answers '{}', not '{}'", said.id, ask.id));
  if (said.version != std::to_string(ask.version))
    return NotWhole(fmt::format("it is of version '{}', not {}", said.version, ask.version));
  if (said.outputs != 1 || said.output != kOutput || said.datatype != "FP32")
    return NotWhole(
        fmt::format("it has {} outputs, '{}' of {}", said.outputs, said.output, said.datatype));
  const std::string_view binary = std::string_view(answer.body).substr(json_bytes);
  if (said.shape != fmt::format("[{}]", scores.size()) || said.bytes != scores.size_bytes() ||
      binary.size() != scores.size_bytes()) {
    return NotWhole(fmt::format("its shape is {} with {} bytes, for {} rows", said.shape,
                                binary.size(), scores.size()));
  }
  if (!scores.empty()) std::memcpy(scores.data(), binary.data(), binary.size());
  if (!std::ranges::all_of(scores, [](float score) { return std::isfinite(score); }))
    return NotWhole("a score is not finite");
  return {};
}

}  // namespace aisle::recommend
