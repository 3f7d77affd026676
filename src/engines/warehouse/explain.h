// What the driver's words mean for the caller: a code, the line of the named text, the holder of a
// locked file.
//
// Private to this module. DuckDB says what kind of error it is in the first words of its message
// ("Binder Error: …") and where in a last part ("LINE 3: …"); both are read here and nowhere else.
//
//   errors   kInvalidArgument: the SQL, a value or the data is wrong; kNotFound: a file that a query
//            names; kUnavailable: a conflict, no memory, no disk, an interrupt; kFailedPrecondition:
//            a read-only database, a transaction that must be rolled back; kInternal: the rest.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "warehouse/driver.h"

namespace aisle::warehouse {

// An error of the statement that begins at `line` of the text `name`:
// "gold/sql/orders.sql:17: Binder Error: …".
Error ExplainStatement(const Failure& failure, std::string_view name, int line);

// An error of opening the database file.
Error ExplainOpen(const Failure& failure, const std::filesystem::path& path);

// An error of appending rows, with a text that the caller names.
Error ExplainIngest(const Failure& failure);

// The code alone, and the words in one line without the "LINE" part.
Error ExplainWords(std::string_view words);

}  // namespace aisle::warehouse
