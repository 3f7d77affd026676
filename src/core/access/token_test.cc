// The text of tokens, what is kept of them, and where requests show them.
#include "access/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "access/credentials.h"
#include "access/exercise_testing.h"
#include "access/record.h"
#include "base/files.h"

namespace aisle::access {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Token, WhatIsMadeIsReadAndNoTwoAreAlike) {
  std::set<std::string> ids;
  std::set<std::string> secrets;
  for (int i = 0; i < 200; ++i) {
    const auto token = NewToken();
    ASSERT_TRUE(token);
    const std::string text = token->Text();
    EXPECT_EQ(text.size(), kTokenBytes);
    const auto read = ParseToken(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->id, token->id);
    EXPECT_EQ(read->secret, token->secret);
    ids.insert(token->id);
    secrets.insert(token->secret);
  }
  EXPECT_EQ(ids.size(), 200U);
  EXPECT_EQ(secrets.size(), 200U);
}

TEST(Token, ItsTextIsTheSameEverywhere) {
  // By another program: zlib's crc32 of what stands before, in base 62.
  EXPECT_EQ(KnownToken().Text(),
            "aisle_0123456789AB_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxZ4XpnQ7");
}

// A scanner and a person are told which it is; nobody is told what was sent.
TEST(Token, AMistypedOneIsToldFromOneThatIsNotKnown) {
  const std::string good = NewToken()->Text();
  for (std::size_t i = kTokenPrefix.size(); i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'a' ? 'b' : 'a';
    const auto token = ParseToken(bad);
    ASSERT_FALSE(token) << i;
    EXPECT_THAT(token.error().message, HasSubstr("checksum")) << i;
    EXPECT_THAT(token.error().message, Not(HasSubstr(bad.substr(20, 30))));
  }
  EXPECT_THAT(ParseToken(good.substr(0, 50)).error().message, HasSubstr("cut off"));
  EXPECT_THAT(ParseToken(good + " ").error().message, HasSubstr("added"));
  EXPECT_THAT(ParseToken("").error().message, HasSubstr("no token"));
  EXPECT_THAT(ParseToken("AISLE_" + good.substr(6)).error().message, HasSubstr("no token"));
}

