#include "web/client_deadline.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace aisle::web {
namespace {

constexpr std::size_t kDigitsMax = 10;

}  // namespace

Result<net::Deadline> ClientDeadlineOf(const Request& request) {
  const Field* found = nullptr;
  for (const Field& field : request.fields) {
    if (!EqualFold(field.name, kDeadlineField)) continue;
    if (found != nullptr)
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} stands there twice", kDeadlineField));
    found = &field;
  }
  if (found == nullptr) return net::Deadline();
  const std::string_view text = found->value;
  std::int64_t wait = 0;
  const bool digits =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits && text.size() <= kDigitsMax)
    std::from_chars(text.data(), text.data() + text.size(), wait);
  if (wait == 0) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is '{}', no number of milliseconds", kDeadlineField, text));
  }
  return net::Deadline::After(std::chrono::milliseconds(wait));
}

}  // namespace aisle::web
