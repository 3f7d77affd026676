#include "web/pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/result.h"
#include "web/target.h"

namespace aisle::web {
namespace {

// Calls `see` with each segment of "/a/b" until it says false; false if it did.
template <typename See>
bool EachSegment(std::string_view path, const See& see) {
  std::size_t begin = 1;
  for (;;) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (!see(path.substr(begin, end - begin))) return false;
    if (end == path.size()) return true;
    begin = end + 1;
  }
}

bool IsParameter(std::string_view segment) {
  return segment.size() >= 2 && segment.front() == '{' && segment.back() == '}';
}

bool IsName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

std::string PatternProblem(std::string_view pattern) {
  if (!pattern.starts_with('/')) return "the pattern does not begin with a slash";
  if (pattern == "/") return {};
  std::set<std::string_view> names;
  std::string problem;
  EachSegment(pattern, [&](std::string_view segment) {
    if (IsParameter(segment)) {
      const std::string_view name = segment.substr(1, segment.size() - 2);
      if (!IsName(name)) {
        problem = fmt::format("'{}' is not a name of a parameter (a-z, 0-9, _)", name);
      } else if (!names.insert(name).second) {
        problem = fmt::format("the parameter '{}' stands there twice", name);
      }
    } else if (segment.empty()) {
      problem = "the pattern has an empty segment";
    } else if (!std::all_of(segment.begin(), segment.end(), [](char c) {
                 return c > ' ' && c <= '~' &&
                        std::string_view("{}%?#").find(c) == std::string::npos;
               })) {
      problem = fmt::format("the segment '{}' is neither plain text nor {{name}}", segment);
    }
    return problem.empty();
  });
  return problem;
}

Pattern::Pattern(std::string_view text) : text_(text) {
  EachSegment(text, [&](std::string_view segment) {
    const bool is_parameter = IsParameter(segment);
    if (is_parameter) segment = segment.substr(1, segment.size() - 2);
    segments_.push_back({segment, is_parameter});
    parameter_count_ += is_parameter ? 1 : 0;
    return true;
  });
}

bool Pattern::Takes(std::string_view raw_path) const {
  std::size_t next = 0;
  const bool fits = EachSegment(raw_path, [&](std::string_view piece) {
    if (next == segments_.size()) return false;
    const Segment& segment = segments_[next++];
    return segment.is_parameter ? !piece.empty() : SegmentEquals(piece, segment.text);
  });
  return fits && next == segments_.size();
}

void Pattern::Read(std::string_view raw_path, std::vector<Parameter>& parameters) const {
  std::size_t next = 0;
  EachSegment(raw_path, [&](std::string_view piece) {
    const Segment& segment = segments_[next++];
    if (segment.is_parameter)
      parameters.push_back({std::string(segment.text), DecodeSegment(piece)});
    return true;
  });
}

bool AreAmbiguous(const Pattern& a, const Pattern& b) {
  if (a.segments_.size() != b.segments_.size()) return false;
  bool a_is_special = false;
  bool b_is_special = false;
  for (std::size_t i = 0; i < a.segments_.size(); ++i) {
    const Pattern::Segment& of_a = a.segments_[i];
    const Pattern::Segment& of_b = b.segments_[i];
    if (!of_a.is_parameter && !of_b.is_parameter && of_a.text != of_b.text) return false;
    a_is_special = a_is_special || (!of_a.is_parameter && of_b.is_parameter);
    b_is_special = b_is_special || (of_a.is_parameter && !of_b.is_parameter);
  }
  return a_is_special == b_is_special;
}

}  // namespace aisle::web
