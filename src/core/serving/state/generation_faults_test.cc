// Generations when something goes wrong: readers and writers that die, full disks, damage, other versions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "base/child_testing.h"
#include "base/files.h"
#include "serving/state/generation_testing.h"

namespace aisle::serving {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Names(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

TEST_F(Generation, OldOnesGoWhenTheirLastReaderHas) {
  ASSERT_TRUE(Publish(root, 1));
  StatePtr reader = Open();
  for (std::uint64_t seed = 2; seed <= 4; ++seed) ASSERT_TRUE(Publish(root, seed));
  EXPECT_THAT(Generations(root), ElementsAre(1, 3, 4));
  reader.reset();
  ASSERT_TRUE(Publish(root, 5));
  EXPECT_THAT(Generations(root), ElementsAre(4, 5));
  EXPECT_THAT(Names(root), ElementsAre("CURRENT", "generation-4", "generation-5", "writer.lock"));
}

TEST_F(Generation, AReaderInAnotherProcessKeepsItUntilItDies) {
  ASSERT_TRUE(Publish(root, 1));
  std::array<int, 2> ready{};
  ASSERT_EQ(pipe(ready.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto state = ServingState::OpenCurrent(root);
    if (!state || write(ready[1], "r", 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  for (std::uint64_t seed = 2; seed <= 4; ++seed) ASSERT_TRUE(Publish(root, seed));
  EXPECT_THAT(Generations(root), ElementsAre(1, 3, 4));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  ASSERT_TRUE(Publish(root, 5));
  EXPECT_THAT(Generations(root), ElementsAre(4, 5));
}

TEST_F(Generation, ASecondPublisherIsToldWhoHoldsTheLock) {
  const auto first = GenerationWriter::Create(root);
  ASSERT_TRUE(first);
  const auto second = GenerationWriter::Create(root);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(getpid())));
}

TEST_F(Generation, AnUnfinishedWriterLeavesNothing) {
  ASSERT_TRUE(Publish(root, 1));
  {
    auto writer = GenerationWriter::Create(root);
    ASSERT_TRUE(writer && writer->PutShelf(SampleShelf(2, kProducts)));
  }
  EXPECT_THAT(Names(root), ElementsAre("CURRENT", "generation-1", "writer.lock"));
}

TEST_F(Generation, AKilledPublisherLeavesTheOldOneInServiceAndTheNextOneCleansUp) {
  ASSERT_TRUE(Publish(root, 1));
  const int status = base::InChild([&] {
    auto writer = GenerationWriter::Create(root);
    if (!writer || !writer->PutShelf(SampleShelf(2, kProducts))) return;
    kill(getpid(), SIGKILL);
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(Names(root).size(), 4U);  // With what the killed one left.
  EXPECT_EQ(Open()->Manifest().generation, 1);
  ASSERT_TRUE(Publish(root, 3));
  EXPECT_THAT(Names(root), ElementsAre("CURRENT", "generation-1", "generation-2", "writer.lock"));
}

TEST_F(Generation, AFullDiskIsSaidAndTheOldOneStays) {
  ASSERT_TRUE(Publish(root, 1));
  // A limit on file sizes stands in for a full disk.
  const int status = base::InChild([&] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100'000, 100'000};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return;
    const auto published = Publish(root, 2, 500);
    _exit(!published && published.error().code == ErrorCode::kUnavailable &&
                  published.error().message.find("data.mdb") != std::string::npos
              ? 42
              : 1);
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
  EXPECT_THAT(Names(root), ElementsAre("CURRENT", "generation-1", "writer.lock"));
  EXPECT_EQ(Open()->Manifest().generation, 1);
}

TEST_F(Generation, WhatAServerWouldRefuseIsNotPublished) {
  const auto refused = [&](auto fill, ErrorCode code, const std::string& word) {
    auto writer = GenerationWriter::Create(root);
    ASSERT_TRUE(writer);
    Status status = fill(*writer);
    if (status) {
      const auto committed = writer->Commit({});
      if (!committed) status = std::unexpected(committed.error());
    }
    ASSERT_FALSE(status) << word;
    EXPECT_EQ(status.error().code, code) << status.error().message;
    EXPECT_THAT(status.error().message, HasSubstr(word));
  };
  const Shelf shelf = SampleShelf(1, kProducts);
  features::CustomerRecord customer = SampleCustomer(1, 10, kProducts);
  const std::vector<float> scores(kSampleCategories, 0.5F);
  using Writer = GenerationWriter;

  refused([](Writer&) { return Status{}; }, ErrorCode::kFailedPrecondition, "shelf");
  refused(
      [&](Writer& w) -> Status {
        auto model = SampleModel(1);
        model.inputs = {"shoe_size"};
        AISLE_CHECK(w.PutShelf(shelf));
        return w.PutModel("ranking", model);
      },
      ErrorCode::kFailedPrecondition, "shoe_size");
  refused([&](Writer& w) -> Status { return w.PutModel("ranking", SampleModel(1)); },
          ErrorCode::kFailedPrecondition, "before the shelf");
  refused(
      [&](Writer& w) -> Status {
        AISLE_CHECK(w.PutShelf(shelf));
        return w.PutShelf(shelf);
      },
      ErrorCode::kFailedPrecondition, "one shelf");
  refused([&](Writer& w) -> Status { return w.PutModel("../ranking", SampleModel(1)); },
          ErrorCode::kInvalidArgument, "../ranking");
  refused(
      [&](Writer& w) -> Status {
        AISLE_CHECK(w.PutCustomer(customer, {}));
        return w.PutCustomer(customer, {});
      },
      ErrorCode::kInvalidArgument, "10 comes after 10");
  refused(
      [&](Writer& w) -> Status {
        auto stranger = customer;
        stranger.categories.push_back({.category = 12});
        AISLE_CHECK(w.PutCustomer(stranger, {}));
        return w.PutShelf(shelf);
      },
      ErrorCode::kInvalidArgument, "customer 10: category 12");
  refused(
      [&](Writer& w) -> Status {
        AISLE_CHECK(w.PutCustomer(customer, std::span(scores).first(11)));
        return w.PutShelf(shelf);
      },
      ErrorCode::kInvalidArgument, "11 propensities for 12 categories");
  refused(
      [&](Writer& w) -> Status {
        auto stranger = customer;
        stranger.tier = domain::Tier{4};
        AISLE_CHECK(w.PutCustomer(stranger, {}));
        return w.PutShelf(shelf);
      },
      ErrorCode::kInvalidArgument, "customer 10: tier 4 is beyond the retailer's 4");
  refused(
      [&](Writer& w) -> Status {
        auto stranger = customer;
        stranger.region = domain::Region{5};
        AISLE_CHECK(w.PutCustomer(stranger, {}));
        return w.PutShelf(shelf);
      },
      ErrorCode::kInvalidArgument, "customer 10: region 5 is beyond the retailer's 5");
  refused(
      [&](Writer& w) -> Status {
        auto negative = customer;
        negative.customer.value = -3;
        return w.PutCustomer(negative, {});
      },
      ErrorCode::kInvalidArgument, "customer -3");
  refused(
      [&](Writer& w) -> Status {
        auto negative = customer;
        negative.sessions = -1;
        return w.PutCustomer(negative, {});
      },
      ErrorCode::kInvalidArgument, "customer 10: sessions -1 is below 0");
  EXPECT_EQ(CurrentGeneration(root).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(Names(root), ElementsAre("writer.lock"));
}

TEST_F(Generation, DamageIsRefusedByPathAndMendedByAnotherPublish) {
  ASSERT_TRUE(Publish(root, 1));
  for (const char* name : {"manifest.json", "shelf.bin", "models/ranking.json",
                           "models/ranking.ubj", "data/data.mdb"}) {
    const auto whole = base::ReadFile(File(1, name));
    ASSERT_TRUE(whole);
    std::string flipped = *whole;
    flipped[flipped.size() / 3] ^= 1;
    const std::string half = whole->substr(0, whole->size() / 2);
    for (const std::string& spoiled : {flipped, half, std::string()}) {
      ASSERT_TRUE(base::WriteFileAtomic(File(1, name), spoiled));
      EXPECT_EQ(Refusal().code, ErrorCode::kInternal) << name << ": " << Refusal().message;
      EXPECT_THAT(Refusal().message, HasSubstr(name));
    }
    ASSERT_TRUE(fs::remove(File(1, name)));
    EXPECT_EQ(Refusal().code, ErrorCode::kInternal) << name << ": " << Refusal().message;
    EXPECT_THAT(Refusal().message, HasSubstr(name));
    // A folder in the file's place: it cannot be read, whoever asks.
    fs::create_directory(File(1, name));
    EXPECT_EQ(Refusal().code, ErrorCode::kInternal) << name << ": " << Refusal().message;
    EXPECT_THAT(Refusal().message, HasSubstr(name));
    fs::remove(File(1, name));
    ASSERT_TRUE(base::WriteFileAtomic(File(1, name), *whole));
    ASSERT_TRUE(Open());
  }
  ASSERT_TRUE(base::WriteFileAtomic(File(1, "shelf.bin"), "x"));
  ASSERT_TRUE(Publish(root, 2));
  EXPECT_EQ(Open()->Manifest().generation, 2);
}

TEST_F(Generation, AStateInServiceStaysWhenTheNextOneIsDamaged) {
  ASSERT_TRUE(Publish(root, 1));
  const StatePtr serving = Open();
  ASSERT_TRUE(Publish(root, 2));
  ASSERT_TRUE(base::WriteFileAtomic(File(2, "models/ranking.ubj"), "half a model"));
  EXPECT_THAT(Refusal().message, HasSubstr("models/ranking.ubj"));
  EXPECT_TRUE(Get(*serving, kSampleFirstCustomer));
  // An operator points back to the one before.
  ASSERT_TRUE(base::WriteFileAtomic(root / "CURRENT", "1"));
  EXPECT_EQ(Open()->Manifest().generation, 1);
}

TEST_F(Generation, ANewerFormatIsRefusedInWords) {
  ASSERT_TRUE(Publish(root, 1));
  StoredManifest stored = *ManifestFromJson(*base::ReadFile(File(1, "manifest.json")));
  stored.manifest.format = kGenerationFormat + 1;
  ASSERT_TRUE(base::WriteFileAtomic(File(1, "manifest.json"), ManifestToJson(stored)));
  EXPECT_EQ(Refusal().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(Refusal().message, HasSubstr("manifest.json"));
  EXPECT_THAT(Refusal().message, HasSubstr("newer"));
}

TEST_F(Generation, ACurrentThatPointsNowhereIsDamage) {
  ASSERT_TRUE(Publish(root, 1));
  ASSERT_TRUE(base::WriteFileAtomic(root / "CURRENT", "9"));
  EXPECT_EQ(Refusal().code, ErrorCode::kInternal);
  EXPECT_THAT(Refusal().message, HasSubstr("generation-9"));
  ASSERT_TRUE(base::WriteFileAtomic(root / "CURRENT", "1x"));
  EXPECT_EQ(Refusal().code, ErrorCode::kInternal);
  EXPECT_THAT(Refusal().message, HasSubstr("'1x'"));
  // Publishing mends it, and does not use a number again.
  ASSERT_TRUE(base::WriteFileAtomic(root / "CURRENT", "9"));
  EXPECT_EQ(Publish(root, 2)->generation, 10);
  EXPECT_TRUE(Open());
}

}  // namespace
}  // namespace aisle::serving
