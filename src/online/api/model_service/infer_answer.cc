#include "api/model_service/infer_answer.h"

#include <fmt/format.h>

#include <iterator>

#include "api/model_service/answer_writer.h"
#include "web/json_text.h"

namespace aisle::api {
namespace {

struct Output {
  const Numbers* values = nullptr;
  std::size_t width = 1;  // Numbers of a row.
};

Output OutputOf(const ServedModel& model, const Scores& scores, std::string_view name) {
  if (name == kMargin) return {&scores.margins, model.MarginCount()};
  return {&scores.predictions, model.PredictionCount()};
}

std::string_view BytesOf(const Numbers& numbers) {
  return std::visit(
      [](const auto& values) {
        return std::string_view(reinterpret_cast<const char*>(values.data()),
                                values.size() * sizeof(values[0]));
      },
      numbers);
}

std::string JsonData(const Numbers& numbers) {
  return std::visit(
      [](const auto& values) {
        AnswerWriter out((values.size() + 1) * (kNumberBytesMax + 1));
        out.Text("[");
        for (std::size_t i = 0; i < values.size(); ++i) {
          if (i > 0) out.Text(",");
          out.Add(values[i]);
        }
        out.Text("]");
        return out.Take();
      },
      numbers);
}

std::string_view NumberType(bool doubles) { return doubles ? "FP64" : "FP32"; }

void AppendShape(std::string& out, std::string_view rows, std::size_t width) {
  out += R"(,"shape":[)";
  out += rows;
  if (width != 1) fmt::format_to(std::back_inserter(out), ",{}", width);
  out += ']';
}

}  // namespace

web::Response InferAnswer(const ServedModel& model, const InferRequest& request,
                          const Scores& scores) {
  web::Response response;
  std::string& out = response.body;
  out = R"({"model_name":)";
  web::AppendJsonString(out, model.Label().name);
  fmt::format_to(std::back_inserter(out), R"(,"model_version":"{}")", model.Label().version);
  if (!request.id.empty()) {
    out += R"(,"id":)";
    web::AppendJsonString(out, request.id);
  }
  out += R"(,"outputs":[)";
  const std::string rows = std::to_string(request.row_count);
  bool binary = false;
  for (const AskedOutput& asked : request.outputs) {
    const Output output = OutputOf(model, scores, asked.name);
    if (out.back() != '[') out += ',';
    fmt::format_to(std::back_inserter(out), R"({{"name":"{}","datatype":"{}")", asked.name,
                   NumberType(model.SumsDoubles()));
    AppendShape(out, rows, output.width);
    if (asked.binary) {
      fmt::format_to(std::back_inserter(out), R"(,"parameters":{{"binary_data_size":{}}}}})",
                     BytesOf(*output.values).size());
      binary = true;
    } else {
      out += R"(,"data":)" + JsonData(*output.values) + '}';
    }
  }
  out += "]}";
  response.fields.emplace_back("Cache-Control", "no-store");
  if (!binary) return response;
  response.content_type = "application/octet-stream";
  response.fields.emplace_back("Inference-Header-Content-Length", std::to_string(out.size()));
  for (const AskedOutput& asked : request.outputs) {
    if (asked.binary) out += BytesOf(*OutputOf(model, scores, asked.name).values);
  }
  return response;
}

std::string ModelMetadata(const ServedName& name, const ServedModel& model) {
  std::string out = R"({"name":)";
  web::AppendJsonString(out, name.name);
  out += R"(,"versions":[)";
  for (const auto& [version, served] : name.versions)
    fmt::format_to(std::back_inserter(out), R"({}"{}")", out.back() == '[' ? "" : ",", version);
  out += R"(],"platform":"aisle_forest","inputs":[)";
  const std::string_view number = NumberType(model.ComparesDoubles());
  const auto add = [&](std::string_view input, std::string_view datatype, std::size_t width) {
    out += out.back() == '[' ? R"({"name":)" : R"(,{"name":)";
    web::AppendJsonString(out, input);
    fmt::format_to(std::back_inserter(out), R"(,"datatype":"{}")", datatype);
    AppendShape(out, "-1", width);
    out += '}';
  };
  if (model.HasCategoryNames() || model.FindInput(kAllInputs)) {
    for (std::size_t i = 0; i < model.InputCount(); ++i)
      add(model.Inputs()[i], model.HasCategoryNames(i) ? "BYTES" : number, 1);
  } else {
    fmt::format_to(std::back_inserter(out), R"({{"name":"{}","datatype":"{}","shape":[-1,{}]}})",
                   kAllInputs, number, model.InputCount());
  }
  out += R"(],"outputs":[)";
  const std::string_view scores = NumberType(model.SumsDoubles());
  if (model.KnowsPredictions()) add(kPredict, scores, model.PredictionCount());
  add(kMargin, scores, model.MarginCount());
  out += R"(],"parameters":{"columns":[)";
  for (const std::string& input : model.Inputs()) {
    if (out.back() != '[') out += ',';
    web::AppendJsonString(out, input);
  }
  out += "]}}";
  return out;
}

web::Response InferError(const web::Problem& problem) {
  web::Response response;
  response.status = problem.status;
  std::string text = problem.detail;
  if (problem.position) text += fmt::format(" (byte {})", *problem.position);
  if (!problem.accepted.empty()) text += "; accepted: " + problem.accepted;
  response.body = R"({"error":)";
  web::AppendJsonString(response.body, text);
  response.body += '}';
  return response;
}

}  // namespace aisle::api
