#include "api/model_service/tensor_data.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

#include "api/model_service/cell_json.h"

namespace aisle::api {
namespace {

// Puts the values of one tensor into rows, one after the other.
template <typename Number>
class Filling {
 public:
  Filling(const Tensor& tensor, const Target& target, const ServedModel& model,
          std::vector<Number>& rows)
      : tensor_(tensor), target_(target), model_(model), rows_(rows), width_(model.InputCount()) {}

  std::size_t Input() const { return target_.first + column_; }
  std::size_t Count() const { return row_ * target_.columns + column_; }
  bool Full() const { return row_ == target_.rows; }

  template <typename Value>
  bool Put(Value value) {
    const auto number = static_cast<Number>(value);
    if constexpr (std::is_floating_point_v<Value>) {
      if (std::isinf(number)) {
        return Complain(std::isinf(value)
                            ? fmt::format("{} is not finite", value)
                            : fmt::format("{} is too large for the model's floats", value),
                        "finite numbers; NaN is missing");
      }
    }
    rows_[row_ * width_ + Input()] = number;
    if (++column_ == target_.columns) {
      column_ = 0;
      ++row_;
    }
    return true;
  }
  bool PutMissing() { return Put(std::numeric_limits<double>::quiet_NaN()); }

  bool PutName(std::string_view text) {
    double code = 0;
    if (!model_.HasCategoryNames(Input())) {
      return Complain("BYTES is for inputs whose categories have names", "a datatype of numbers");
    }
    std::string problem = ReadName(model_, Input(), text, code);
    if (!problem.empty())
      return Complain(std::move(problem), "names that the model keeps; the empty text is missing");
    return Put(code);
  }

  bool Complain(std::string what, std::string accepted) {
    if (!problem_) {
      problem_ = WrongTensor(fmt::format("{}: row {}, input '{}': {}", tensor_.place, row_,
                                         model_.Inputs()[Input()], what),
                             std::move(accepted));
    }
    return false;
  }
  bool ComplainOfTensor(const std::string& what, std::string accepted) {
    if (!problem_) problem_ = WrongTensor(tensor_.place + ": " + what, std::move(accepted));
    return false;
  }
  std::optional<web::Problem> TakeProblem() { return std::move(problem_); }

  // JSON.
  bool ReadValue(web::JsonReader& json);
  bool ReadLevel(web::JsonReader& json, std::size_t level);
  bool ReadFlat(web::JsonReader& json);
  // Binary.
  bool ReadElements(std::string_view bytes);
  bool ReadTexts(std::string_view bytes);

 private:
  bool ReadNumberText(const web::JsonNumber& number);
  void ReadPlain(web::JsonReader& json);
  bool WrongCount();

