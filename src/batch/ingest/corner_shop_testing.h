// A copy of an example shop, which a test imports, spoils and imports again. Private to this module's tests.
//
//   errors   as the functions that are tested.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "base/files.h"
#include "ingest/import.h"
#include "ingest/warehouse_testing.h"

namespace aisle::ingest {

// `shop` is a folder of config/mappings.
class ExampleShopTest : public WarehouseTest {
 protected:
  explicit ExampleShopTest(std::string shop) : shop_(std::move(shop)) {}
  void SetUp() override {
    WarehouseTest::SetUp();
    std::filesystem::copy(std::filesystem::path(AISLE_SOURCE_DIR) / "config/mappings" / shop_,
                          folder_);
  }

  Result<ImportReport> ImportShop() {
    return Import(*connection_, (folder_ / "mapping.toml").string(), folder_, Options());
  }
  // The report of one table as "rows added updated rejected", or the error.
  std::string Shop(std::string_view table = "raw.event_stream") {
    const auto report = ImportShop();
    if (!report) return report.error().message;
    for (const ImportedTable& one : report->tables) {
      if (one.table == table) {
        return std::to_string(one.rows) + " " + std::to_string(one.added) + " " +
               std::to_string(one.updated) + " " + std::to_string(one.rejected);
      }
    }
    return "no such table";
  }
  void Append(const std::string& name, std::string_view bytes) {
    std::ofstream(folder_ / name, std::ios::binary | std::ios::app) << bytes;
  }
  void Replace(const std::string& name, std::string_view was, std::string_view is) {
    std::string text = *base::ReadFile(folder_ / name);
    const std::size_t at = text.find(was);
    ASSERT_NE(at, std::string::npos) << was;
    Write(name, text.replace(at, was.size(), is));
  }

 private:
  std::string shop_;
};

class CornerShopTest : public ExampleShopTest {
 protected:
  CornerShopTest() : ExampleShopTest("corner_shop") {}
};

}  // namespace aisle::ingest
