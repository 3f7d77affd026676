#include "training/fingerprint.h"

#include <fmt/format.h>

#include "base/files.h"
#include "training/sql.h"
#include "warehouse/row_reader.h"

namespace aisle::training {

Result<std::string> Fingerprint(warehouse::Connection& connection, base::Timestamp as_of,
                                std::string_view currency) {
  AISLE_TRY(auto rows,
            warehouse::RowReader::Open(connection, sql::kDataFingerprint, {{"as_of", as_of}}));
  const auto table = rows.Text("table_name");
  const auto row_count = rows.Int("row_count");
  const auto last_time = rows.Printed("last_time");
  const auto total = rows.Printed("total");
  std::string figures;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) break;
    figures +=
        fmt::format("{}{} {} rows", figures.empty() ? "" : "; ", rows[table], rows[row_count]);
    if (!rows.IsNull(last_time)) figures += " until " + rows[last_time];
    if (!rows.IsNull(total)) figures += fmt::format(", {} {}", rows[total], currency);
  }
  return base::Checksum(figures) + ": " + figures;
}

}  // namespace aisle::training
