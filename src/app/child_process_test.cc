#include "app/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aisle::app {
namespace {

using testing::HasSubstr;

TEST(RunProgram, GivesTheOutputAndSaysWhichProgramFailed) {
  EXPECT_EQ(RunProgram({"printf", "a\\nb"}).value(), "a\nb");
  const auto failed = RunProgram({"false"});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("`false` failed (exit 1)"));
  EXPECT_FALSE(RunProgram({"aisle-there-is-no-such-program"}));
}

}  // namespace
}  // namespace aisle::app
