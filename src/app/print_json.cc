#include "app/print_json.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/print.h"

namespace aisle::app {
namespace {

struct Word {
  std::string_view bare;
  std::string_view json;
};
constexpr Word kWords[] = {
    {"NaN", "null"}, {"Infinity", "\"Infinity\""}, {"-Infinity", "\"-Infinity\""}};

void MakeJson(boost::json::value& value) {
  if (auto* const number = value.if_double(); number != nullptr && !std::isfinite(*number)) {
    value = std::isnan(*number) ? boost::json::value(nullptr)
                                : boost::json::value(*number > 0 ? "Infinity" : "-Infinity");
  } else if (auto* const list = value.if_array(); list != nullptr) {
    for (boost::json::value& one : *list) MakeJson(one);
  } else if (auto* const object = value.if_object(); object != nullptr) {
    for (auto& member : *object) MakeJson(member.value());
  }
}

}  // namespace

void PrintJson(const boost::json::value& value) {
  boost::json::value printed = value;
  MakeJson(printed);
  PrintOut(boost::json::serialize(printed) + "\n");
}

std::string WithJsonNumbers(std::string_view json) {
  std::string out;
  for (std::size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      std::size_t end = at + 1;
      while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, json.size());
      out += json.substr(at, end - at);
      at = end;
      continue;
    }
    const std::string_view rest = json.substr(at);
    const auto* const word =
        std::ranges::find_if(kWords, [&](const Word& one) { return rest.starts_with(one.bare); });
    const bool found = word != std::end(kWords);
    out += found ? word->json : rest.substr(0, 1);
    at += found ? word->bare.size() : 1;
  }
  return out;
}

}  // namespace aisle::app
