// A generation that was published elsewhere is taken in whole, without its customers, or not at all.
#include "serving/generation/fetched.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/files.h"
#include "serving/generation/published.h"
#include "serving/state/generation_testing.h"
#include "serving/state/in_service.h"

namespace aisle::serving {
namespace {

using testing::HasSubstr;

class Fetched : public Generation {
 protected:
  struct Stored {
    OfferedGeneration offered;
    std::string manifest;
    FetchedFiles files;
  };
  // What a folder's current generation would be fetched as.
  static Stored Read(const fs::path& from) {
    const auto published = PublishedGeneration::OpenCurrent(from);
    EXPECT_TRUE(published) << published.error().message;
    Stored stored;
    for (const std::string& name : published->FilesBesideCustomers())
      stored.files[name] = *published->ReadFile(name);
    stored.manifest = stored.files.extract("manifest.json").mapped();
    stored.offered = *OfferOf(stored.manifest);
    EXPECT_EQ(stored.offered.checksum, published->Checksum());
    return stored;
  }
  Status Take(const Stored& stored, bool make_current = true) const {
    return TakeIn(here, stored.offered, stored.manifest, stored.files, make_current);
  }
  std::int64_t Current() const { return CurrentGeneration(here).value_or(0); }
  StatePtr OpenHere() const {
    auto state = ServingState::OpenCurrent(here);
    EXPECT_TRUE(state) << state.error().message;
    return state ? *state : nullptr;
  }

