// Statements over a raw table and its history: frames of sql/, in which {parts} stand for what differs by table.
//
// {table} and {history} are names; {keys}, {columns} and {values} lists, {t.keys} the same of an alias; {t=s} says
// that two aliases are one row. The other parts are conditions that one frame has (history_frames.cc). Private to this
// module.
//
//   order    columns as in raw/tables.h.
//   errors   an unknown part is an assertion.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/named_text.h"
#include "ingest/history.h"

namespace aisle::ingest {

using Names = std::vector<std::string_view>;

inline bool IsIn(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

struct Parts {
  Names keys;
  Names columns;  // Of the table; without key and stamp.
  Names values;   // Of the history, which are columns of the table too.
};

Parts PartsOf(const DatedTable& dated);

std::string FillFrame(base::NamedText frame, const DatedTable& dated);

}  // namespace aisle::ingest
