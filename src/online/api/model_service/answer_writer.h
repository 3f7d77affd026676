// Writes an answer of many numbers into memory that was reserved for all of it. Private to the model service.
//
//   units    kNumberBytesMax for every number, and the length of every text, must be reserved before.
//   missing  a number that is not finite is null.
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace aisle::api {

inline constexpr std::size_t kNumberBytesMax = 32;

class AnswerWriter {
 public:
  explicit AnswerWriter(std::size_t bytes_max) { out_.resize(bytes_max); }

  void Text(std::string_view text) { at_ += text.copy(out_.data() + at_, text.size()); }
  // The shortest text that reads back as the same number.
  template <typename Number>
  void Add(Number value) {
    if constexpr (std::is_floating_point_v<Number>) {
      if (!std::isfinite(value)) return Text("null");
    }
    at_ = static_cast<std::size_t>(
        std::to_chars(out_.data() + at_, out_.data() + out_.size(), value).ptr - out_.data());
  }
  std::string Take() {
    out_.resize(at_);
    return std::move(out_);
  }

 private:
  std::string out_;
  std::size_t at_ = 0;
};

}  // namespace aisle::api
