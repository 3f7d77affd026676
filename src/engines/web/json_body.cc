#include "web/json_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <exception>
#include <string>
#include <vector>

namespace aisle::web {
namespace json = boost::json;
namespace {

using ErrorBits = boost::json::error_code;
using Text = boost::json::string_view;

// What Boost.JSON's grammar calls: builds the value and remembers the keys of every open object.
struct Builder {
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  json::value_stack stack;
  std::vector<std::vector<std::string>> open_objects;
  std::string key;
  std::string repeated_key;
  bool repeated = false;

  bool on_document_begin(ErrorBits&) { return true; }
  bool on_document_end(ErrorBits&) { return true; }
  bool on_object_begin(ErrorBits&) {
    open_objects.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t count, ErrorBits& error) {
    std::vector<std::string>& keys = open_objects.back();
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice != keys.end()) {
      repeated = true;
      repeated_key = *twice;
      error = json::error::syntax;
      return false;
    }
    open_objects.pop_back();
    stack.push_object(count);
    return true;
  }
  bool on_array_begin(ErrorBits&) { return true; }
  bool on_array_end(std::size_t count, ErrorBits&) {
    stack.push_array(count);
    return true;
  }
  bool on_key_part(Text text, std::size_t, ErrorBits&) {
    key.append(text.data(), text.size());
    stack.push_chars(text);
    return true;
  }
  bool on_key(Text text, std::size_t, ErrorBits&) {
    key.append(text.data(), text.size());
    open_objects.back().push_back(std::move(key));
    key.clear();
    stack.push_key(text);
    return true;
  }
  bool on_string_part(Text text, std::size_t, ErrorBits&) {
    stack.push_chars(text);
    return true;
  }
  bool on_string(Text text, std::size_t, ErrorBits&) {
    stack.push_string(text);
    return true;
  }
  bool on_number_part(Text, ErrorBits&) { return true; }
  bool on_int64(std::int64_t number, Text, ErrorBits&) {
    stack.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, Text, ErrorBits&) {
    stack.push_uint64(number);
    return true;
  }
  bool on_double(double number, Text, ErrorBits&) {
    stack.push_double(number);
    return true;
  }
  bool on_bool(bool flag, ErrorBits&) {
    stack.push_bool(flag);
    return true;
  }
  bool on_null(ErrorBits&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(Text, ErrorBits&) { return true; }
  bool on_comment(Text, ErrorBits&) { return true; }
};

Problem Refusal(std::string detail, std::size_t position) {
  Problem problem;
  problem.status = 400;
  problem.type = "invalid-json";
  problem.detail = std::move(detail);
  problem.position = position;
  return problem;
}

std::expected<json::value, Problem> Parse(std::string_view text) {
  json::parse_options options;
  options.max_depth = kJsonDepthMax;
  json::basic_parser<Builder> parser(options);
  parser.handler().stack.reset();
  ErrorBits error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  Builder& builder = parser.handler();
  if (builder.repeated) {
    Problem problem = Refusal(
        fmt::format("the key \"{}\" stands twice in one object", builder.repeated_key), read);
    problem.field = builder.repeated_key;
    problem.accepted = "each key once";
    return std::unexpected(std::move(problem));
  }
  if (!error && read < text.size()) {
    return std::unexpected(Refusal("the body goes on after the JSON value", read));
  }
  if (error == json::error::incomplete || (!error && !parser.done()))
    return std::unexpected(Refusal("the JSON value is not complete", text.size()));
  if (error == json::error::too_deep) {
    return std::unexpected(
        Refusal(fmt::format("the JSON value is nested deeper than {}", kJsonDepthMax), read));
  }
  if (error)
    return std::unexpected(Refusal(fmt::format("the body is not JSON: {}", error.message()), read));
  return builder.stack.release();
}

}  // namespace

std::expected<json::value, Problem> ParseJson(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return std::unexpected(Refusal("the body is empty", 0));
  try {
    return Parse(text);
  } catch (const std::exception& error) {
    return std::unexpected(Refusal(fmt::format("the body is not JSON: {}", error.what()), 0));
  }
}

}  // namespace aisle::web
