#include "base/nearest.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace aisle::base {
namespace {

constexpr std::size_t kNameMax = 64;

// Letters to add, take away or change, to make one of the other.
std::size_t Distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t changed = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

std::vector<std::string_view> SortedWords(std::string_view name) {
  std::vector<std::string_view> words;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find_first_of("_-", begin), name.size());
    words.push_back(name.substr(begin, end - begin));
    begin = end + 1;
  }
  std::ranges::sort(words);
  return words;
}

std::size_t MostLetters(std::size_t length) {
  return length < 4 ? 1 : std::max<std::size_t>(2, length / 3);
}

}  // namespace

std::optional<std::string_view> Nearest(std::string_view written,
                                        std::span<const std::string_view> known) {
  std::optional<std::string_view> nearest;
  std::size_t least = 0;
  if (written.size() > kNameMax) return nearest;
  for (const std::string_view name : known) {
    if (name.size() > kNameMax) continue;
    std::size_t distance = Distance(written, name);
    if (distance > 1 && SortedWords(written) == SortedWords(name)) distance = 1;
    if (distance > MostLetters(std::min(name.size(), written.size()))) continue;
    if (nearest && distance >= least) continue;
    nearest = name;
    least = distance;
  }
  return nearest;
}

}  // namespace aisle::base
