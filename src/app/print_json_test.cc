#include "app/print_json.h"

#include <gtest/gtest.h>

#include <limits>

namespace aisle::app {
namespace {

TEST(PrintJson, TellsAnInfinityFromWhatIsMissing) {
  EXPECT_EQ(WithJsonNumbers(R"({"a":Infinity,"b":NaN,"c":-Infinity,"d":-1.5,"e":[NaN,Infinity]})"),
            R"({"a":"Infinity","b":null,"c":"-Infinity","d":-1.5,"e":[null,"Infinity"]})");
  EXPECT_EQ(WithJsonNumbers(R"({"NaN":"Infinity and \"NaN\"","x":"\\"})"),
            R"({"NaN":"Infinity and \"NaN\"","x":"\\"})")
      << "texts stay";
}

TEST(PrintJson, WritesValuesOfThisProgramTheSameWay) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  testing::internal::CaptureStdout();
  PrintJson({{"a", kInfinity},
             {"b", std::numeric_limits<double>::quiet_NaN()},
             {"c", {-kInfinity, 0.5}},
             {"d", {{"e", kInfinity}}}});
  EXPECT_EQ(
      testing::internal::GetCapturedStdout(),
      "{\"a\":\"Infinity\",\"b\":null,\"c\":[\"-Infinity\",5E-1],\"d\":{\"e\":\"Infinity\"}}\n");
}

}  // namespace
}  // namespace aisle::app
