// The names of a Postgres store: its schema, its three roles, its tables.
//
// Everything else of this room works inside the schema by the search_path that Enter() sets, so that its SQL is text
// without placeholders.
//
//   order    kLoadedTables: in which they are copied and locked.
//   errors   CheckNames: kInvalidArgument, with the setting and what is accepted. Enter: as a statement.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "base/named_text.h"
#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"
#include "postgres/connection.h"
#include "postgres/migrations.h"

namespace aisle::serving {

struct StoreNames {
  std::string schema;
  std::string owner;   // Owns the schema and what is in it; loads.
  std::string writer;  // Syncs: changes rows, makes no tables.
  std::string reader;  // Serves: reads, and adds to the two logs.
};
// Lower-case letters, digits and underscores, beginning with a letter; at most 48; no two roles alike.
Status CheckNames(const StoreNames& names);

// What a load replaces.
inline constexpr std::array<std::string_view, 5> kLoadedTables = {
    "customer_features", "customer_propensity", "inventory", "product_catalog", "customer_ids"};
// What stays: which generation it is, what servers write, who may ask them.
inline constexpr std::array<std::string_view, 9> kKeptTables = {
    "aisle_meta",  "generation_files", "impressions", "writes",          "writes_position",
    "log_readers", "tokens",           "token_audit", "aisle_migrations"};
// A loaded table before it is swapped in, and what it replaced until that is dropped.
inline constexpr std::string_view kNewSuffix = "__new";
inline constexpr std::string_view kOldSuffix = "__old";
// What `aisle store bench` copies the same rows into.
inline constexpr std::string_view kBenchPrefix = "bench_";

// The channel that is told a generation's number when it becomes the one in the tables.
inline constexpr std::string_view kGenerationChannel = "aisle_generation";
// And one that is told its checksum when its files are there, before its tables are.
inline constexpr std::string_view kFilesChannel = "aisle_generation_files";
// The one that is told a position when something was written.
inline constexpr std::string_view kWritesChannel = "aisle_writes";

// How the schema came to be, for postgres::Migrate.
std::span<const postgres::Migration> StoreMigrations();
// The text with {schema}, {owner}, {writer} and {reader} put in.
std::string PutIn(base::NamedText text, const StoreNames& names);
// From here on the session finds the schema's tables by their names, and nothing else but the system's own.
net::Task<Status> Enter(postgres::Connection& connection, const StoreNames& names,
                        net::Deadline deadline);

}  // namespace aisle::serving
