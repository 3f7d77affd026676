// Which postal codes a retailer knows, and the region each belongs to.
//
// A rule gives the codes of a country that begin with a prefix to a region; the longest prefix wins. A
// format says what the codes of a country look like: in it `9` is a digit, `A` a letter of either case,
// a blank an optional blank or hyphen, and anything else itself. "99999" takes exactly five digits,
// "A9A 9A9" takes "K1A 0B1", "k1a0b1" and "K1A-0B1", "aD999" (`a` is the letter itself) takes "AD100". A country
// without formats takes any code that begins with one of its prefixes. An empty prefix stands for every code of its
// country.
//
//   order    of the parts given does not matter, but in Accepted(): countries as their rules come.
//   missing  a code of no format, and one that no prefix begins, has no region.
//   errors   Make: kInvalidArgument, naming the rule or format that does not fit with the others. No code
//            may belong to two countries that disagree about its region, because nobody says
//            which country is meant.
//   threads  immutable.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/region.h"

namespace aisle::domain {

// The form in which codes are compared and kept: capital letters and digits, without blanks and hyphens.
// Nothing if `code` is empty, longer than kPostalCodeBytesMax, holds anything else, or begins or ends with
// a blank or hyphen.
std::optional<std::string> NormalPostalCode(std::string_view code);

struct PostalFormat {
  std::string country;
  std::string format;
  friend bool operator==(const PostalFormat&, const PostalFormat&) = default;
};

struct PostalRule {
  std::string country;
  std::string prefix;  // In any form that NormalPostalCode takes.
  std::string region;
  friend bool operator==(const PostalRule&, const PostalRule&) = default;
};

class PostalCodes {
 public:
  // `regions` are the names that rules may give; a Region is a position there.
  static Result<PostalCodes> Make(std::span<const PostalFormat> formats,
                                  std::span<const PostalRule> rules,
                                  std::span<const std::string_view> regions);

  std::optional<Region> RegionOf(std::string_view code) const;
  // What RegionOf takes, as an error says it: `five digits, such as "10001"`.
  const std::string& Accepted() const { return accepted_; }

 private:
  struct Country {
    std::string name;
    std::vector<std::string> formats;  // None: any code.
    bool Takes(std::string_view code) const;
  };
  struct Rule {
    std::string prefix;  // Normal.
    std::uint32_t country = 0;
    Region region{};
  };

  Result<std::uint32_t> CountryOf(const std::string& name);
  std::span<const Rule> RulesOf(std::string_view prefix) const;
  Status AddFormat(const PostalFormat& format);
  Status AddRule(const PostalRule& rule, std::span<const std::string_view> regions);
  void IndexRules();
  Status CheckRules(std::span<const std::string_view> regions) const;
  Status CheckPair(const Rule& longer, const Rule& shorter,
                   std::span<const std::string_view> regions) const;
  std::string Describe(std::uint32_t country) const;

  std::vector<Country> countries_;
  std::vector<Rule> rules_;  // By prefix, then country.
  // Where the rules begin whose prefix begins with the character or a later one; those without a prefix stand before.
  std::array<std::size_t, 257> begins_{};
  std::size_t longest_prefix_ = 0;
  std::string accepted_;
};

}  // namespace aisle::domain
