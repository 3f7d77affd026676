// Every route of the product, in one table: what a person, a test or a machine must know of a route
// stands in its entry and nowhere else.
//
// To add a route: an entry here with examples, a handler (routes.h) and its line in README.md; a test
// runs the examples against a server and prints the line that is missing.
//
//   threads  the table is made once per server; handlers run on every loop.
#pragma once

#include <memory>
#include <vector>

#include "api/routes.h"
#include "web/route.h"

namespace aisle::api {

std::vector<web::Route> RouteTable(const std::shared_ptr<Desk>& desk);

}  // namespace aisle::api