  const Tensor& tensor_;
  const Target& target_;
  const ServedModel& model_;
  std::vector<Number>& rows_;
  std::size_t width_;
  std::size_t row_ = 0;
  std::size_t column_ = 0;
  std::optional<web::Problem> problem_;
};

template <typename Number>
bool Filling<Number>::ReadNumberText(const web::JsonNumber& number) {
  const std::string_view text = number.text;
  return WithNumberType(tensor_.datatype, [&](auto value) {
    using Value = decltype(value);
    if constexpr (std::is_floating_point_v<Value>) {
      if (!web::ReadNumber(number, value))
        return Complain(fmt::format("{} is not finite", text), "finite numbers; null is missing");
    } else {
      const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (code != std::errc() || stop != text.data() + text.size()) {
        return Complain(
            fmt::format("{} is no {}", text, DatatypeName(tensor_.datatype)),
            fmt::format("whole numbers from {} to {}", std::numeric_limits<Value>::min(),
                        std::numeric_limits<Value>::max()));
      }
    }
    return Put(value);
  });
}

template <typename Number>
bool Filling<Number>::ReadValue(web::JsonReader& json) {
  using Kind = web::JsonReader::Kind;
  const Kind kind = json.Next();
  if (kind == Kind::kNull) return json.Null() && PutMissing();
  if (tensor_.datatype == Datatype::kBytes) {
    std::string text;
    return json.String(text) && PutName(text);
  }
  if (tensor_.datatype == Datatype::kBool) {
    bool flag = false;
    return json.Bool(flag) && Put(flag ? 1 : 0);
  }
  if (kind == Kind::kString) {
    std::string text;
    if (!json.String(text)) return false;
    return text == "NaN" ? PutMissing()
                         : Complain(fmt::format("'{}' is no number", text.substr(0, 40)),
                                    "numbers; null or \"NaN\" is missing");
  }
  const web::JsonNumber number = json.Number();
  return !number.text.empty() && ReadNumberText(number);
}

template <typename Number>
bool Filling<Number>::WrongCount() {
  return ComplainOfTensor("the data does not have the shape " + ShapeText(tensor_.shape),
                          "as many values as the shape says, flat or nested as it says");
}

template <typename Number>
bool Filling<Number>::ReadLevel(web::JsonReader& json, std::size_t level) {
  using Kind = web::JsonReader::Kind;
  const bool innermost = level + 1 == tensor_.shape.size();
  std::int64_t count = 0;
  if (!json.BeginArray()) return false;
  while (json.NextElement()) {
    if (++count > tensor_.shape[level] || (json.Next() == Kind::kArray) == innermost)
      return WrongCount();
    if (!(innermost ? ReadValue(json) : ReadLevel(json, level + 1))) return false;
  }
  return json.Ok() && (count == tensor_.shape[level] || WrongCount());
}

// The plain numbers that come next, where the tensor's values lie as the rows do.
template <typename Number>
void Filling<Number>::ReadPlain(web::JsonReader& json) {
  constexpr Datatype kSame = std::is_same_v<Number, float> ? Datatype::kFp32 : Datatype::kFp64;
  if (tensor_.datatype != kSame || target_.columns != width_) return;
  const std::size_t next = Count() + json.PlainNumbers(std::span(rows_).subspan(
                                         Count(), target_.rows * width_ - Count()));
  row_ = next / width_;
  column_ = next % width_;
}

template <typename Number>
bool Filling<Number>::ReadFlat(web::JsonReader& json) {
  using Kind = web::JsonReader::Kind;
  if (!json.BeginArray()) return false;
  while (json.NextElement()) {
    if (Full() || json.Next() == Kind::kArray) return WrongCount();
    if (!ReadValue(json)) return false;
    ReadPlain(json);
  }
  return json.Ok() && (Full() || WrongCount());
}

template <typename Number>
bool Filling<Number>::ReadElements(std::string_view bytes) {
  if (tensor_.datatype == Datatype::kBool) {
    for (const char byte : bytes) {
      if (byte != 0 && byte != 1) return Complain("a BOOL is neither 0 nor 1", "bytes 0 and 1");
      if (!Put(static_cast<int>(byte))) return false;
    }
    return true;
  }
  if (tensor_.datatype == Datatype::kFp16) {
    for (; !bytes.empty(); bytes.remove_prefix(sizeof(std::uint16_t))) {
      std::uint16_t half = 0;
      std::memcpy(&half, bytes.data(), sizeof half);
      if (!Put(FromHalf(half))) return false;
    }
    return true;
  }
  return WithNumberType(tensor_.datatype, [&](auto value) {
    for (; !bytes.empty(); bytes.remove_prefix(sizeof value)) {
      std::memcpy(&value, bytes.data(), sizeof value);
      if (!Put(value)) return false;
    }
    return true;
  });
}

template <typename Number>
bool Filling<Number>::ReadTexts(std::string_view bytes) {
  while (!bytes.empty()) {
    std::uint32_t length = 0;
    if (Full() || bytes.size() < sizeof length) break;
    std::memcpy(&length, bytes.data(), sizeof length);
    bytes.remove_prefix(sizeof length);
    if (bytes.size() < length) break;
    if (!PutName(bytes.substr(0, length))) return false;
    bytes.remove_prefix(length);
  }
  return (bytes.empty() && Full()) ||
         ComplainOfTensor("the binary data does not have the shape " + ShapeText(tensor_.shape),
                          "four bytes of length and as many bytes, for each value");
}

// Calls `take` with a filling of the rows' type; gives what went wrong.
template <typename Take>
std::optional<web::Problem> Fill(const Tensor& tensor, const Target& target,
                                 const ServedModel& model, Numbers& rows, Take&& take) {
  return std::visit(
      [&](auto& values) {
        Filling filling(tensor, target, model, values);
        take(filling);
        return filling.TakeProblem();
      },
      rows);
}

}  // namespace

std::optional<web::Problem> TakeJsonData(const Tensor& tensor, const Target& target,
                                         const ServedModel& model, web::JsonReader& json,
                                         Numbers& rows) {
  if (tensor.datatype == Datatype::kFp16)
    return WrongTensor(tensor.place + ": FP16 has no form in JSON", "binary data, or FP32");
  auto problem = Fill(tensor, target, model, rows, [&](auto& filling) {
    web::JsonReader look = json;
    const bool nested =
        look.BeginArray() && look.NextElement() && look.Next() == web::JsonReader::Kind::kArray;
    return nested ? filling.ReadLevel(json, 0) : filling.ReadFlat(json);
  });
  if (!problem && !json.Ok()) {
    problem = WrongTensor(tensor.place + ": " + json.WhatIsWrong().detail,
                          fmt::format("a list of {}", DatatypeName(tensor.datatype)));
  }
  return problem;
}

std::optional<web::Problem> TakeBinaryData(const Tensor& tensor, std::string_view bytes,
                                           const Target& target, const ServedModel& model,
                                           Numbers& rows) {
  const std::size_t wanted = target.rows * target.columns * ElementBytes(tensor.datatype);
  if (tensor.datatype != Datatype::kBytes && bytes.size() != wanted) {
    return WrongTensor(fmt::format("{}: {} bytes of binary data", tensor.place, bytes.size()),
                       fmt::format("{} bytes for {} of shape {}", wanted,
                                   DatatypeName(tensor.datatype), ShapeText(tensor.shape)));
  }
  return Fill(tensor, target, model, rows, [&](auto& filling) {
    return tensor.datatype == Datatype::kBytes ? filling.ReadTexts(bytes)
                                               : filling.ReadElements(bytes);
  });
}

}  // namespace aisle::api
