// Which files that are no model of ours people hand over first, told by their first bytes: what it is, and what to
// export instead. Private to this module.
//
//   missing  empty: nothing that is known; whoever reads the file says what is wrong with it.
//   errors   none.
//   cost     looks at the first kilobyte.
#pragma once

#include <string>
#include <string_view>

#include "forest/formats/document.h"

namespace aisle::forest {

// Of any bytes: pickles, compressed and binary files, dumps, byte-order marks.
std::string WhatElseItIs(std::string_view bytes);
// Of a JSON or UBJSON document that is no model: a dump, a configuration, a snapshot.
std::string WhatElseItIs(const Value& root);

}  // namespace aisle::forest
