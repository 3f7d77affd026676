#include "api/explained_json.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "web/json_text.h"

namespace aisle::api {
namespace {

// A float as a float: 0.1, not 0.10000000149011612.
template <typename Number>
void AppendNumber(std::string& out, std::string_view name, Number value) {
  fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"("{}":)"), name);
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"), value);
  } else {
    out += "null";
  }
}

void AppendBlend(std::string& out, const ranking::BlendRule& rule,
                 const recommend::Explanation& of) {
  out += R"("blend":{)";
  AppendNumber(out, "slope", rule.slope);
  out += ',';
  AppendNumber(out, "offset", rule.offset);
  out += ',';
  AppendNumber(out, "model_score", of.model_score);
  out += ',';
  AppendNumber(out, "propensity_share", of.propensity ? rule.propensity_share : 0.0);
  out += ',';
  AppendNumber(out, "propensity", of.propensity.value_or(NAN));
  out += ',';
  AppendNumber(out, "score", of.score);
  out += '}';
}

void Append(std::string& out, const recommend::Explained& explained,
            const recommend::Explanation& of) {
  out += '{';
  AppendNumber(out, "margin", of.margin);
  out += ',';
  AppendNumber(out, "bias", of.bias);
  out += R"(,"contributions":[)";
  for (const recommend::Contribution& contribution : of.contributions) {
    if (&contribution != &of.contributions.front()) out += ',';
    out += R"({"input":)";
    web::AppendJsonString(out, explained.inputs[contribution.input]);
    out += ',';
    AppendNumber(out, "value", contribution.value);
    out += ',';
    AppendNumber(out, "contribution", contribution.contribution);
    out += '}';
  }
  out += "],";
  AppendBlend(out, explained.blend, of);
  out += '}';
}

}  // namespace

void AppendExplanation(std::string& out, const recommend::Explained& explained, std::size_t item) {
  if (item < explained.items.size()) {
    Append(out, explained, explained.items[item]);
  } else {
    out += "null";
  }
}

void AppendExplained(std::string& out, const recommend::Answer& answer) {
  const recommend::Explained& explained = *answer.explained;
  fmt::format_to(std::back_inserter(out),
                 FMT_COMPILE(R"(,"explained":{{"products":{},"candidates":{},"left_out":[)"),
                 explained.products, answer.timings.candidates);
  for (const recommend::LeftOut& left_out : explained.left_out) {
    if (&left_out != &explained.left_out.front()) out += ',';
    out += R"({"why":)";
    web::AppendJsonString(out, left_out.why);
    fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"(,"count":{}}})"), left_out.count);
  }
  out += ']';
  if (const auto& asked = explained.asked) {
    out += R"(,"product":{"product_id":)";
    web::AppendJsonString(out, asked->id);
    fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"(,"in_answer":{},"why":)"),
                   asked->in_answer);
    web::AppendJsonString(out, asked->why);
    out += R"(,"explanation":)";
    if (asked->explanation) {
      Append(out, explained, *asked->explanation);
    } else {
      out += "null";
    }
    out += '}';
  }
  out += '}';
}

}  // namespace aisle::api
