#include "app/print_json.h"

#include "app/print.h"

namespace aisle::app {

void PrintJson(const boost::json::value& value) { PrintOut(boost::json::serialize(value) + "\n"); }

}  // namespace aisle::app
