// Telling the caller how far a job is, and hearing that it should end.
#pragma once

#include "publish/publish.h"

namespace aisle::publish {

// kUnavailable "cancelled" when the caller says so.
Status Tell(const Progress& progress, std::int64_t customers_done);

}  // namespace aisle::publish
