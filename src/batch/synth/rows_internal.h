// The two halves of rows.h: tables of the shop, whose rows are made one by one, and tables of the
// customers, whose rows come out of a customer's life.
#pragma once

#include <string_view>
#include <vector>

#include "synth/row_writer.h"
#include "synth/world.h"

namespace aisle::synth {

struct ShopTable {
  std::string_view name;
  std::int64_t entities;
  void (*write)(const Retailer::World& world, std::int64_t index, RowWriter& row);
};
const std::vector<ShopTable>& ShopTables();

// False if `table` is not a customers' table.
bool FillCustomers(const Retailer::World& world, std::string_view table, std::int64_t first,
                   std::int64_t last, arrow::BatchBuilder& builder);

}  // namespace aisle::synth
