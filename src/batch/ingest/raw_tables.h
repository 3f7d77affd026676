// What the importer knows of the raw tables beside their columns: keys, and what a row must have.
//
//   order    RawTables() in loading order.
//   threads  constants.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace aisle::ingest {

struct RawTable {
  std::string_view name;              // "raw.stores"
  std::vector<std::string_view> key;  // Rows of equal key are one row.
  std::vector<std::string_view> required;
  // Rows that are there already stay as they are (events happen once); otherwise the newer row wins.
  bool keeps_rows = false;
};

// The tables a mapping may fill.
std::span<const RawTable> RawTables();
// Nullptr if there is none of this name.
const RawTable* FindRawTable(std::string_view name);

// The kind of raw.id_map for a column whose ids are made here ("product_id": "product"), or empty.
std::string_view IdKind(std::string_view column);
// The texts a column may hold, or empty if any.
std::span<const std::string_view> AllowedTexts(std::string_view table, std::string_view column);
// Columns that count something and cannot be negative.
bool IsCount(std::string_view column);

}  // namespace aisle::ingest
