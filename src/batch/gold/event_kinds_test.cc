// Kinds of events are said once: queries are handed the groups, and name only kinds that there are.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "base/files.h"
#include "domain/event_kind.h"

namespace aisle::gold {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <std::size_t kCount>
bool ListsAll(const std::set<std::string>& named,
              const std::array<domain::EventKind, kCount>& group) {
  return std::ranges::all_of(group, [&](domain::EventKind kind) {
    return named.contains(std::string(domain::EventKindName(kind)));
  });
}

// What is wrong with the kinds of events that a SQL text names.
std::vector<std::string> Complaints(const std::string& text) {
  std::vector<std::string> complaints;
  const std::regex compared("event_type\\s*(?:=|<>|IN|NOT IN)\\s*(\\([^)]*\\)|'[^']*')");
  const std::regex quoted("'([^']*)'");
  for (std::sregex_iterator it(text.begin(), text.end(), compared), end; it != end; ++it) {
    const std::string list = (*it)[1].str();
    std::set<std::string> named;
    for (std::sregex_iterator name(list.begin(), list.end(), quoted); name != end; ++name) {
      named.insert((*name)[1].str());
      if (!domain::EventKindByName((*name)[1].str()))
        complaints.push_back(fmt::format("no kind of event: {}", (*name)[1].str()));
    }
    if (ListsAll(named, domain::kPurchaseKinds))
      complaints.push_back("say $purchase_kinds: " + list);
    if (ListsAll(named, domain::kBrowseKinds)) complaints.push_back("say $browse_kinds: " + list);
  }
  return complaints;
}

TEST(EventKinds, EveryQueryNamesOnlyKindsThatThereAreAndNoGroupByHand) {
  int seen = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(AISLE_SOURCE_DIR "/src")) {
    if (entry.path().extension() != ".sql") continue;
    const auto text = base::ReadFile(entry.path());
    ASSERT_TRUE(text.has_value());
    EXPECT_THAT(Complaints(*text), IsEmpty()) << entry.path();
    if (text->find("event_type IN $") != std::string::npos) ++seen;
  }
  EXPECT_GE(seen, 7);
}

TEST(EventKindsCanary, AMisspeltKindAndAGroupByHandAreSeen) {
  EXPECT_THAT(Complaints("WHERE event_type = 'pos_purchse'"),
              ElementsAre("no kind of event: pos_purchse"));
  EXPECT_THAT(Complaints("WHERE e.event_type IN ('order_complete',\n 'pos_purchase')"),
              ElementsAre("say $purchase_kinds: ('order_complete',\n 'pos_purchase')"));
  EXPECT_THAT(Complaints("event_type IN ('search', 'product_view', 'category_browse', 'payment')"),
              testing::SizeIs(1));
  EXPECT_THAT(Complaints("event_type IN ('add_to_cart', 'order_complete')"), IsEmpty());
}

}  // namespace
}  // namespace aisle::gold
