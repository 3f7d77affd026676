#include "workspace/json_fields.h"

#include <fmt/format.h>

#include "workspace/workspace.h"

namespace aisle::workspace {

namespace json = boost::json;

Result<json::object> ParseVersioned(std::string_view text) {
  boost::system::error_code code;
  json::value value = json::parse(text, code);
  if (code || !value.is_object()) return Fail(ErrorCode::kInternal, "not a JSON object");
  const json::value* format = value.get_object().if_contains("format");
  if (format == nullptr || !format->is_int64()) return Fail(ErrorCode::kInternal, "no format");
  if (format->get_int64() > kWorkspaceFormat) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("format {} is newer than the {} this aisle reads; use a newer aisle",
                            format->get_int64(), kWorkspaceFormat));
  }
  return std::move(value.get_object());
}

std::string TextOf(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t IntOf(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

double DoubleOf(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return 0;
  if (value->is_int64()) return static_cast<double>(value->get_int64());
  return value->is_double() ? value->get_double() : 0;
}

base::Timestamp TimeOf(const json::object& object, std::string_view key) {
  return base::ParseTimestamp(TextOf(object, key)).value_or(base::Timestamp{});
}

}  // namespace aisle::workspace
