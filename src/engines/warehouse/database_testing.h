// A folder that goes with its test, and short ways to rows. Private to the tests.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "warehouse/warehouse.h"

namespace aisle::warehouse {

using Rows = std::vector<std::vector<std::string>>;

class WarehouseTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("aisle_warehouse_test_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static Database Open(const std::filesystem::path& path, const Options& options = {}) {
    Result<Database> database = Database::Open(path, options);
    EXPECT_TRUE(database.has_value()) << database.error().message;
    return *std::move(database);
  }
  static Error OpenError(const std::filesystem::path& path, const Options& options = {}) {
    const Result<Database> database = Database::Open(path, options);
    EXPECT_FALSE(database.has_value()) << path;
    return database ? Error{} : database.error();
  }

  std::filesystem::path folder_;
};

// A test on a database in memory.
class MemoryTest : public testing::Test {
 protected:
  Rows Read(std::string_view query, const Parameters& parameters = {}) {
    Result<Rows> rows = connection_.QueryText({"test.sql", query}, parameters);
    EXPECT_TRUE(rows.has_value()) << query << ": " << rows.error().message;
    return rows ? *std::move(rows) : Rows{};
  }
  std::string ReadOne(std::string_view query, const Parameters& parameters = {}) {
    const Rows rows = Read(query, parameters);
    EXPECT_TRUE(rows.size() == 1 && rows[0].size() == 1) << query;
    return rows.empty() ? "" : rows[0][0];
  }
  void Run(std::string_view script) {
    const auto ran = connection_.Execute({"test.sql", script});
    EXPECT_TRUE(ran.has_value()) << ran.error().message;
  }
  Error QueryError(std::string_view query) {
    const auto rows = connection_.QueryText({"test.sql", query});
    EXPECT_FALSE(rows.has_value()) << query;
    return rows ? Error{} : rows.error();
  }

  Database database_ = *Database::Open(":memory:", {.threads = 2});
  Connection connection_ = *database_.Connect();
};

// `batches` batches of what `fill` appends, then the end.
inline arrow::Stream Batches(arrow::Schema schema, int batches,
                             std::function<void(int, arrow::BatchBuilder&)> fill) {
  auto builder = std::make_shared<arrow::BatchBuilder>(schema);
  return arrow::MakeStream(schema,
                           [builder, batches, fill = std::move(fill),
                            done = 0]() mutable -> Result<std::optional<arrow::Batch>> {
                             if (done == batches) return std::nullopt;
                             fill(done++, *builder);
                             return std::optional<arrow::Batch>(builder->Finish());
                           });
}

}  // namespace aisle::warehouse
