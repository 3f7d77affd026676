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

TEST(SpecOf, CarriesInputsInOrderAndTheCalibration) {
  registry::ModelVersion version;
  version.ubjson = "bytes";
  version.manifest.inputs = {{"price", "float", "product"}, {"age", "float", "request"}};
  version.manifest.calibration_slope = 0.5;
  version.manifest.calibration_offset = -1;
  const auto spec = SpecOf(version);
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->ubjson, "bytes");
  EXPECT_EQ(spec->inputs, (std::vector<std::string>{"price", "age"}));
  EXPECT_EQ(spec->calibration_slope, 0.5);
  EXPECT_EQ(spec->calibration_offset, -1);
}

TEST(SpecOf, RefusesAnInputOfAnotherTypeByName) {
  registry::ModelVersion version;
  version.manifest.model = "ranking";
  version.manifest.version = 3;
  version.manifest.inputs = {{"colour", "categorical", "product"}};
  const auto spec = SpecOf(version);
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_NE(spec.error().message.find("ranking/3: input 'colour'"), std::string::npos)
      << spec.error().message;
}

}  // namespace
}  // namespace aisle::ranking
