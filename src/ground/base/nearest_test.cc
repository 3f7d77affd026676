#include "base/nearest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace aisle::base {
namespace {

std::string NearestOf(std::string_view written, const std::vector<std::string_view>& known) {
  return std::string(Nearest(written, known).value_or("none"));
}

TEST(Nearest, IsTheOneWithFewestOtherLettersAndNotTheFirstThatWouldDo) {
  EXPECT_EQ(NearestOf("rounds_min", {"bounds_max", "rounds_max", "rows_min"}), "rounds_max");
  EXPECT_EQ(NearestOf("lisen", {"threads", "listen"}), "listen");
  EXPECT_EQ(NearestOf("ab", {"ac", "ad"}), "ac") << "the first of equals";
}

TEST(Nearest, KnowsWordsInAnotherOrder) {
  EXPECT_EQ(NearestOf("depth_max", {"max_bin", "max_depth"}), "max_depth");
}

TEST(Nearest, SaysNothingWhereNothingIsNear) {
  EXPECT_EQ(NearestOf("port", {"listen", "threads"}), "none");
  EXPECT_EQ(NearestOf("abc", {"xyc"}), "none") << "two of three letters are another name";
  EXPECT_EQ(NearestOf("x", {}), "none");
  const std::string long_name(65, 'a');
  EXPECT_EQ(NearestOf(long_name, {long_name}), "none");
}

}  // namespace
}  // namespace aisle::base
