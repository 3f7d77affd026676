// Rows that change while their history is kept: stock, prices, customers.
//
// WriteRows brings what records say of rows into a raw table and into its history, in their order. FollowFiles does the
// same for what an import has written: files say what holds now, and a history that changes have begun must go on with
// that. Private to this module; both expect a transaction, and the tables to be there.
//
//   order    records rise by position, and their times never fall.
//   as of    before the first record of a row the old values still are what the queries of `gold` say: a row without a
//            history gets one that begins with what the table had since always (kAlways).
//   missing  a column that a record does not give stays as it is. In customer_history NULL is what the table says.
//   errors   the warehouse's.
//   cost     a few statements over the keys that are touched; FollowFiles reads tables and histories once.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "raw/check.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

// The beginning of all times that the tables hold.
inline constexpr base::Timestamp kAlways{std::chrono::sys_days{std::chrono::year{1} / 1 / 1}};

enum class Dated : std::uint8_t { kStock, kPrice, kCustomer };

struct DatedTable {
  Dated kind{};
  std::string_view table;       // "raw.inventory"
  std::string_view history;     // "raw.inventory_history"
  std::string_view stamp = {};  // The table's own column of when the row changed; empty: none.
  // Whether a row that was not there is taken to have been there always, as the queries do.
  bool new_since_always = false;
  // Whether NULL in the history is what the table says.
  bool null_is_of_table = false;
};
inline constexpr DatedTable kDatedTables[] = {
    {.kind = Dated::kStock,
     .table = "raw.inventory",
     .history = "raw.inventory_history",
     .stamp = "last_updated"},
    {.kind = Dated::kPrice,
     .table = "raw.product_catalog",
     .history = "raw.price_history",
     .new_since_always = true},
    {.kind = Dated::kCustomer,
     .table = "raw.customers",
     .history = "raw.customer_history",
     .new_since_always = true,
     .null_is_of_table = true},
};

// What one record says of one row: the key, and the columns that it gives.
struct DatedRow {
  std::uint64_t position = 0;  // At least 1.
  base::Timestamp at{};
  raw::Row row;
};

// What is older than the table's own row takes nothing back: stock of before `last_updated`, or of before the newest
// row of its history, is left out; of a product or a customer, the columns that have a history.
Status WriteRows(warehouse::Connection& connection, const DatedTable& table,
                 std::vector<DatedRow> rows);

// Rows of a history that a file gave as if they held still end where a later one begins; where the table says something
// else than the open row of its history, that one ends at `loaded_at`.
Status FollowFiles(warehouse::Connection& connection, base::Timestamp loaded_at);

// FollowFiles, where changes have ever been taken in; without them histories are the files' own. `begun`: when the
// import began, before the logs were taken in, so that what is written from then on is newer.
Status FollowImport(warehouse::Connection& connection, base::Timestamp begun);

}  // namespace aisle::ingest
