// A mapping by its name or file, and the values of its parameters. Private to this module.
//
//   errors   kInvalidArgument: a parameter that the mapping does not have, or a value that is none; kNotFound: no such
//            shipped mapping or file.
#pragma once

#include <string>

#include "base/result.h"
#include "ingest/import.h"
#include "ingest/mapping.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

Result<Mapping> ReadMapping(const std::string& mapping);
Result<warehouse::Parameters> ValuesOf(const Mapping& mapping, const ImportOptions& options);

}  // namespace aisle::ingest
