#include "ingest/shop_words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

namespace aisle::ingest {

std::string Folded(std::string_view text) {
  // Of U+00C0 to U+00FF; a dot is a letter without accent.
  constexpr std::string_view kPlain =
      "aaaaaa.ceeeeiiii.nooooo..uuuuy..aaaaaa.ceeeeiiii.nooooo..uuuuy.y";
  static_assert(kPlain.size() == 64);
  std::string folded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (c == '\xC3' && (next & 0xC0) == 0x80) {
      const char plain = kPlain[static_cast<unsigned char>(next) & 0x3FU];
      folded += plain == '.' ? static_cast<char>(next | 0x20) : plain;
      ++i;
      continue;
    }
    if (c != ' ' || (!folded.empty() && folded.back() != ' '))
      folded += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  while (folded.ends_with(' ')) folded.pop_back();
  return folded;
}

std::string CodeFormat(const std::vector<std::string>& codes) {
  std::map<std::string, int> counts;
  for (const std::string& code : codes) {
    std::string format;
    for (const char c : code) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte)) format += std::isdigit(byte) ? '9' : 'A';
      if ((c == ' ' || c == '-') && !format.empty() && format.back() != ' ') format += ' ';
    }
    while (format.ends_with(' ')) format.pop_back();
    if (!format.empty()) ++counts[format];
  }
  const auto best =
      std::ranges::max_element(counts, {}, [](const auto& one) { return one.second; });
  return best == counts.end() ? "" : best->first;
}

bool SoundsLikePurchase(std::string_view kind) {
  constexpr std::array<std::string_view, 7> kWords = {"purchase", "order_complete", "buy", "bought",
                                                      "sale",     "sold",           "kauf"};
  const std::string folded = Folded(kind);
  return std::ranges::any_of(
      kWords, [&](std::string_view word) { return folded.find(word) != std::string::npos; });
}

}  // namespace aisle::ingest
