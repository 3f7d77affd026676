// An import's report for people and for programs.
//
//   order    of the text: what came in, what was rejected and why, what to look at, what stands in for what is lacking.
//   missing  a part of which there is nothing to say is left out of the text, and empty in the JSON.
//   threads  pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "ingest/import.h"

namespace aisle::app {

boost::json::object ImportJson(const ingest::ImportReport& report, double seconds);
// `kept`: raw.rejects has the rest of the rejected rows.
std::string ImportText(const ingest::ImportReport& report, bool kept = true);

}  // namespace aisle::app
