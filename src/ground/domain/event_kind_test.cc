#include "domain/event_kind.h"

#include <gtest/gtest.h>

namespace aisle::domain {
namespace {

TEST(EventKind, NamesGoBothWaysAndAreTold) {
  for (const std::string_view name : kEventKindNames)
    EXPECT_EQ(EventKindName(EventKindByName(name).value()), name);
  EXPECT_EQ(EventKindName(EventKind::kSearch), "search");
  EXPECT_EQ(EventKindName(EventKind::kPosPurchase), "pos_purchase");
  EXPECT_FALSE(EventKindByName("purchase"));
}

}  // namespace
}  // namespace aisle::domain
