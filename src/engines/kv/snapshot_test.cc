#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/files.h"
#include "base/random.h"
#include "base/temp_folder_testing.h"
#include "kv/kv.h"

namespace aisle::kv {
namespace {

using testing::HasSubstr;

constexpr std::array<std::string_view, 2> kTables = {"first", "second"};

// Values of every size that LMDB stores differently: empty, in the leaf, on pages of their own.
std::string Value(std::size_t table, Key key) {
  base::Stream stream(1, key, table);
  const std::size_t size = stream.Below(4) == 0 ? stream.Below(20'000) : stream.Below(200);
  std::string value(size, '\0');
  for (char& c : value) c = static_cast<char>(stream.Next());
  return value;
}

TEST(Snapshot, WhatWasWrittenIsFoundAndNothingElse) {
  const base::TempFolder folder;
  auto writer = TableWriter::Create(folder.Path(), kTables);
  ASSERT_TRUE(writer) << writer.error().message;
  // About 100 MB in both tables: the map grows while it is written.
  for (Key key = 1; key <= 20'000; ++key) {
    ASSERT_TRUE(writer->Append(0, key * 3, Value(0, key * 3)));
    if (key % 5 == 0) {
      ASSERT_TRUE(writer->Append(1, key, Value(1, key)));
    }
  }
  ASSERT_TRUE(writer->Finish());
  const auto snapshot = Snapshot::Open(folder.Path(), kTables);
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  const auto reader = snapshot->OpenReader();
  ASSERT_TRUE(reader);
  for (Key key = 1; key <= 20'000; key += 7) {
    const auto found = reader->Get(0, key * 3);
    ASSERT_TRUE(found && *found) << key;
    EXPECT_EQ(**found, Value(0, key * 3));
    const auto second = reader->Get(1, key);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->has_value(), key % 5 == 0);
    const auto none = reader->Get(0, key * 3 + 1);
    ASSERT_TRUE(none);
    EXPECT_FALSE(*none);
  }
  EXPECT_FALSE(std::filesystem::exists(folder.Path() / "lock.mdb"));
}

TEST(Snapshot, AWalkGivesEveryEntryOfOneTableByRisingKeys) {
  const base::TempFolder folder;
  auto writer = TableWriter::Create(folder.Path(), kTables);
  ASSERT_TRUE(writer);
  // Keys whose bytes do not sort as their numbers do.
  const std::vector<Key> keys = {0, 1, 255, 256, 65'535, 1'000'000, Key{1} << 40U, ~Key{0}};
  for (const Key key : keys) ASSERT_TRUE(writer->Append(1, key, Value(1, key)));
  ASSERT_TRUE(writer->Append(0, 5, "another table"));
  ASSERT_TRUE(writer->Finish());
  const auto snapshot = Snapshot::Open(folder.Path(), kTables);
  ASSERT_TRUE(snapshot);
  const auto reader = snapshot->OpenReader();
  ASSERT_TRUE(reader);
  auto cursor = reader->Scan(1);
  ASSERT_TRUE(cursor) << cursor.error().message;
  std::vector<Key> found;
  for (;;) {
    const auto entry = cursor->Next();
    ASSERT_TRUE(entry) << entry.error().message;
    if (!*entry) break;
    found.push_back((*entry)->key);
    EXPECT_EQ((*entry)->value, Value(1, (*entry)->key));
  }
  EXPECT_EQ(found, keys);
  const auto still = cursor->Next();
  ASSERT_TRUE(still);
  EXPECT_FALSE(*still);
}

TEST(Snapshot, ManyThreadsReadAtOnceEachWithAReaderOfItsOwn) {
  const base::TempFolder folder;
  auto writer = TableWriter::Create(folder.Path(), kTables);
  ASSERT_TRUE(writer);
  for (Key key = 0; key < 500; ++key) ASSERT_TRUE(writer->Append(0, key, Value(0, key)));
  ASSERT_TRUE(writer->Finish());
  const auto snapshot = Snapshot::Open(folder.Path(), kTables);
  ASSERT_TRUE(snapshot);
  std::vector<std::thread> threads;
  std::array<int, 8> found_count{};
  for (int& count : found_count) {
    threads.emplace_back([&] {
      const auto reader = snapshot->OpenReader();
      for (Key key = 0; key < 500; ++key) {
        const auto found = reader->Get(0, key);
        if (found && *found && **found == Value(0, key)) ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(found_count, testing::Each(500));
}

TEST(TableWriter, KeysThatDoNotRiseAreRefusedByTheirValues) {
  const base::TempFolder folder;
  auto writer = TableWriter::Create(folder.Path(), kTables);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->Append(0, 7, "seven"));
  ASSERT_TRUE(writer->Append(1, 3, "another table"));
  for (const Key key : {Key{7}, Key{5}}) {
    const auto status = writer->Append(0, key, "late");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(status.error().message, HasSubstr(std::to_string(key) + " comes after 7"));
  }
}

TEST(TableWriter, AFileThatIsThereIsNotWrittenOver) {
  const base::TempFolder folder;
  ASSERT_TRUE(TableWriter::Create(folder.Path(), kTables));
  const auto again = TableWriter::Create(folder.Path(), kTables);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kFailedPrecondition);
}

TEST(Snapshot, WhatIsMissingOrNoDataFileIsSaidWithThePath) {
  const base::TempFolder folder;
  const auto missing = Snapshot::Open(folder.Path(), kTables);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr((folder.Path() / kDataFile).string()));

  ASSERT_TRUE(base::WriteFileAtomic(folder.Path() / kDataFile, std::string(50'000, 'x')));
  const auto garbage = Snapshot::Open(folder.Path(), kTables);
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().code, ErrorCode::kInternal);
  EXPECT_THAT(garbage.error().message, HasSubstr(kDataFile));

  ASSERT_TRUE(base::WriteFileAtomic(folder.Path() / kDataFile, ""));
  EXPECT_FALSE(Snapshot::Open(folder.Path(), kTables));
}

TEST(Snapshot, ATableThatIsNotThereIsNamed) {
  const base::TempFolder folder;
  auto writer = TableWriter::Create(folder.Path(), std::span(kTables).first(1));
  ASSERT_TRUE(writer && writer->Finish());
  const auto snapshot = Snapshot::Open(folder.Path(), kTables);
  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(snapshot.error().message, HasSubstr("'second'"));
}

TEST(DataChecksum, ChangesWithAnyByteAndIsThatOfTheFile) {
  const base::TempFolder folder;
  auto writer = TableWriter::Create(folder.Path(), kTables);
  ASSERT_TRUE(writer && writer->Append(0, 1, "one") && writer->Finish());
  const auto before = DataChecksum(folder.Path());
  ASSERT_TRUE(before);
  EXPECT_EQ(*before, *base::ChecksumFile(folder.Path() / kDataFile));
  auto bytes = base::ReadFile(folder.Path() / kDataFile);
  ASSERT_TRUE(bytes);
  (*bytes)[bytes->size() / 2] ^= 1;
  ASSERT_TRUE(base::WriteFileAtomic(folder.Path() / kDataFile, *bytes));
  EXPECT_NE(*DataChecksum(folder.Path()), *before);
  EXPECT_EQ(DataChecksum(folder.Path() / "none").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace aisle::kv
