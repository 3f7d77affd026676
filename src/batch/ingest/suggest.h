// A mapping for a folder of files that nobody has described yet: what to begin from, not what to believe.
//
// Samples of the files are read; names of columns say which file is what (file_role.h), what stands in
// them gives the types (column_guess.h). Whatever is a guess that nothing in the files confirms is a
// comment "# UNSURE: …" in the mapping, and one of Suggestion::unsure: a wrong guess has to be seen.
//
//   order    files in the order of their names.
//   missing  a file that is no table of a shop's is a comment with the reason. Customers and products
//            that have no file are made of the sales.
//   threads  one.
//   errors   kNotFound: no such folder or file; kInvalidArgument: nothing in it that can be read, no file of sales.
//   cost     some MiB of each file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace aisle::ingest {

struct Suggestion {
  std::string mapping;              // TOML that ParseMapping takes.
  std::vector<std::string> unsure;  // Its "UNSURE" comments.
};

// Of the files right in a folder (a folder in it is one source of parts), or of one file.
Result<Suggestion> SuggestMapping(const std::filesystem::path& folder_or_file);

}  // namespace aisle::ingest