TEST(Token, HashesAreThoseOfTheStandard) {
  // FIPS 180-4's own example.
  const SecretHash hash = HashOf("abc");
  EXPECT_EQ(HexOf(hash), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  SecretHash read{};
  ASSERT_TRUE(ReadHex(HexOf(hash), read));
  EXPECT_TRUE(AreEqual(hash, read));
  read[31] ^= 1U;
  EXPECT_FALSE(AreEqual(hash, read));
  EXPECT_FALSE(ReadHex("ba78", read));
  EXPECT_FALSE(ReadHex(std::string(64, 'G'), read));
}

web::Request WithFields(std::vector<web::Field> fields) {
  web::Request request;
  request.fields = std::move(fields);
  return request;
}

TEST(Credentials, BothFormsAndTheCookieAreRead) {
  const auto token = [](std::vector<web::Field> fields) {
    const auto shown = CredentialsOf(WithFields(std::move(fields)));
    return shown ? std::string(shown->token) + (shown->by_cookie ? " by cookie" : "")
                 : "refused: " + shown.error();
  };
  EXPECT_EQ(token({}), "");
  EXPECT_EQ(token({{"Authorization", "Bearer aisle_x"}}), "aisle_x");
  EXPECT_EQ(token({{"authorization", "bEARER   aisle_x "}}), "aisle_x");
  EXPECT_EQ(token({{"Authorization", "Snowflake Token=\"aisle_x\""}}), "aisle_x");
  EXPECT_EQ(token({{"Authorization", "snowflake token=\"aisle_x\""}}), "aisle_x");
  EXPECT_EQ(token({{"Cookie", "a=b; aisle_session=aisle_x; c=d"}}), "aisle_x by cookie");
  EXPECT_EQ(token({{"Cookie", "a=b"}, {"Cookie", "aisle_session=aisle_x"}}), "aisle_x by cookie");
  EXPECT_EQ(token({{"Cookie", "my_aisle_session=1; aisle_sessions=2"}}), "");
  EXPECT_EQ(token({{"Cookie", "aisle_session=1; __Host-aisle_session=2"}}), "2 by cookie");
  EXPECT_EQ(token({{"Cookie", "aisle_session=1"}, {"Authorization", "Bearer 2"}}), "2");
  for (const char* bad : {"Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Basic YTpi", "aisle_x",
                          "Snowflake aisle_x", "Snowflake Token=aisle_x", "Snowflake Token=\"\"",
                          "Snowflake Token=\"a\", x=\"b\"", "Snowflake Token=\"a\\\"b\"", ""}) {
    EXPECT_THAT(token({{"Authorization", bad}}), testing::StartsWith("refused: ")) << bad;
  }
  EXPECT_THAT(token({{"Authorization", "Bearer a"}, {"Authorization", "Bearer a"}}),
              HasSubstr("twice"));
  // A field that is wrong is not passed over for a cookie.
  EXPECT_THAT(token({{"Authorization", "Basic x"}, {"Cookie", "aisle_session=1"}}),
              testing::StartsWith("refused: "));
}

TEST(Credentials, APageIsItsOwnWhenItsOriginIsTheHostThatWasAsked) {
  const auto own = [](std::string_view origin, std::string_view host) {
    return IsOfOwnPage(WithFields({{"Host", host}, {"Origin", origin}}));
  };
  EXPECT_TRUE(own("http://localhost:8000", "localhost:8000"));
  EXPECT_TRUE(own("https://Shop.example", "shop.example"));
  EXPECT_FALSE(own("http://localhost:8001", "localhost:8000"));
  EXPECT_FALSE(own("https://shop.example.evil", "shop.example"));
  EXPECT_FALSE(own("null", "null"));
  EXPECT_FALSE(own("http://", ""));
  EXPECT_FALSE(IsOfOwnPage(WithFields({{"Host", "localhost"}})));
}

TEST(Credentials, ACookieIsForNoScriptAndNoOtherSite) {
  EXPECT_EQ(SessionCookie("aisle_x", 60, false),
            "aisle_session=aisle_x; Path=/; HttpOnly; SameSite=Strict; Max-Age=60");
  EXPECT_EQ(SessionCookie("aisle_x", 60, true),
            "__Host-aisle_session=aisle_x; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure");
  EXPECT_THAT(EndedCookie(false), HasSubstr("aisle_session=; "));
  EXPECT_THAT(EndedCookie(false), HasSubstr("Max-Age=0"));
}

TokenRecord Full() {
  TokenRecord record;
  record.id = "0123456789AB";
  record.name = "a \"name\"\n";
  record.role = web::Role::kWriter;
  record.created = *base::ParseTimestamp("2026-11-24");
  record.expires = *base::ParseTimestamp("2026-12-24 05:03:52");
  record.customers = {{.first = 1'000'000, .last = 1'000'999}};
  record.requests_per_second = 20;
  record.hash = HashOf("new");
  record.old_hash = HashOf("old");
  record.old_until = *base::ParseTimestamp("2026-11-25");
  record.revoked = *base::ParseTimestamp("2026-11-26");
  return record;
}

TEST(Record, WhatIsWrittenIsRead) {
  TokenRecord small;
  small.id = "ABCDEFGHIJKL";
  small.role = web::Role::kAdmin;
  const std::vector<TokenRecord> records = {Full(), small};
  const std::string text = TextOf(records);
  const auto read = ReadRecords(text);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(TextOf(*read), text);
  const TokenRecord& first = read->front();
  EXPECT_EQ(first.name, Full().name);
  EXPECT_EQ(first.role, web::Role::kWriter);
  EXPECT_EQ(first.customers->last, 1'000'999);
  EXPECT_EQ(first.requests_per_second, 20);
  EXPECT_EQ(first.expires, Full().expires);
  EXPECT_TRUE(AreEqual(first.old_hash, Full().old_hash));
  EXPECT_TRUE(first.IsRevoked());
  EXPECT_FALSE(read->back().IsRevoked());
  EXPECT_FALSE(read->back().customers);
  EXPECT_TRUE(ReadRecords(TextOf(std::vector<TokenRecord>()))->empty());
}

// A field that narrows a token and cannot be read must not leave a wider token.
TEST(Record, WhatIsDamagedIsRefusedAsAWhole) {
  const std::string good = TextOf(std::vector<TokenRecord>{Full()});
  const auto without = [&](const std::string& what, const std::string& with) {
    std::string text = good;
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return ReadRecords(text.replace(at, what.size(), with));
  };
  for (const auto& [what, with] : {std::pair("1000000-1000999", "all"),
                                   {"\"requests_per_second\":20", "\"requests_per_second\":0"},
                                   {"\"writer\"", "\"public\""},
                                   {"0123456789AB", "0123456789A"},
                                   {"\"hash\"", "\"hush\""},
                                   {"2026-12-24T05:03:52Z", "never"},
                                   {"2026-11-26T00:00:00Z", "1970-01-01T00:00:00Z"},
                                   {"\"tokens\"", "\"other\""}}) {
    const auto read = without(what, with);
    ASSERT_FALSE(read) << what;
    EXPECT_EQ(read.error().code, ErrorCode::kInternal);
  }
  EXPECT_EQ(without("\"format\": 1", "\"format\": 2").error().code, ErrorCode::kFailedPrecondition);
  EXPECT_FALSE(ReadRecords(good.substr(0, good.size() / 2)));
  EXPECT_FALSE(ReadRecords(""));
}

TEST(Record, RangesAreNumbersInOrder) {
  EXPECT_EQ(TextOf(*RangeOf("5-7")), "5-7");
  EXPECT_EQ(TextOf(*RangeOf("5")), "5-5");
  for (const char* bad :
       {"", "-", "5-", "-5", "7-5", "a-b", "1-2-3", "1 - 2", "99999999999999999999"})
    EXPECT_FALSE(RangeOf(bad)) << bad;
}

TEST(AccessCorpus, EveryInputKeepsTheProperties) {
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(AISLE_SOURCE_DIR "/src/core/access/corpus")) {
    Exercise(*base::ReadFile(entry.path()));
    ++count;
  }
  EXPECT_GE(count, 6);
}

}  // namespace
}  // namespace aisle::access
