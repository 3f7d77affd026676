#include "training/fingerprint.h"

#include <fmt/format.h>

#include "base/files.h"
#include "training/sql.h"

namespace aisle::training {

Result<std::string> Fingerprint(warehouse::Connection& connection, base::Timestamp as_of) {
  AISLE_TRY(const auto rows, connection.QueryText(sql::kDataFingerprint, {{"as_of", as_of}}));
  std::string figures;
  for (const auto& row : rows) {
    figures += fmt::format("{}{} {} rows", figures.empty() ? "" : "; ", row[0], row[1]);
    if (row[2] != "NULL") figures += " until " + row[2];
    if (row[3] != "NULL") figures += fmt::format(", {} USD", row[3]);
  }
  return base::Checksum(figures) + ": " + figures;
}

}  // namespace aisle::training
