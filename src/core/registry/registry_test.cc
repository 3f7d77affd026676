#include "registry/registry.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"

namespace aisle::registry {
namespace {

namespace fs = std::filesystem;

class RegistryTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("aisle_registry_test_" + std::to_string(getpid()));
  }
  void TearDown() override { fs::remove_all(root_); }

  static Manifest Ranking() {
    Manifest manifest;
    manifest.model = "ranking";
    manifest.created = *base::ParseTimestamp("2026-11-24T05:03:52Z");
    manifest.recipe = "ranking_default";
    manifest.recipe_text = "name = \"ranking_default\"\n";
    manifest.inputs = {{"age", "float", "request"}, {"price", "float", "product"}};
    manifest.objective = "binary:logistic";
    manifest.cutoffs = {*base::ParseTimestamp("2026-09-01")};
    manifest.train_rows = 12;
    manifest.tiers = {"Member", "Gold"};
    manifest.propensity_blend = 0.3;
    manifest.metrics = {{"auc", 0.75}};
    manifest.promotion = {.decision = "forced",
                          .objections = {"worse_by_at_most: by a lot"},
                          .notes = {"of that day"},
                          .with = "ranking/7",
                          .metric = "ndcg_at_10",
                          .ours = 0.25,
                          .theirs = 0.5,
                          .difference = -0.25,
                          .low = -0.375,
                          .high = -0.125,
                          .customers = 12,
                          .worse_by_at_most = 0.0625};
    manifest.library_versions = {{"xgboost", "3.2.0"}};
    return manifest;
  }
  fs::path root_;
};

TEST_F(RegistryTest, TrainingAgainMakesVersionTwoAndVersionOneStays) {
  const Registry registry(root_);
  EXPECT_EQ(*registry.Add(Ranking(), "first", true), 1);
  EXPECT_EQ(*registry.Add(Ranking(), "second", true), 2);
  EXPECT_EQ(*registry.Versions("ranking"), (std::vector<int>{1, 2}));
  EXPECT_EQ(registry.Load("ranking", 1)->ubjson, "first");
  EXPECT_EQ(*registry.Resolve("ranking", kChampion), 2);
}

TEST_F(RegistryTest, AManifestSurvivesTheRoundTrip) {
  const Registry registry(root_);
  ASSERT_TRUE(registry.Add(Ranking(), "bytes", true));
  const auto manifest = registry.ReadManifest("ranking", 1);
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->inputs.size(), 2U);
  EXPECT_EQ(manifest->inputs[1].role, "product");
  EXPECT_EQ(manifest->created, Ranking().created);
  EXPECT_EQ(manifest->cutoffs, Ranking().cutoffs);
  EXPECT_EQ(manifest->tiers, Ranking().tiers);
  EXPECT_EQ(manifest->propensity_blend, 0.3);
  EXPECT_EQ(manifest->metrics.at("auc"), 0.75);
  const Promotion wanted = Ranking().promotion;
  EXPECT_EQ(manifest->promotion.decision, wanted.decision);
  EXPECT_EQ(manifest->promotion.objections, wanted.objections);
  EXPECT_EQ(manifest->promotion.notes, wanted.notes);
  EXPECT_EQ(manifest->promotion.with, wanted.with);
  EXPECT_EQ(manifest->promotion.metric, wanted.metric);
  EXPECT_EQ(manifest->promotion.ours, wanted.ours);
  EXPECT_EQ(manifest->promotion.theirs, wanted.theirs);
  EXPECT_EQ(manifest->promotion.difference, wanted.difference);
  EXPECT_EQ(manifest->promotion.low, wanted.low);
  EXPECT_EQ(manifest->promotion.high, wanted.high);
  EXPECT_EQ(manifest->promotion.customers, wanted.customers);
  EXPECT_EQ(manifest->promotion.worse_by_at_most, wanted.worse_by_at_most);
  EXPECT_EQ(manifest->recipe_text, Ranking().recipe_text);
  EXPECT_EQ(manifest->model_checksum, base::Checksum("bytes"));
}

