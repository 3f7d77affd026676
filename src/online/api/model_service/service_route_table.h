// All routes of the model service, as data. Private to the module.
//
// The router serves this table, and tests hold the README's table and the examples against it. To add a route: its
// entry here, its handler (service_routes.h), its line in the README of this folder.
#pragma once

#include <vector>

#include "api/model_service/service_routes.h"
#include "web/route.h"

namespace aisle::api {

std::vector<web::Route> ServiceRouteTable(const ServiceDeskPointer& desk);

}  // namespace aisle::api
