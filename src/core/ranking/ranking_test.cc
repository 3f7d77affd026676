#include "ranking/ranking.h"

#include <gtest/gtest.h>

namespace aisle::ranking {
namespace {

TEST(PairScorer, AFileThatIsNoModelIsRefused) {
  const features::Catalogue catalogue;
  const features::CatalogueView view(catalogue);
  EXPECT_FALSE(PairScorer::Make({.ubjson = "garbage", .inputs = {"age"}}, view));
  EXPECT_FALSE(CategoryScorer::Make({.ubjson = "", .inputs = {"age"}}, view));
}

TEST(PairScorer, AnInputThisBuildCannotMakeIsNamedBeforeTheFileIsRead) {
  const features::Catalogue catalogue;
  const features::CatalogueView view(catalogue);
  const auto scorer = PairScorer::Make({.ubjson = "garbage", .inputs = {"shoe_size"}}, view);
  ASSERT_FALSE(scorer);
  EXPECT_EQ(scorer.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_NE(scorer.error().message.find("shoe_size"), std::string::npos);
}

}  // namespace
}  // namespace aisle::ranking
