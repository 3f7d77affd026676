// One input's value as JSON has it -> the number that the model compares. Private to the model service.
//
//   missing  null, "" and "NaN" give NaN.
//   errors   Refuse() of the reader, in words; `where` is the caller's to add.
//   source   numbers are read as the type the model compares, correctly rounded (web/json_number.h).
#pragma once

#include <limits>
#include <string>
#include <string_view>

#include "api/model_service/served_model.h"
#include "web/json_reader.h"

namespace aisle::api {

// What a text stands for in an input: missing, or a category by its name. Empty `problem`: it is `out`.
inline std::string ReadName(const ServedModel& model, std::size_t input, std::string_view text,
                            double& out) {
  out = std::numeric_limits<double>::quiet_NaN();
  if (model.HasCategoryNames(input)) {
    const auto code = model.CodeOf(input, text);
    if (!code) return code.error().message;
    out = *code;
    return {};
  }
  if (text.empty() || text == "NaN" || text == "nan") return {};
  return "a text where a number is wanted";
}

// Reads the next value; false: `problem` says what is wrong, or the reader does.
template <typename Number>
bool ReadCell(web::JsonReader& json, const ServedModel& model, std::size_t input, Number& out,
              std::string& problem) {
  using Kind = web::JsonReader::Kind;
  const Kind kind = json.Next();
  if (kind == Kind::kNumber) {
    const web::JsonNumber number = json.Number();
    if (number.text.empty()) return false;
    if (web::ReadNumber(number, out)) return true;
    problem = "a number that is not finite";
    return false;
  }
  if (kind == Kind::kNull) {
    out = std::numeric_limits<Number>::quiet_NaN();
    return json.Null();
  }
  if (kind == Kind::kTrue || kind == Kind::kFalse) {
    bool flag = false;
    if (!json.Bool(flag)) return false;
    out = flag ? 1 : 0;
    return true;
  }
  if (kind == Kind::kString) {
    std::string text;
    double value = 0;
    if (!json.String(text)) return false;
    problem = ReadName(model, input, text, value);
    out = static_cast<Number>(value);
    return problem.empty();
  }
  return json.Refuse("a number is missing here (JSON has no NaN: null is missing)");
}

}  // namespace aisle::api