  fs::path here = temp.Path() / "here";
};

TEST_F(Fetched, ItIsWhatWasPublishedWithoutItsCustomers) {
  ASSERT_TRUE(Publish(root, 1));
  const Stored stored = Read(root);
  EXPECT_EQ(StandingOf(here, stored.offered), Standing::kMissing);
  ASSERT_TRUE(Take(stored));
  EXPECT_EQ(StandingOf(here, stored.offered), Standing::kInService);
  EXPECT_EQ(StandingOf(root, stored.offered), Standing::kInService);
  const StatePtr fetched = OpenHere();
  const StatePtr published = Open();
  ASSERT_TRUE(fetched && published);
  EXPECT_FALSE(fetched->HasCustomers());
  EXPECT_TRUE(published->HasCustomers());
  EXPECT_EQ(EncodeShelf(fetched->PublishedShelf()), EncodeShelf(published->PublishedShelf()));
  EXPECT_EQ(fetched->Manifest().ranking_version, 7);
  EXPECT_NE(fetched->Ranker(), nullptr);
  const auto customers = fetched->OpenCustomers();
  EXPECT_EQ(customers->Checksum(), published->OpenCustomers()->Checksum());
  const auto found = customers->Get({kSampleFirstCustomer});
  EXPECT_EQ(found.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(found.error().message, HasSubstr("customers of generation 1 are in Postgres"));
  EXPECT_EQ(customers->Find("x").error().code, ErrorCode::kFailedPrecondition);
  const auto prepared =
      ServingState::PrepareAgain(fetched, fetched->PublishedShelf(), fetched->Known());
  ASSERT_TRUE(prepared);
  EXPECT_FALSE((*prepared)->HasCustomers());
}

TEST_F(Fetched, NobodyLoadsATableFromIt) {
  ASSERT_TRUE(Publish(root, 1));
  ASSERT_TRUE(Take(Read(root)));
  const auto refused = PublishedGeneration::OpenCurrent(here);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.error().message, HasSubstr("was fetched from Postgres"));
}

TEST_F(Fetched, WithoutTheWordsThatSayWhyACustomerlessGenerationIsDamaged) {
  ASSERT_TRUE(Publish(root, 1));
  ASSERT_TRUE(Take(Read(root)));
  fs::remove(GenerationFolder(here, 1) / kFetchedFile);
  const auto state = ServingState::OpenCurrent(here);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, ErrorCode::kInternal);
}

TEST_F(Fetched, WhatIsNotWhatItsManifestSaysIsRefusedAndTheOldOneStays) {
  ASSERT_TRUE(Publish(root, 1));
  ASSERT_TRUE(Take(Read(root)));
  ASSERT_TRUE(Publish(root, 2));
  const auto refused = [&](const std::function<void(Stored&)>& damage, const std::string& words) {
    Stored stored = Read(root);
    damage(stored);
    const Status taken = Take(stored);
    ASSERT_FALSE(taken) << words;
    EXPECT_EQ(taken.error().code, ErrorCode::kInternal) << words;
    EXPECT_THAT(taken.error().message, HasSubstr(words));
    EXPECT_EQ(Current(), 1);
    EXPECT_FALSE(fs::exists(GenerationFolder(here, 2)));
  };
  refused([](Stored& stored) { stored.files["shelf.bin"][40] ^= 1; }, "shelf.bin has checksum");
  refused([](Stored& stored) { stored.files["models/ranking.ubj"].pop_back(); },
          "models/ranking.ubj has checksum");
  refused([](Stored& stored) { stored.files.erase("models/ranking.json"); },
          "models/ranking.json is missing");
  refused([](Stored& stored) { stored.files["more"] = "x"; }, "does not name");
  refused([](Stored& stored) { stored.manifest[20] ^= 1; }, "offered is");
  refused([](Stored& stored) { stored.offered.generation = 3; }, "it is of generation 2");
  refused(
      [](Stored& stored) {
        auto manifest = *ManifestFromJson(stored.manifest);
        manifest.checksums["../../outside"] = base::Checksum("x");
        stored.manifest = ManifestToJson(manifest);
        stored.offered.checksum = base::Checksum(stored.manifest);
        stored.files["../../outside"] = "x";
      },
      "'../../outside' is no file of a generation");
  ASSERT_TRUE(Take(Read(root)));
  EXPECT_EQ(Current(), 2);
}

TEST_F(Fetched, ItFollowsBackwardsAsWellAndOlderOnesGo) {
  for (int generation = 1; generation <= 3; ++generation) {
    ASSERT_TRUE(Publish(root, static_cast<std::uint64_t>(generation)));
    ASSERT_TRUE(Take(Read(root)));
  }
  EXPECT_THAT(GenerationsThere(here), testing::ElementsAre(2, 3));
  ASSERT_TRUE(RollBack(root));
  const Stored before = Read(root);
  EXPECT_EQ(before.offered.generation, 2);
  EXPECT_EQ(StandingOf(here, before.offered), Standing::kHere);
  ASSERT_TRUE(SwitchToFetched(here, before.offered));
  EXPECT_EQ(Current(), 2);
  EXPECT_EQ(StandingOf(here, before.offered), Standing::kInService);
  // Again does no harm.
  ASSERT_TRUE(SwitchToFetched(here, before.offered));
  ASSERT_TRUE(Take(before));
  EXPECT_EQ(Current(), 2);
}

TEST_F(Fetched, OneThatIsFetchedAheadIsNotInServiceYet) {
  ASSERT_TRUE(Publish(root, 1));
  ASSERT_TRUE(Take(Read(root)));
  ASSERT_TRUE(Publish(root, 2));
  const Stored next = Read(root);
  ASSERT_TRUE(Take(next, false));
  EXPECT_EQ(Current(), 1);
  EXPECT_EQ(FetchedAhead(here, 1), 2);
  EXPECT_EQ(FetchedAhead(here, 2), std::nullopt);
  EXPECT_EQ(FetchedAhead(root, 1), std::nullopt) << "published, not fetched";
  EXPECT_EQ(StandingOf(here, next.offered), Standing::kHere);
  ASSERT_TRUE(SwitchToFetched(here, next.offered));
  EXPECT_EQ(Current(), 2);
}

TEST_F(Fetched, OneThatIsFetchedAheadNeverTakesThePlaceOfTheOneInService) {
  ASSERT_TRUE(Publish(root, 1));
  const Stored before = Read(root);
  ASSERT_TRUE(Take(before));
  // The publisher's folder was made anew.
  fs::remove_all(root);
  ASSERT_TRUE(Publish(root, 9));
  const Stored anew = Read(root);
  ASSERT_EQ(anew.offered.generation, before.offered.generation);
  ASSERT_TRUE(Take(anew, false));
  EXPECT_EQ(StandingOf(here, before.offered), Standing::kInService);
  EXPECT_EQ(StandingOf(here, anew.offered), Standing::kMissing);
  EXPECT_EQ(OpenHere()->OpenCustomers()->Checksum(), before.offered.checksum);
  ASSERT_TRUE(Take(anew));
  EXPECT_EQ(StandingOf(here, anew.offered), Standing::kInService);
}

TEST_F(Fetched, WhoPublishesHereIsLeftAloneUnlessTheOfferIsNewer) {
  ASSERT_TRUE(Publish(root, 1));
  const Stored older = Read(root);
  ASSERT_TRUE(Publish(here, 5));
  EXPECT_EQ(StandingOf(here, older.offered), Standing::kLeftAlone);
  ASSERT_TRUE(Take(older));
  EXPECT_TRUE(OpenHere()->HasCustomers());
  // The tables hold what was published here before: they will follow.
  const Stored own = Read(here);
  ASSERT_TRUE(Publish(here, 6));
  OfferedGeneration later = own.offered;
  later.created += std::chrono::hours{1};
  EXPECT_EQ(StandingOf(here, later), Standing::kLeftAlone);
  // Somebody else has published since; numbers of 1 and 2 are taken here.
  for (const std::uint64_t seed : {2, 3, 4}) ASSERT_TRUE(Publish(root, seed));
  const Stored newer = Read(root);
  EXPECT_EQ(StandingOf(here, newer.offered), Standing::kMissing);
  ASSERT_TRUE(Take(newer));
  EXPECT_EQ(Current(), 4);
  EXPECT_FALSE(OpenHere()->HasCustomers());
}

TEST_F(Fetched, ANumberThatWasPublishedHereIsNotTakenFromIt) {
  ASSERT_TRUE(Publish(here, 5));
  ASSERT_TRUE(Publish(root, 1));
  const Stored other = Read(root);
  const Status taken = Take(other);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(taken.error().message, HasSubstr("a data directory of its own"));
  EXPECT_TRUE(OpenHere()->HasCustomers());
}

TEST_F(Fetched, ANumberThatWasFetchedIsThatOfTheTablesFromNowOn) {
  ASSERT_TRUE(Publish(root, 1));
  ASSERT_TRUE(Take(Read(root)));
  const StatePtr before = OpenHere();
  EXPECT_FALSE(before->IsReplaced());
  // The publisher's folder was made anew.
  fs::remove_all(root);
  ASSERT_TRUE(Publish(root, 9));
  const Stored anew = Read(root);
  ASSERT_TRUE(Take(anew));
  EXPECT_TRUE(before->IsReplaced());
  EXPECT_EQ(OpenHere()->OpenCustomers()->Checksum(), anew.offered.checksum);
  EXPECT_FALSE(OpenHere()->IsReplaced());
  // One that is merely gone is not.
  const StatePtr now = OpenHere();
  fs::remove_all(GenerationFolder(here, 1));
  EXPECT_FALSE(now->IsReplaced());
}

TEST_F(Fetched, WhatAKilledFetchLeftIsTakenAwayAndWhoPublishesIsNotDisturbed) {
  ASSERT_TRUE(Publish(root, 1));
  fs::create_directories(here / ".staging-999999999-1-generation-1/models");
  {
    const auto publisher = base::FileLock::Acquire(here / kWriterLockFile, "publishing");
    ASSERT_TRUE(publisher);
    const Status taken = Take(Read(root));
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, ErrorCode::kUnavailable);
  }
  ASSERT_TRUE(Take(Read(root)));
  for (const auto& entry : fs::directory_iterator(here))
    EXPECT_FALSE(entry.path().filename().string().starts_with(".staging")) << entry.path();
}

