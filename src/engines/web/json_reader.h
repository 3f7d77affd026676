// JSON read by asking for what should come next: nothing is built, and numbers stay texts until their type is
// known.
//
//   JsonReader json(body);
//   if (json.BeginArray()) {
//     while (json.NextElement()) sound = sound && ReadNumber(json.Number(), values.emplace_back());
//   }
//   if (!json.Finish()) return std::unexpected(json.WhatIsWrong());
//
// For bodies that are long lists of numbers, where a tree of values would cost more than the work (json_body.h
// builds trees). Once something is wrong every function says no, so that a caller may look at the end only.
//
//   order    NextElement() before each element of an array, NextKey() before each value of an object; a value must
//            then be read, or read over.
//   units    position in the problem: bytes from the start of the text.
//   errors   WhatIsWrong(): a problem of status 400. Repeated keys are the caller's to see; Skip() sees those
//            inside.
//   cost     one pass; strings are copied, numbers are not.
//   source   RFC 8259: no comments, no trailing commas, no NaN.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "web/json_number.h"
#include "web/problem.h"

namespace aisle::web {

class JsonReader {
 public:
  enum class Kind : std::uint8_t { kObject, kArray, kString, kNumber, kTrue, kFalse, kNull, kNone };

  explicit JsonReader(std::string_view text) : text_(text) {}

  // What stands next, by its first letter; kNone: no value begins so, or something was wrong before.
  Kind Next();

  bool BeginArray();
  // False: the array has ended.
  bool NextElement();
  bool BeginObject();
  // False: the object has ended.
  bool NextKey(std::string& key);
  bool String(std::string& out);
  // Its text is empty: wrong.
  JsonNumber Number();
  // Of an array that has begun and given an element: reads those that come next into `out`, as long as they are plain
  // numbers (json_number.h), without asking for each. How many; NextElement() goes on after them.
  template <typename Value>
  std::size_t PlainNumbers(std::span<Value> out);
  bool Bool(bool& out);
  bool Null();
  // Reads over a value; gives its bytes, empty when wrong.
  std::string_view Skip();
  // Nothing but blanks may be left.
  bool Finish();

  bool Ok() const { return ok_; }
  // Something that the caller found wrong at the current place; says no from now on.
  bool Refuse(std::string detail);
  const Problem& WhatIsWrong() const { return problem_; }
  std::size_t Position() const { return at_; }

 private:
  void SkipBlanks();
  bool Expect(std::string_view word);
  bool Close(char end);
  bool RefuseMissingComma(char end);
  bool AppendEscape(std::string& out);
  bool SkipInside(int depth);

  std::string_view text_;
  std::size_t at_ = 0;
  bool first_ = false;  // An array or object has just begun.
  bool ok_ = true;
  Problem problem_;
};

// What is done for every number of a body stands here, so that it is no call.

inline void JsonReader::SkipBlanks() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
    ++at_;
}

inline JsonReader::Kind JsonReader::Next() {
  if (!ok_) return Kind::kNone;
  SkipBlanks();
  if (at_ == text_.size()) return Kind::kNone;
  const char c = text_[at_];
  if ((c >= '0' && c <= '9') || c == '-') return Kind::kNumber;
  switch (c) {
    case '{':
      return Kind::kObject;
    case '[':
      return Kind::kArray;
    case '"':
      return Kind::kString;
    case 't':
      return Kind::kTrue;
    case 'f':
      return Kind::kFalse;
    case 'n':
      return Kind::kNull;
    default:
      return Kind::kNone;
  }
}

// True: it has ended. Takes the comma between elements.
inline bool JsonReader::Close(char end) {
  SkipBlanks();
  const bool first = std::exchange(first_, false);
  if (at_ < text_.size() && text_[at_] == end) {
    ++at_;
    return true;
  }
  if (first) return false;
  if (at_ == text_.size() || text_[at_] != ',') return RefuseMissingComma(end);
  ++at_;
  return false;
}

template <typename Value>
std::size_t JsonReader::PlainNumbers(std::span<Value> out) {
  if (!ok_ || first_) return 0;
  const char* at = text_.data() + at_;
  const char* const last = text_.data() + text_.size();
  std::size_t count = 0;
  JsonNumber number;
  while (count < out.size() && last - at > kPlainBytesMax + 1 && *at == ',') {
    const char* const begin = at + (at[1] == ' ' ? 2 : 1);
    const char* const end = ReadPlain(begin, number);
    if (end == nullptr) break;
    number.text = {begin, static_cast<std::size_t>(end - begin)};
    if (!ReadNumber(number, out[count])) break;
    at = end;
    ++count;
  }
  at_ = static_cast<std::size_t>(at - text_.data());
  return count;
}

inline bool JsonReader::NextElement() { return ok_ && !Close(']') && ok_; }

}  // namespace aisle::web
