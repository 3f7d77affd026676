// The path and the query of a request, percent-decoded strictly.
//
// Strict means: a percent sign is followed by two hexadecimal digits, the target is printable ASCII,
// what comes out is UTF-8 without control characters. In the query `+` is a space, as in HTML forms.
//
//   order    parameters in their order, repetitions included; an empty pair ("a=1&&b=2") is skipped.
//   missing  "a" and "a=" both give an empty value.
//   errors   kInvalidArgument says what is wrong and at which byte of the target.
//   source   RFC 3986 for the path, application/x-www-form-urlencoded for the query.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "web/message.h"

namespace aisle::web {

inline constexpr int kParametersMax = 64;

// `target` is in origin form: "/path?query". Fills path and query; both are undefined on failure.
Status DecodeTarget(std::string_view target, std::string& path, std::vector<Parameter>& query);

// The path of a target as it was sent: what stands before the question mark.
std::string_view RawPath(std::string_view target);

// One segment of the raw path of a target that DecodeTarget() accepts, decoded; and whether it is
// `text` once decoded, which allocates nothing.
std::string DecodeSegment(std::string_view raw);
bool SegmentEquals(std::string_view raw, std::string_view text);

}  // namespace aisle::web
