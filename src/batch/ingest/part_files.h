// The files of a source: one, those of a folder, or those that a pattern names.
//
// Batch programs write a table as a folder of parts, often in folders by the value of a column
// ("day=2025-01-10/part-0").
//
//   order    by name, folder by folder, so that the same files give the same rows in the same order.
//            What links lead to is read once, by its own name where it has one in the folder.
//   missing  names that begin with . or _ are no parts (_SUCCESS, .crc files), unless the source's own text
//            begins so; a value that the writer had none of ("__HIVE_DEFAULT_PARTITION__") is none.
//   threads  reads folders; no state.
//   errors   FindParts: kNotFound: nothing is there, or nothing fits the pattern. kInvalidArgument: a folder
//            without parts, one that a table format keeps whose files are not all rows that hold (Delta,
//            Hudi, Iceberg), more than kPartsMax, a link that leads nowhere.
//   source   patterns as in glob(7), folder by folder; folders named by values as Hive names them, %XX for
//            what a path cannot hold.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace aisle::ingest {

inline constexpr std::size_t kPartsMax = 10'000;

struct PartFile {
  std::filesystem::path path;
  std::string name;  // Below the import's folder: "orders/day=2025-01-10/part-0.parquet".
  // Columns that its folders give, the outermost first.
  std::vector<std::pair<std::string, std::optional<std::string>>> keys;
};

// `file` as the mapping says it, below `folder`. Never empty.
Result<std::vector<PartFile>> FindParts(const std::filesystem::path& folder,
                                        const std::string& file);

// Whether FindParts may have found a part of this name for it.
bool MayBePart(std::string_view name, const std::string& file);

}  // namespace aisle::ingest
