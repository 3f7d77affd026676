// Running the product's server in this process until it is told to stop.
#pragma once

#include <functional>
#include <string>

#include "app/command.h"

namespace aisle::app {

// Prints the start-up lines, writes <run>/serve.json while it lives, and serves until SIGINT, SIGTERM or
// another reason to stop. `ready` hears the address once it listens.
//
//   errors   as api::ProductServer::Start; kUnavailable: another server of this data directory.
Status ServeUntilStopped(const Context& context,
                         const std::function<void(const std::string& address)>& ready = {});

}  // namespace aisle::app
