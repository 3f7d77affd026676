#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aisle::base {
namespace {

TEST(Log, ALineHasItsDateItsZoneAndItsLevel) {
  SetLogLevel(LogLevel::kInfo);
  testing::internal::CaptureStderr();
  LogInfo("seen {}", 1);
  LogWarning("odd");
  LogError("broken");
  const std::string said = testing::internal::GetCapturedStderr();
  const std::string time =
      "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]"
      "[.][0-9][0-9][0-9]Z ";
  EXPECT_THAT(said, testing::MatchesRegex(time + "info seen 1\n" + time + "warning odd\n" + time +
                                          "error broken\n"));
}

TEST(Log, UnderQuietOnlyErrorsAreSaid) {
  SetLogLevel(LogLevel::kError);
  testing::internal::CaptureStderr();
  LogWarning("odd");
  LogError("broken");
  SetLogLevel(LogLevel::kInfo);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::EndsWith("Z error broken\n"));
}

}  // namespace
}  // namespace aisle::base