TEST_F(Fetched, OneThatWasDamagedHereIsRemovedAndOneThatWasPublishedIsNot) {
  ASSERT_TRUE(Publish(root, 1));
  const Stored stored = Read(root);
  ASSERT_TRUE(Take(stored));
  EXPECT_EQ(RemoveIfDamaged(here, stored.offered).value(), false);
  for (const fs::path& folder : {here, root})
    fs::resize_file(GenerationFolder(folder, 1) / "shelf.bin", 10);
  EXPECT_FALSE(ServingState::OpenCurrent(here));
  EXPECT_EQ(RemoveIfDamaged(here, stored.offered).value(), true);
  EXPECT_EQ(RemoveIfDamaged(root, stored.offered).value(), false);
  EXPECT_EQ(StandingOf(here, stored.offered), Standing::kMissing);
  ASSERT_TRUE(Take(stored));
  EXPECT_TRUE(ServingState::OpenCurrent(here));
}

TEST_F(Fetched, PublishingHereAfterwardsGoesOnBehindIt) {
  ASSERT_TRUE(Publish(root, 1));
  ASSERT_TRUE(Publish(root, 2));
  ASSERT_TRUE(Take(Read(root)));
  const auto published = Publish(here, 3);
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_EQ(published->generation, 3);
  EXPECT_TRUE(OpenHere()->HasCustomers());
  EXPECT_EQ(StandingOf(here, Read(root).offered), Standing::kLeftAlone);
}

}  // namespace
}  // namespace aisle::serving
