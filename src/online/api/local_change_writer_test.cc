// The writer of changes by itself: what it knows when its log goes, and what it does about much that changed.
#include "api/local_change_writer.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <mutex>
#include <thread>

#include "api/open_shop_testing.h"
#include "base/temp_folder_testing.h"

namespace aisle::api {
namespace {

using namespace std::chrono_literals;

// Damaged while it serves: the log is set aside, and what the server still knows is in the new one.
TEST(LocalChangeWriter, WhatItKnowsOutlastsItsLog) {
  base::TempFolder folder;
  PublishGeneration(folder.Path() / "serving", 1);
  const auto state = serving::ServingState::OpenCurrent(folder.Path() / "serving");
  ASSERT_TRUE(state);
  const auto product = (*state)->PublishedShelf().regions[0].products.front();
  const auto& shape = (*state)->RetailerShape();
  const auto write = [&](ChangeWriter& writer, std::uint32_t at, std::int64_t quantity) {
    events::Change change;
    change.envelope.kind = events::Kind::kStock;
    change.row = {{"product_id", (*state)->PublishedShelf().catalogue.products[at].product.value},
                  {"region", shape.RegionName(domain::Region::kNortheast)},
                  {"qty_on_hand", quantity}};
    Status written;
    net::RunToEnd([&]() -> net::Task<void> {
      std::vector<events::Change> changes(1, change);
      written = co_await writer.Write(std::move(changes), shape);
    }());
    return written;
  };
  std::mutex mutex;
  ShelfPointer newest;
  const auto publish = [&](const ShelfPointer& shelf, const std::string&) {
    const std::lock_guard lock(mutex);
    newest = shelf;
  };
  const auto changes = folder.Path() / "changes";
  {
    auto writer = LocalChangeWriter::Start(changes, folder.Path() / "serving", publish, 20ms);
    ASSERT_TRUE(writer);
    (*writer)->Serve(*state, "");
    ASSERT_TRUE(write(**writer, product, 0));
    // The disk takes no more, so the log is let go; when it is opened again, another one stands in its place.
    const auto before = signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    const rlimit little{4096, limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &little);
    const Status refused = write(**writer, product + 1, 3);
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, before);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
    EXPECT_NE((*writer)->Trouble(), "");
    std::filesystem::rename(changes, folder.Path() / "gone");
    Status written = refused;
    for (int i = 0; i < 500 && !written; ++i) {
      std::this_thread::sleep_for(10ms);
      written = write(**writer, product + 1, 3);
    }
    ASSERT_TRUE(written) << (*writer)->Trouble();
    EXPECT_EQ((*writer)->Trouble(), "");
    const std::lock_guard lock(mutex);
    EXPECT_FALSE(newest->Stock()->In(domain::Region::kNortheast).InStock(product));
  }
  auto again = LocalChangeWriter::Start(changes, folder.Path() / "serving", publish);
  ASSERT_TRUE(again);
  (*again)->Serve(*state, "");
  const std::lock_guard lock(mutex);
  EXPECT_FALSE(newest->Stock()->In(domain::Region::kNortheast).InStock(product));
}

TEST(LocalChangeWriter, WhenMuchIsRankedByRowsTheShelfIsPreparedAgain) {
  base::TempFolder folder;
  PublishGeneration(folder.Path() / "serving", 1);
  ShelfPointer newest;
  std::mutex mutex;
  const auto get = [&] {
    const std::lock_guard lock(mutex);
    return newest;
  };
  auto writer = LocalChangeWriter::Start(folder.Path() / "changes", folder.Path() / "serving",
                                         [&](const ShelfPointer& shelf, const std::string&) {
                                           const std::lock_guard lock(mutex);
                                           newest = shelf;
                                         });
  ASSERT_TRUE(writer);
  const auto state = serving::ServingState::OpenCurrent(folder.Path() / "serving");
  ASSERT_TRUE(state);
  (*writer)->Serve(*state, "");
  std::vector<events::Change> changes;
  for (const auto& product : (*state)->PublishedShelf().catalogue.products) {
    if (changes.size() == 60) break;
    events::Change change;
    change.envelope.kind = events::Kind::kProduct;
    change.row = {{"product_id", product.product.value},
                  {"price", domain::Cents{product.price.value + 1}}};
    changes.push_back(change);
  }
  Status written;
  net::RunToEnd([&]() -> net::Task<void> {
    written = co_await (*writer)->Write(changes, (*state)->RetailerShape());
  }());
  ASSERT_TRUE(written);
  EXPECT_GT(get()->ShareByRows(), 0.125);
  (*writer)->Upkeep();
  EXPECT_EQ(get()->ShareByRows(), 0);
  EXPECT_NE(get()->State(), *state);
  EXPECT_EQ(get()->Price(0).value,
            (*state)->PublishedShelf().catalogue.products[0].price.value + 1);
  EXPECT_EQ(get()->State()->Manifest().generation, (*state)->Manifest().generation);
  (*writer)->Upkeep();
  (*writer)->Stop();
}

}  // namespace
}  // namespace aisle::api
