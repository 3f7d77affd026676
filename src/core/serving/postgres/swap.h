// What has to be said to the server so that new tables take the place of old ones. Private to this room.
//
//   errors   as a statement. PlanSwap: kFailedPrecondition for what cannot be carried over, by its name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"
#include "postgres/connection.h"

namespace aisle::serving {

struct SwapPlan {
  std::vector<std::string> options;    // Of the new table, before it has rows.
  std::vector<std::string> structure;  // Its constraints and indexes, once it has.
  std::vector<std::string> swap;       // In their order, in one transaction.
};
// Of one table, or of several that change places together. Their statements must run before anything else changes
// them.
net::Task<Result<SwapPlan>> PlanSwap(postgres::Connection& connection,
                                     std::vector<std::string> tables, net::Deadline deadline);
// As one text for RunScript.
std::string AsScript(const std::vector<std::string>& statements);

}  // namespace aisle::serving
