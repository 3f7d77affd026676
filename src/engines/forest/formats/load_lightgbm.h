// What the parts of LightGBM's loader say to each other: load_lightgbm.cc reads header and trees,
// load_lightgbm_tail.cc what stands after them. Private to this module.
//
//   errors   kInvalidArgument, as load_parts.h.
#pragma once

#include <string_view>

#include "base/result.h"
#include "forest/model/model.h"

namespace aisle::forest {

// Takes the next line off the text, without its end.
inline std::string_view TakeLine(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Takes the next word off a list that is separated by single spaces.
inline std::string_view TakeWord(std::string_view& rest) {
  const std::size_t end = rest.find(' ');
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return word;
}

// What stands after "end of trees": importances, parameters of training (neither changes a score) and
// `pandas_categorical`. `feature_infos` is the header's: it says which inputs are categories where the parameters
// do not.
Status ReadLightgbmTail(std::string_view text, std::string_view feature_infos, Model& model);

}  // namespace aisle::forest