TEST_F(RegistryTest, NamesPointAtVersionsByNumberAliasAndModel) {
  const Registry registry(root_);
  ASSERT_TRUE(registry.Add(Ranking(), "1", true));
  ASSERT_TRUE(registry.Add(Ranking(), "2", false));
  EXPECT_EQ(registry.Find("ranking")->Text(), "ranking/1");
  EXPECT_EQ(registry.Find("ranking/2")->Text(), "ranking/2");
  EXPECT_EQ(registry.Find("ranking/challenger")->Text(), "ranking/2");
  EXPECT_EQ(registry.Find("ranking/mine").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(registry.Find("../x/1").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(AliasesOf({{"a", 1}, {"b", 2}, {"c", 1}}, 1), "a, c");
}

TEST_F(RegistryTest, AManifestOfBeforeSaysNothingOfItsPromotion) {
  const Registry registry(root_);
  ASSERT_TRUE(registry.Add(Ranking(), "bytes", true));
  const fs::path path = root_ / "ranking" / "1" / "manifest.json";
  std::string text = *base::ReadFile(path);
  const auto at = text.find("  \"promotion\"");
  ASSERT_NE(at, std::string::npos);
  text.erase(at, text.find("\n  },\n", at) + 6 - at);
  std::ofstream(path) << text;
  const auto manifest = registry.ReadManifest("ranking", 1);
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->promotion.decision, "");
}

TEST_F(RegistryTest, AManifestWithoutABlendIsNotBlended) {
  const Registry registry(root_);
  ASSERT_TRUE(registry.Add(Ranking(), "bytes", true));
  const fs::path path = root_ / "ranking" / "1" / "manifest.json";
  std::string text = *base::ReadFile(path);
  const auto at = text.find("  \"propensity_blend\"");
  ASSERT_NE(at, std::string::npos);
  text.erase(at, text.find('\n', at) + 1 - at);
  std::ofstream(path) << text;
  const auto manifest = registry.ReadManifest("ranking", 1);
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->propensity_blend, 0);
}

TEST_F(RegistryTest, AChallengerWaitsAndRollbackGoesBack) {
  const Registry registry(root_);
  ASSERT_TRUE(registry.Add(Ranking(), "1", true));
  EXPECT_EQ(registry.Rollback("ranking").error().code, ErrorCode::kFailedPrecondition);
  ASSERT_TRUE(registry.Add(Ranking(), "2", false));
  EXPECT_EQ(*registry.Resolve("ranking", kChampion), 1);
  EXPECT_EQ(*registry.Resolve("ranking", "challenger"), 2);
  ASSERT_TRUE(registry.Promote("ranking", 2));
  EXPECT_EQ(*registry.Resolve("ranking", kChampion), 2);
  EXPECT_EQ(*registry.Rollback("ranking"), 1);
  EXPECT_EQ(*registry.Resolve("ranking", kChampion), 1);
}

TEST_F(RegistryTest, AFirstVersionThatIsNotPromotedServesNobody) {
  const Registry registry(root_);
  ASSERT_TRUE(registry.Add(Ranking(), "1", false));
  const auto champion = registry.Resolve("ranking", kChampion);
  ASSERT_FALSE(champion);
  EXPECT_EQ(champion.error().code, ErrorCode::kNotFound);
  EXPECT_NE(champion.error().message.find("`aisle models show ranking/1` says why"),
            std::string::npos)
      << champion.error().message;
  EXPECT_EQ(*registry.Resolve("ranking", "challenger"), 1);
}

TEST_F(RegistryTest, ADamagedModelIsRefusedByItsPath) {
  const Registry registry(root_);
  ASSERT_TRUE(registry.Add(Ranking(), "whole model", true));
  fs::resize_file(root_ / "ranking" / "1" / "model.ubj", 5);
  const auto loaded = registry.Load("ranking", 1);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kInternal);
  EXPECT_NE(loaded.error().message.find("ranking/1/model.ubj is damaged"), std::string::npos)
      << loaded.error().message;
}

TEST_F(RegistryTest, ANewerFormatIsRefusedInWords) {
  const Registry registry(root_);
  Manifest newer = Ranking();
  newer.format = kManifestFormat + 1;
  EXPECT_FALSE(registry.Add(newer, "x", true)) << "promoting reads the manifest back";
  const auto manifest = registry.ReadManifest("ranking", 1);
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_NE(manifest.error().message.find("newer"), std::string::npos);
}

TEST_F(RegistryTest, WhatIsNotThereIsNamed) {
  const Registry registry(root_);
  EXPECT_EQ(registry.Versions("ranking").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(registry.Versions("../x").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(registry.Rollback("ranking").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(registry.Add(Ranking(), "1", true));
  EXPECT_EQ(registry.ReadManifest("ranking", 9).error().message, "no version 9 of model 'ranking'");
  std::ofstream(root_ / "ranking" / "1" / "manifest.json") << "{\"format\": 1, \"model\"";
  EXPECT_EQ(registry.Load("ranking", 1).error().code, ErrorCode::kInternal);
}

}  // namespace
}  // namespace aisle::registry
