#include "domain/postal_codes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "domain/limits.h"

namespace aisle::domain {
namespace {

using testing::HasSubstr;
using Formats = std::vector<PostalFormat>;
using Rules = std::vector<PostalRule>;

constexpr std::string_view kRegionNames[] = {"North", "South", "Isles"};
constexpr Region kNorth{0};
constexpr Region kSouth{1};
constexpr Region kIsles{2};

PostalCodes Make(const Formats& formats, const Rules& rules) {
  auto codes = PostalCodes::Make(formats, rules, kRegionNames);
  EXPECT_TRUE(codes) << codes.error().message;
  return codes ? *std::move(codes) : PostalCodes();
}

std::string Said(const Formats& formats, const Rules& rules) {
  const auto codes = PostalCodes::Make(formats, rules, kRegionNames);
  if (codes) return "fine";
  EXPECT_EQ(codes.error().code, ErrorCode::kInvalidArgument);
  return codes.error().message;
}

TEST(PostalCodes, HaveOneNormalForm) {
  EXPECT_EQ(NormalPostalCode("K1A 0B1"), "K1A0B1");
  EXPECT_EQ(NormalPostalCode("k1a-0b1"), "K1A0B1");
  EXPECT_EQ(NormalPostalCode("10001"), "10001");
  EXPECT_EQ(NormalPostalCode("1234567890ABCDEF"), "1234567890ABCDEF");
  for (const char* bad :
       {"", " ", "K1A ", "-K1A", "K1A/0B1", "1234567890ABCDEFG", "K1Ä 0B1", "K1A\t0B1"})
    EXPECT_FALSE(NormalPostalCode(bad)) << bad;
}

TEST(PostalCodes, LookAsTheirCountrysFormatSays) {
  const PostalCodes codes = Make({{"CA", "A9A 9A9"}}, {{"CA", "K", "North"}});
  for (const char* good : {"K1A 0B1", "k1a0b1", "K1A-0B1", "k9z 9z9"})
    EXPECT_EQ(codes.RegionOf(good), kNorth) << good;
  for (const char* bad :
       {"K1A  0B1", "K1A0B", "K1A0B11", "KAA0B1", "K1 A0B1", "10001", "", "L1A 0B1"})
    EXPECT_FALSE(codes.RegionOf(bad)) << bad;
}

TEST(PostalCodes, OfAFormatMayBeginWithLettersOfTheirOwn) {
  const PostalCodes codes =
      Make({{"AD", "aD999"}, {"LV", "LV 9999"}}, {{"AD", "AD", "North"}, {"LV", "LV1", "South"}});
  EXPECT_EQ(codes.RegionOf("AD100"), kNorth);
  EXPECT_EQ(codes.RegionOf("ad100"), kNorth);
  EXPECT_FALSE(codes.RegionOf("BD100"));
  EXPECT_EQ(codes.RegionOf("LV-1001"), kSouth);
  EXPECT_EQ(codes.RegionOf("lv1001"), kSouth);
  EXPECT_FALSE(codes.RegionOf("LV-2001"));
}

TEST(PostalCodes, WithoutAFormatAreTakenByTheirPrefix) {
  const PostalCodes codes =
      Make({}, {{"GB", "N", "North"}, {"GB", "N1", "South"}, {"GB", "ZE", "Isles"}});
  EXPECT_EQ(codes.RegionOf("NE1 4LF"), kNorth);
  EXPECT_EQ(codes.RegionOf("n1 9gu"), kSouth) << "the longest prefix wins";
  EXPECT_EQ(codes.RegionOf("N1"), kSouth);
  EXPECT_EQ(codes.RegionOf("ze1-0aa"), kIsles);
  for (const char* bad : {"EC1A 1BB", "N1 9GU!", "N1 9GU ", "N1234567890123456"})
    EXPECT_FALSE(codes.RegionOf(bad)) << bad;
}

TEST(PostalCodes, AnEmptyPrefixStandsForTheWholeCountry) {
  const PostalCodes codes = Make({{"CH", "9999"}}, {{"CH", "", "North"}, {"CH", "69", "South"}});
  EXPECT_EQ(codes.RegionOf("8001"), kNorth);
  EXPECT_EQ(codes.RegionOf("6900"), kSouth);
  EXPECT_FALSE(codes.RegionOf("69001"));
  EXPECT_EQ(codes.Accepted(), "four digits, such as \"1001\"");
}

TEST(PostalCodes, OfSeveralCountriesAreToldApartByTheirFormats) {
  const PostalCodes codes =
      Make({{"US", "99999"}, {"CH", "9999"}, {"CA", "A9A 9A9"}},
           {{"US", "1", "North"}, {"CH", "1", "South"}, {"CA", "V", "Isles"}});
  EXPECT_EQ(codes.RegionOf("10001"), kNorth);
  EXPECT_EQ(codes.RegionOf("1000"), kSouth);
  EXPECT_EQ(codes.RegionOf("v5k 0a1"), kIsles);
  EXPECT_FALSE(codes.RegionOf("100011"));
}

TEST(PostalCodes, AreRefusedWhereTwoCountriesDisagree) {
  const auto said = [](const Rules& rules) {
    return Said({{"US", "99999"}, {"DE", "99999"}}, rules);
  };
  EXPECT_EQ(said({{"US", "1", "North"}, {"DE", "1", "North"}}), "fine") << "the same region";
  EXPECT_EQ(said({{"US", "1", "North"}, {"DE", "2", "South"}}), "fine");
  EXPECT_THAT(said({{"US", "1", "North"}, {"DE", "1", "South"}}),
              HasSubstr("is North in US, and '1' is South in DE: a code may be of either"));
  EXPECT_THAT(said({{"US", "1", "North"}, {"DE", "10", "South"}}),
              HasSubstr("postal prefix '10' is South in DE, and '1' is North in US"));
  EXPECT_THAT(said({{"US", "", "North"}, {"DE", "10", "South"}}), HasSubstr("and '' is North"));
  EXPECT_THAT(Said({{"CA", "A9A 9A9"}}, {{"CA", "N", "North"}, {"GB", "N1", "South"}}),
              HasSubstr("postal prefix 'N1' is South in GB, and 'N' is North in CA"));
  EXPECT_EQ(Said({{"CA", "A9A 9A9"}}, {{"CA", "N", "North"}, {"GB", "NE", "South"}}), "fine")
      << "no Canadian code begins with NE";
  EXPECT_THAT(Said({}, {{"IE", "N", "North"}, {"GB", "N", "South"}}), HasSubstr("nothing says"));
  EXPECT_EQ(Said({{"AD", "aD999"}, {"X", "AA999"}}, {{"AD", "AD", "North"}, {"X", "AB", "South"}}),
            "fine");
  EXPECT_THAT(Said({{"AD", "aD999"}, {"X", "AA999"}}, {{"AD", "AD", "North"}, {"X", "A", "South"}}),
              HasSubstr("nothing says"));
}

TEST(PostalCodes, SayWhatTheyTake) {
  EXPECT_EQ(Make({{"CA", "A9A 9A9"}}, {{"CA", "K1A", "North"}, {"CA", "M", "South"}}).Accepted(),
            "A9A 9A9 (9 a digit, A a letter) beginning with K1A, M, such as \"K1A 0A1\"");
  EXPECT_EQ(Make({}, {{"GB", "ZE", "Isles"}}).Accepted(), "letters and digits beginning with ZE");
  EXPECT_EQ(Make({}, {{"GB", "", "Isles"}}).Accepted(), "letters and digits");
  EXPECT_EQ(
      Make({{"CH", "9999"}, {"XX", "9"}}, {{"CH", "80", "North"}, {"XX", "1", "North"}}).Accepted(),
      "four digits beginning with 80, such as \"8001\"; or one digit beginning with 1, such as "
      "\"1\"");
  EXPECT_EQ(Make({{"US", "99999"}, {"US", "99999 9999"}}, {{"US", "", "North"}}).Accepted(),
            "five digits, such as \"10001\", or 99999 9999 (9 a digit, A a letter), such as "
            "\"10000 0001\"");
  Rules many;
  for (int i = 10; i < 30; ++i) many.push_back({"DE", fmt::to_string(i), "North"});
  EXPECT_THAT(Make({{"DE", "99999"}}, many).Accepted(),
              HasSubstr("20, 21 or 8 more, such as \"10001\""));
}

TEST(PostalCodes, WhatTheySayIsTaken) {
  for (const auto& [format, prefix] :
       {std::pair{"A9A 9A9", "k1"}, {"99999", "0"}, {"LV 9999", "LV10"}}) {
    const PostalCodes codes = Make({{"X", format}}, {{"X", prefix, "South"}});
    const std::string& said = codes.Accepted();
    const std::size_t begin = said.find('"') + 1;
    const std::string example = said.substr(begin, said.rfind('"') - begin);
    EXPECT_EQ(codes.RegionOf(example), kSouth) << said;
    EXPECT_EQ(codes.RegionOf(*NormalPostalCode(example)), kSouth) << "the form that is kept";
  }
}

TEST(PostalCodes, RulesAndFormatsThatDoNotFitAreNamed) {
  EXPECT_THAT(Said({}, {}), HasSubstr("no postal prefix"));
  EXPECT_THAT(Said({}, {{"US", "1", "East"}}),
              HasSubstr("postal prefix '1' of US: there is no region 'East'"));
  EXPECT_THAT(Said({}, {{"US", "1", "North"}, {"US", "1", "North"}}),
              HasSubstr("postal prefix '1' of US is there twice"));
  EXPECT_THAT(Said({}, {{"CA", "k1", "North"}, {"CA", "K-1", "South"}}),
              HasSubstr("'K1' of CA is there twice"));
  EXPECT_THAT(Said({}, {{"US", "1_", "North"}}), HasSubstr("postal prefix '1_' of US: accepted"));
  EXPECT_THAT(Said({}, {{"", "1", "North"}}), HasSubstr("a country of postal codes has no name"));
  EXPECT_THAT(Said({{"US", "99999"}}, {{"US", "K", "North"}}),
              HasSubstr("postal prefix 'K' of US: begins no code of 99999"));
  EXPECT_THAT(Said({{"US", "99999"}}, {{"US", "100011", "North"}}), HasSubstr("begins no code"));
  EXPECT_THAT(Said({{"US", "99999"}}, {{"CA", "1", "North"}}),
              HasSubstr("US has postal formats, but no prefix leads to a region"));
  for (const char* bad : {"", " 999", "9.9", "999\n"})
    EXPECT_THAT(Said({{"US", bad}}, {{"US", "1", "North"}}), HasSubstr("of US: accepted are 9"))
        << bad;
  EXPECT_THAT(Said({{"PT", "9999-999"}}, {{"PT", "1", "North"}}),
              HasSubstr("postal format '9999-999' of PT: a hyphen cannot be required"));
  EXPECT_THAT(Said({{"US", "99999999999999999"}}, {{"US", "1", "North"}}),
              HasSubstr("longer than 16 characters"));
}

TEST(PostalCodes, HaveLimits) {
  Rules rules;
  for (std::size_t i = 0; i <= kPostalRulesMax; ++i)
    rules.push_back({"X", fmt::to_string(i), "North"});
  EXPECT_THAT(Said({}, rules), HasSubstr("65537 postal prefixes"));
  rules.pop_back();
  EXPECT_EQ(Said({}, rules), "fine");
  rules.clear();
  for (std::size_t i = 0; i <= kCountriesMax; ++i)
    rules.push_back({fmt::to_string(i), "1", "North"});
  EXPECT_THAT(Said({}, rules), HasSubstr("more than 256 countries"));
  EXPECT_THAT(Said(Formats(kPostalFormatsMax + 1, {"X", "9"}), {{"X", "1", "North"}}),
              HasSubstr("257 postal formats"));
}

// Many rules of one first letter are searched in another way than few.
TEST(PostalCodes, ManyPrefixesOfOneLetterAnswerAsFewDo) {
  std::vector<PostalRule> rules = {{"CA", "K", "Home"}, {"CA", "", "Elsewhere"}};
  for (int digit = 0; digit < 10; ++digit) {
    for (const char letter : {'A', 'B', 'C'})
      rules.push_back({"CA", std::string("K") + std::to_string(digit) + letter, "Away"});
  }
  const PostalFormat formats[] = {{"CA", "A9A 9A9"}};
  const std::string_view regions[] = {"Home", "Away", "Elsewhere"};
  const auto many = PostalCodes::Make(formats, rules, regions);
  ASSERT_TRUE(many) << many.error().message;
  EXPECT_EQ(many->RegionOf("K1A 0B1"), Region{1});
  EXPECT_EQ(many->RegionOf("k9c0b1"), Region{1});
  EXPECT_EQ(many->RegionOf("K1D 0B1"), Region{0});
  EXPECT_EQ(many->RegionOf("L1D 0B1"), Region{2});
  EXPECT_FALSE(many->RegionOf("K1D 0B"));
}

}  // namespace
}  // namespace aisle::domain
