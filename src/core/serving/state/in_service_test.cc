// What stands in for a damaged generation, and how CURRENT is moved by hand.
#include "serving/state/in_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "serving/state/generation_testing.h"

namespace aisle::serving {
namespace {

using testing::HasSubstr;

class InServiceTest : public Generation {
 protected:
  void SetUp() override {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      readers.push_back(seed == 1 ? nullptr : Open());  // Held, so that no publish removes it.
      ASSERT_TRUE(Publish(root, seed));
    }
  }
  void Damage(std::int64_t generation) const {
    ASSERT_TRUE(base::WriteFileAtomic(File(generation, "shelf.bin"), "damaged"));
  }
  std::int64_t Served() const {
    const auto opened = OpenInService(root);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? opened->state->Manifest().generation : 0;
  }
  std::string Trouble() const { return OpenInService(root).value_or(InService{}).trouble; }
  std::vector<StatePtr> readers;
};

TEST_F(InServiceTest, AWholeCurrentOneIsServed) {
  EXPECT_EQ(Served(), 3);
  EXPECT_EQ(Trouble(), "");
}

TEST_F(InServiceTest, TheNewestWholeOneStandsInAndTheDamageIsNamed) {
  Damage(3);
  EXPECT_EQ(Served(), 2);
  EXPECT_THAT(Trouble(), HasSubstr(File(3, "shelf.bin").string()));
  Damage(2);
  EXPECT_EQ(Served(), 1);
}

TEST_F(InServiceTest, OneBeforeTheCurrentStandsInRatherThanOneThatWasRolledBackFrom) {
  ASSERT_TRUE(RollBack(root));
  Damage(2);
  EXPECT_EQ(Served(), 1);
  Damage(1);
  EXPECT_EQ(Served(), 3);
}

TEST_F(InServiceTest, WhereNoneIsWholeTheCurrentOneIsNamed) {
  for (const std::int64_t generation : {1, 2, 3}) Damage(generation);
  const auto opened = OpenInService(root);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kInternal);
  EXPECT_THAT(opened.error().message, HasSubstr(File(3, "shelf.bin").string()));
}

TEST_F(InServiceTest, ACurrentThatIsDamagedOrMissingIsNotNothingPublished) {
  ASSERT_TRUE(base::WriteFileAtomic(root / "CURRENT", "x"));
  EXPECT_EQ(Served(), 3);
  EXPECT_THAT(Trouble(), HasSubstr("CURRENT is damaged"));
  fs::remove(root / "CURRENT");
  EXPECT_EQ(Served(), 3);
  EXPECT_THAT(Trouble(), HasSubstr("CURRENT is missing"));
  fs::remove_all(root);
  EXPECT_EQ(OpenInService(root).error().code, ErrorCode::kNotFound);
}

TEST_F(InServiceTest, RollingBackPassesOverWhatIsDamagedAndForwardGoesByNumber) {
  Damage(2);
  const auto back = RollBack(root);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->from, 3);
  EXPECT_EQ(back->to.generation, 1);
  EXPECT_EQ(*CurrentGeneration(root), 1);
  const auto none = RollBack(root);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(SwitchTo(root, 2).error().code, ErrorCode::kInternal);
  EXPECT_EQ(SwitchTo(root, 9).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(SwitchTo(root, 9).error().message, HasSubstr("there are 1, 2, 3"));
  EXPECT_EQ(*CurrentGeneration(root), 1) << "what fails changes nothing";
  ASSERT_TRUE(SwitchTo(root, 3));
  EXPECT_EQ(Served(), 3);
  EXPECT_EQ(Trouble(), "");
}

TEST_F(InServiceTest, WhatFollowsARollBackHasANumberOfItsOwn) {
  ASSERT_TRUE(RollBack(root));
  const auto next = Publish(root, 4);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->generation, 4);
  EXPECT_EQ(Served(), 4);
}

TEST_F(InServiceTest, APublishAfterDamageKeepsTheWholeOneToGoBackTo) {
  readers.clear();
  Damage(3);
  ASSERT_TRUE(Publish(root, 4));
  EXPECT_EQ(GenerationsThere(root), (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(RollBack(root)->to.generation, 2);
  ASSERT_TRUE(Publish(root, 5));
  // The one that was rolled back from is not the one to go back to.
  EXPECT_EQ(GenerationsThere(root), (std::vector<std::int64_t>{2, 5}));
}

TEST_F(InServiceTest, WhileSomebodyPublishesNothingIsSwitched) {
  const auto writer = GenerationWriter::Create(root);
  ASSERT_TRUE(writer);
  EXPECT_EQ(RollBack(root).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(SwitchTo(root, 1).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace aisle::serving
