// What the importer's tests share: a folder of their own, a database, and answers as text.
//
// Private to the tests of this module.
//
//   threads  one; the folder is removed at the end of the test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "ingest/import.h"
#include "ingest/ingest.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

inline constexpr std::int64_t kLoadedMicros = 1'750'000'000'000'000;  // 2025-06-15 15:06:40 UTC

class WarehouseTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("aisle_ingest_" + std::to_string(getpid()) + "_" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    OpenDatabase(":memory:");
  }
  void TearDown() override {
    CloseDatabase();
    std::filesystem::remove_all(folder_);
  }

  void OpenDatabase(const std::filesystem::path& path) {
    CloseDatabase();
    auto database = warehouse::Database::Open(path);
    ASSERT_TRUE(database) << database.error().message;
    database_.emplace(std::move(*database));
    auto connection = database_->Connect();
    ASSERT_TRUE(connection) << connection.error().message;
    connection_.emplace(std::move(*connection));
  }
  void CloseDatabase() {
    connection_.reset();
    database_.reset();
  }

  std::filesystem::path Write(const std::string& name, std::string_view bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return folder_ / name;
  }

  static ImportOptions Options() {
    ImportOptions options;
    options.loaded_at = base::FromMicros(kLoadedMicros);
    return options;
  }

  // Rows as lines of cells with a bar between, or the error.
  std::string Rows(std::string_view query) {
    const auto rows = connection_->QueryText({"test", query});
    if (!rows) return rows.error().message;
    std::string text;
    for (const auto& row : *rows) {
      for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : "|") + row[i];
      text += "\n";
    }
    return text;
  }

  std::filesystem::path folder_;
  std::optional<warehouse::Database> database_;
  std::optional<warehouse::Connection> connection_;
};

}  // namespace aisle::ingest
