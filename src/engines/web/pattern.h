// A path pattern taken apart, "/v1/products/{id}", and whether a path is one of its. Private to the
// router.
//
// Paths are matched as they were sent, segment by segment, and decoded within a segment only: an
// encoded slash belongs to a segment and never ends one, so a proxy and this server see the same
// segments.
//
//   units    paths are those that DecodeTarget() accepts, still encoded, without the query.
//   missing  a parameter takes no empty segment; "/a/" has one more segment than "/a".
//   cost     one pass over the path; allocates for the values of parameters only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "web/message.h"

namespace aisle::web {

// Why this is not a pattern; empty: it is.
std::string PatternProblem(std::string_view pattern);

class Pattern {
 public:
  // The text is of static storage and has no PatternProblem().
  explicit Pattern(std::string_view text);

  std::string_view Text() const { return text_; }
  int ParameterCount() const { return parameter_count_; }
  bool Takes(std::string_view raw_path) const;
  // The values of a path that it takes, in their order, percent-decoded.
  void Read(std::string_view raw_path, std::vector<Parameter>& parameters) const;

 private:
  friend bool AreAmbiguous(const Pattern& a, const Pattern& b);
  struct Segment {
    std::string_view text;  // Without braces.
    bool is_parameter = false;
  };
  std::string_view text_;
  std::vector<Segment> segments_;
  int parameter_count_ = 0;
};

// Whether some path is taken by both although neither pattern is a special case of the other.
bool AreAmbiguous(const Pattern& a, const Pattern& b);

}  // namespace aisle::web
