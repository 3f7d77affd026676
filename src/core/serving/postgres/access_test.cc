#include "serving/postgres/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aisle::serving {
namespace {

using testing::HasSubstr;
using testing::Not;

const StoreNames kNames = {.schema = "aisle", .owner = "o", .writer = "w", .reader = "r"};

TEST(Access, EachRoleComesInOverTlsFromItsNetworksAndFromNowhereElse) {
  const auto block = AccessBlock(kNames, {.dbname = "shop",
                                          .reader_networks = {"10.1.0.0/16", "fd00:12::/32"},
                                          .batch_networks = {"10.2.0.0/24"}});
  ASSERT_TRUE(block) << block.error().message;
  EXPECT_EQ(*block,
            "# aisle store aisle: begin  (written by aisle store access; the first line that fits "
            "counts)\n"
            "hostssl  \"shop\"  r  10.1.0.0/16  scram-sha-256\n"
            "hostssl  \"shop\"  r  fd00:12::/32  scram-sha-256\n"
            "host     all  r  all  reject\n"
            "hostssl  \"shop\"  w  10.2.0.0/24  scram-sha-256\n"
            "host     all  w  all  reject\n"
            "hostssl  \"shop\"  o  10.2.0.0/24  scram-sha-256\n"
            "host     all  o  all  reject\n"
            "# aisle store aisle: end\n");
}

TEST(Access, TheWholeWorldIsNoNetwork) {
  for (const char* refused :
       {"0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/7", "10.1.2.3/8", "10.0.0.0",
        "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "all", "samenet", "db.example/24",
        "10.0.0.0/8 trust", "10.0.0.0/8\n", ""}) {
    const auto block =
        AccessBlock(kNames, {.dbname = "shop", .reader_networks = {refused}, .batch_networks = {}});
    ASSERT_FALSE(block) << refused;
    EXPECT_EQ(block.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(block.error().message, HasSubstr(std::string("'") + refused + "'"));
  }
  EXPECT_TRUE(AccessBlock(
      kNames,
      {.dbname = "shop", .reader_networks = {"10.0.0.0/8", "127.0.0.1/32"}, .batch_networks = {}}));
}

TEST(Access, TheBlockStandsAboveAllElseAndIsReplacedNotRepeated) {
  const std::string others = "# theirs\nlocal all all peer\nhost all all 10.0.0.0/8 md5\n";
  const auto first = AccessBlock(
      kNames, {.dbname = "shop", .reader_networks = {"10.1.0.0/16"}, .batch_networks = {}});
  const auto second = AccessBlock(
      kNames, {.dbname = "shop", .reader_networks = {"10.9.0.0/16"}, .batch_networks = {}});
  ASSERT_TRUE(first && second);
  const std::string once = WithAccessBlock(others, kNames, *first);
  EXPECT_EQ(once, *first + others);
  const std::string twice = WithAccessBlock(once, kNames, *second);
  EXPECT_EQ(twice, *second + others);
  EXPECT_THAT(twice, Not(HasSubstr("10.1.0.0")));
  StoreNames another = kNames;
  another.schema = "aisle_two";
  EXPECT_EQ(WithAccessBlock(once, another, "x\n"), "x\n" + once);
}

}  // namespace
}  // namespace aisle::serving
