// What a Connection holds. Private to this module.
#pragma once

#include <memory>

#include "warehouse/driver.h"
#include "warehouse/warehouse.h"

namespace aisle::warehouse {

struct Connection::Impl {
  std::shared_ptr<Session> session;
  bool in_transaction = false;  // Begin was called, and neither Commit nor Rollback since.

  Status Control(const char* statement);
};

}  // namespace aisle::warehouse
