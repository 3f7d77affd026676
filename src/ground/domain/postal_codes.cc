#include "domain/postal_codes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <tuple>

#include "domain/limits.h"
#include "domain/name.h"
#include "domain/postal_format.h"

namespace aisle::domain {
namespace {

// Whether the first characters of `prefixes` are all there can be.
bool CoverAll(std::string_view skeleton, const std::vector<std::string_view>& prefixes) {
  std::string firsts;
  for (const std::string_view prefix : prefixes) {
    if (prefix.empty()) return true;
    if (prefix.size() == 1) firsts += prefix;
  }
  for (const char c : std::string_view("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    const bool possible = skeleton.empty() || Fits(skeleton[0], c);
    if (possible && firsts.find(c) == std::string::npos) return false;
  }
  return true;
}

std::string ListOf(const std::vector<std::string_view>& prefixes) {
  constexpr std::size_t kShown = 12;
  const std::size_t shown = std::min(kShown, prefixes.size());
  const std::string list = fmt::format(
      "{}",
      fmt::join(prefixes.begin(), prefixes.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (shown == prefixes.size()) return list;
  return fmt::format("{} or {} more", list, prefixes.size() - shown);
}

std::unexpected<Error> Wrong(std::string what) {
  return Fail(ErrorCode::kInvalidArgument, std::move(what));
}

}  // namespace

bool PostalCodes::Country::Takes(std::string_view code) const {
  return formats.empty() ||
         std::ranges::any_of(formats, [&](const auto& format) { return Matches(format, code); });
}

Result<std::uint32_t> PostalCodes::CountryOf(const std::string& name) {
  const auto found = std::ranges::find(countries_, name, &Country::name);
  const auto index = static_cast<std::uint32_t>(found - countries_.begin());
  if (found != countries_.end()) return index;
  AISLE_CHECK(CheckName("a country of postal codes", name));
  if (countries_.size() == kCountriesMax)
    return Wrong(fmt::format("postal codes of more than {} countries", kCountriesMax));
  countries_.push_back({name, {}});
  return index;
}

Status PostalCodes::AddFormat(const PostalFormat& format) {
  const std::string& text = format.format;
  const auto complain = [&](std::string_view what) {
    return Wrong(fmt::format("postal format '{}' of {}: {}", text, format.country, what));
  };
  if (text.size() > kPostalCodeBytesMax)
    return complain(fmt::format("longer than {} characters", kPostalCodeBytesMax));
  if (text.find('-') != std::string::npos)
    return complain("a hyphen cannot be required; a blank stands for an optional one");
  if (!NormalPostalCode(text)) {
    return complain(
        "accepted are 9 (a digit), A (a letter), a blank between them (an optional blank or "
        "hyphen), and other digits and letters, which stand for themselves");
  }
  AISLE_TRY(const std::uint32_t country, CountryOf(format.country));
  countries_[country].formats.push_back(text);
  return {};
}

Status PostalCodes::AddRule(const PostalRule& rule, std::span<const std::string_view> regions) {
  const auto complain = [&](const std::string& what) {
    return Wrong(fmt::format("postal prefix '{}' of {}: {}", rule.prefix, rule.country, what));
  };
  const auto region = std::ranges::find(regions, rule.region);
  if (region == regions.end()) return complain(fmt::format("there is no region '{}'", rule.region));
  const auto prefix = rule.prefix.empty() ? std::string() : NormalPostalCode(rule.prefix);
  if (!prefix) {
    return complain(
        fmt::format("accepted are at most {} letters and digits, with blanks and "
                    "hyphens between them",
                    kPostalCodeBytesMax));
  }
  AISLE_TRY(const std::uint32_t country, CountryOf(rule.country));
  const auto& formats = countries_[country].formats;
  const bool possible = formats.empty() || std::ranges::any_of(formats, [&](const auto& format) {
                          return Begins(Skeleton(format), *prefix);
                        });
  if (!possible) return complain(fmt::format("begins no code of {}", fmt::join(formats, " or ")));
  rules_.push_back({*prefix, country, static_cast<Region>(region - regions.begin())});
  longest_prefix_ = std::max(longest_prefix_, prefix->size());
  return {};
}

std::span<const PostalCodes::Rule> PostalCodes::RulesOf(std::string_view prefix) const {
  const auto found = std::ranges::equal_range(
      rules_, prefix, {}, [](const Rule& rule) { return std::string_view(rule.prefix); });
  return {found.begin(), found.end()};
}

Status PostalCodes::CheckPair(const Rule& longer, const Rule& shorter,
                              std::span<const std::string_view> regions) const {
  if (longer.country == shorter.country || longer.region == shorter.region) return {};
  const Country& one = countries_[longer.country];
  const Country& other = countries_[shorter.country];
  const auto overlap = [&](const std::string& format) {
    if (other.formats.empty()) return Begins(Skeleton(format), longer.prefix);
    return std::ranges::any_of(other.formats, [&](const auto& another) {
      return Overlap(format, another, longer.prefix);
    });
  };
  const bool both_take =
      one.formats.empty()
          ? other.formats.empty() ||
                std::ranges::any_of(
                    other.formats,
                    [&](const auto& format) { return Begins(Skeleton(format), longer.prefix); })
          : std::ranges::any_of(one.formats, overlap);
  if (!both_take) return {};
  const auto name = [&](Region region) { return regions[static_cast<std::size_t>(region)]; };
  return Wrong(fmt::format(
      "postal prefix '{}' is {} in {}, and '{}' is {} in {}: a code may be of either, and nothing "
      "says which country is meant",
      longer.prefix, name(longer.region), one.name, shorter.prefix, name(shorter.region),
      other.name));
}

Status PostalCodes::CheckRules(std::span<const std::string_view> regions) const {
  for (std::size_t i = 1; i < rules_.size(); ++i) {
    if (rules_[i - 1].prefix == rules_[i].prefix && rules_[i - 1].country == rules_[i].country) {
      return Wrong(fmt::format("postal prefix '{}' of {} is there twice", rules_[i].prefix,
                               countries_[rules_[i].country].name));
    }
  }
  for (const Rule& rule : rules_) {
    for (std::size_t size = 0; size <= rule.prefix.size(); ++size) {
      for (const Rule& shorter : RulesOf(std::string_view(rule.prefix).substr(0, size)))
        AISLE_CHECK(CheckPair(rule, shorter, regions));
    }
  }
  for (std::uint32_t country = 0; country < countries_.size(); ++country) {
    if (std::ranges::find(rules_, country, &Rule::country) == rules_.end()) {
      return Wrong(fmt::format("{} has postal formats, but no prefix leads to a region",
                               countries_[country].name));
    }
  }
  return {};
}

std::string PostalCodes::Describe(std::uint32_t country) const {
  std::vector<std::string_view> prefixes;
  for (const Rule& rule : rules_) {
    if (rule.country == country) prefixes.push_back(rule.prefix);
  }
  const auto& formats = countries_[country].formats;
  if (formats.empty()) {
    return fmt::format("letters and digits{}{}", CoverAll("", prefixes) ? "" : " beginning with ",
                       CoverAll("", prefixes) ? "" : ListOf(prefixes));
  }
  std::vector<std::string> descriptions;
  for (const std::string& format : formats) {
    std::vector<std::string_view> possible;
    for (const std::string_view prefix : prefixes) {
      if (Begins(Skeleton(format), prefix)) possible.push_back(prefix);
    }
    if (possible.empty()) continue;
    // A code that begins with 0 loses it in many a spreadsheet: no good example.
    const auto better =
        std::ranges::find_if(possible, [](auto prefix) { return !prefix.starts_with('0'); });
    const std::string example =
        Example(format, better == possible.end() ? possible.front() : *better);
    const bool all = CoverAll(Skeleton(format), possible);
    descriptions.push_back(fmt::format("{}{}{}, such as \"{}\"", DescribeFormat(format),
                                       all ? "" : " beginning with ", all ? "" : ListOf(possible),
                                       example));
  }
  return fmt::format("{}", fmt::join(descriptions, ", or "));
}

void PostalCodes::IndexRules() {
  std::size_t at = 0;
  while (at < rules_.size() && rules_[at].prefix.empty()) ++at;
  for (std::size_t first = 0; first < begins_.size(); ++first) {
    while (at < rules_.size() && static_cast<unsigned char>(rules_[at].prefix.front()) < first)
      ++at;
    begins_[first] = at;
  }
}

Result<PostalCodes> PostalCodes::Make(std::span<const PostalFormat> formats,
                                      std::span<const PostalRule> rules,
                                      std::span<const std::string_view> regions) {
  if (rules.empty()) return Wrong("no postal prefix leads to a region");
  if (rules.size() > kPostalRulesMax || formats.size() > kPostalFormatsMax) {
    return Wrong(
        fmt::format("{} postal prefixes and {} postal formats; at most {} and {} are "
                    "possible",
                    rules.size(), formats.size(), kPostalRulesMax, kPostalFormatsMax));
  }
  PostalCodes codes;
  for (const PostalFormat& format : formats) AISLE_CHECK(codes.AddFormat(format));
  for (const PostalRule& rule : rules) AISLE_CHECK(codes.AddRule(rule, regions));
  std::ranges::sort(codes.rules_, [](const Rule& a, const Rule& b) {
    return std::tie(a.prefix, a.country) < std::tie(b.prefix, b.country);
  });
  codes.IndexRules();
  AISLE_CHECK(codes.CheckRules(regions));
  std::vector<std::string> descriptions;
  for (std::uint32_t country = 0; country < codes.countries_.size(); ++country)
    descriptions.push_back(codes.Describe(country));
  constexpr std::size_t kShown = 8;
  const std::size_t more = descriptions.size() - std::min(kShown, descriptions.size());
  descriptions.resize(descriptions.size() - more);
  codes.accepted_ = fmt::format("{}", fmt::join(descriptions, "; or "));
  if (more > 0) codes.accepted_ += fmt::format("; or codes of {} more countries", more);
  return codes;
}

std::optional<Region> PostalCodes::RegionOf(std::string_view code) const {
  std::array<char, kPostalCodeBytesMax> buffer;
  const std::size_t length = WriteNormal(code, buffer);
  if (length == 0) return std::nullopt;
  const std::string_view text(buffer.data(), length);
  const auto first = static_cast<unsigned char>(text.front());
  const std::span<const Rule> same_first =
      std::span(rules_).subspan(begins_[first], begins_[first + 1U] - begins_[first]);
  // A few rules are looked at from the last one back: of those that fit, a longer one stands after a shorter.
  constexpr std::size_t kFew = 16;
  if (same_first.size() <= kFew) {
    for (const Rule& rule : same_first | std::views::reverse) {
      if (text.starts_with(rule.prefix) && countries_[rule.country].Takes(code)) return rule.region;
    }
  } else {
    for (std::size_t size = std::min(text.size(), longest_prefix_); size > 0; --size) {
      for (const Rule& rule : RulesOf(text.substr(0, size))) {
        if (countries_[rule.country].Takes(code)) return rule.region;
      }
    }
  }
  // Rules for whole countries stand first.
  for (const Rule& rule : std::span(rules_).first(begins_[0])) {
    if (countries_[rule.country].Takes(code)) return rule.region;
  }
  return std::nullopt;
}

}  // namespace aisle::domain
