// A query file made ready to send: parameters and macros in place, cut into statements that know
// their line.
//
// Private to this module.
//
//   units   a statement's text has as many lines as in the file, so line n of it is line
//           `line` + n - 1 of the file.
//   errors  kInvalidArgument with "name:line" for what Tokenize and Literal refuse, an unknown
//           macro, a $name without a value; with "name" for a value without a $name or given twice.
#pragma once

#include <string>
#include <vector>

#include "warehouse/warehouse.h"

namespace aisle::warehouse {

struct Statement {
  std::string text;  // From its first word; never blank.
  int line = 1;      // Of that word.
};

Result<std::vector<Statement>> RenderScript(base::NamedText script, const Parameters& parameters);

}  // namespace aisle::warehouse
