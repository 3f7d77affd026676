// Every query file shows rows in and rows out beside the query, and they are true.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "gold/example_testing.h"

namespace aisle::gold {
namespace {

using testing::HasSubstr;

TEST(Examples, EveryQueryFileHasOneAndItIsTrue) {
  int ran = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(AISLE_SOURCE_DIR "/src/batch/gold/sql")) {
    const std::string text = ShopFixture::Must(base::ReadFile(entry.path()));
    const std::string name = entry.path().filename().string();
    const Status status = RunExample({name, text});
    EXPECT_TRUE(status.has_value()) << name << ": " << status.error().message;
    ++ran;
  }
  EXPECT_GE(ran, 19);
}

constexpr std::string_view kQuery =
    "\nSELECT customer_id, zip_code FROM raw.customers ORDER BY customer_id";

std::string ErrorOf(const std::string& head) {
  const Status status = RunExample({"test.sql", head + std::string(kQuery)});
  return status ? "" : status.error().message;
}

TEST(ExamplesCanary, WhatIsNotTrueOrNotThereIsSeen) {
  EXPECT_EQ(ErrorOf("-- example\n--   raw.customers | customer_id=1\n--     zip_code='K1A 0B1'\n"
                    "--   => customer_id=1 zip_code='K1A 0B1'"),
            "");
  EXPECT_EQ(ErrorOf("-- a query"), "no example");
  EXPECT_THAT(ErrorOf("-- example\n--   raw.customers | customer_id=1\n--   => customer_id=2"),
              HasSubstr("=> customer_id=1\nwhere its example has\n=> customer_id=2"));
  EXPECT_THAT(ErrorOf("-- example\n--   raw.customers | customer_id=1\n--   raw.customers | "
                      "customer_id=2\n--   => customer_id=1"),
              HasSubstr("=> customer_id=2\nwhere"));
  EXPECT_THAT(ErrorOf("-- example\n--   raw.customers | customer_id=1\n--   => costumer_id=1"),
              HasSubstr("no column 'costumer_id'"));
  EXPECT_EQ(ErrorOf("-- example\n--   raw.customers | customer_id=1"),
            "an example without an answer");
  EXPECT_THAT(ErrorOf("-- example\n--   raw.customers customer_id=1\n--   => customer_id=1"),
              HasSubstr("what is 'raw.customers customer_id=1'?"));
  EXPECT_THAT(ErrorOf("-- example\n--   raw.customers | customer_id 1\n--   => customer_id=1"),
              HasSubstr("is not column=value"));
}

}  // namespace
}  // namespace aisle::gold
