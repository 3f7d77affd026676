// Numbered steps that bring a schema from nothing to what the program needs, each applied once.
//
//   co_await Migrate(connection, "aisle", steps, deadline)
//
// `<schema>.aisle_migrations` says which were applied, when, and the checksum of their text. Each
// runs in a transaction of its own together with its row there, under an advisory lock of the
// schema: several servers may start at once, and one does the work. search_path is the schema while
// a step runs.
//
//   order    by number; numbers rise from 1 without gaps.
//   missing  the schema and its table are made.
//   errors   kFailedPrecondition: a step that was applied reads otherwise now (its number and name
//            are in the text); the database has a step that the program does not know (it is
//            newer); CheckMigrations finds steps that are still to be applied. kInvalidArgument: a
//            list that is none. A step that fails: as its statement, with the step's name in front;
//            it leaves nothing behind. kUnavailable: another migrates, beyond the deadline.
//   cost     one round trip when there is nothing to do.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"
#include "postgres/connection.h"

namespace aisle::postgres {

struct Migration {
  int number = 0;
  std::string_view name;  // "serving_tables"
  std::string_view
      sql;  // Any number of statements; none that cannot run in a transaction, no COMMIT.
};

struct MigrationReport {
  std::vector<int> applied = {};  // By this call.
  int version = 0;                // The last number that is applied now; 0: none.
};

// The steps must live until the task has ended.
net::Task<Result<MigrationReport>> Migrate(Connection& connection, std::string schema,
                                           std::span<const Migration> steps,
                                           net::Deadline deadline);
// Changes nothing: whether the database has exactly these.
net::Task<Status> CheckMigrations(Connection& connection, std::string schema,
                                  std::span<const Migration> steps, net::Deadline deadline);

}  // namespace aisle::postgres
