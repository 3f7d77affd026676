// Rows of a query as a Parquet file, written by the database itself: types stay what they are, lists included.
//
// ConfineToFolder first; the query may then be anybody's. Which columns of the file say that they hold no NULL differs
// between versions of the database (decision 0019); readers take both.
//
//   order    that of the query, where it has one.
//   threads  one; the connection is in use until the call returns.
//   errors   ConfineToFolder: those of a statement. WriteParquet: kInvalidArgument: the query is wrong; else those of a
//            statement. What was written till then stays in the folder.
//   cost     streams; memory does not grow with the rows.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/named_text.h"
#include "base/result.h"
#include "warehouse/warehouse.h"

namespace aisle::warehouse {

// As Confine, but for files right in this folder.
Status ConfineToFolder(Connection& connection, const std::filesystem::path& folder);

// How many rows. `query` is one that reads; `path` lies in the folder.
Result<std::int64_t> WriteParquet(Connection& connection, base::NamedText query,
                                  const std::filesystem::path& path);

}  // namespace aisle::warehouse
