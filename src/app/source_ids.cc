#include "app/source_ids.h"

#include <fmt/format.h>

#include <charconv>

#include "app/sql.h"

namespace aisle::app {

Result<SourceIds> SourceIds::Read(warehouse::Connection& connection, const std::string& kind) {
  SourceIds ids;
  ids.kind_ = kind;
  AISLE_TRY(const bool has_map, connection.HasTable("raw.id_map"));
  if (!has_map) return ids;
  AISLE_TRY(auto rows, connection.Query(sql::kSourceIds, {{"kind", kind}}));
  for (;;) {
    AISLE_TRY(const auto batch, rows.Next());
    if (!batch) return ids;
    for (std::int64_t row = 0; row < batch->RowCount(); ++row) {
      const std::int64_t id = batch->Int(0, row);
      const std::string source(batch->String(1, row));
      ids.to_source_.emplace(id, source);
      ids.to_ours_.emplace(source, id);
    }
  }
}

std::string SourceIds::Source(std::int64_t id) const {
  const auto found = to_source_.find(id);
  return found == to_source_.end() ? fmt::format("{}", id) : found->second;
}

Result<std::int64_t> SourceIds::Ours(const std::string& source) const {
  if (const auto found = to_ours_.find(source); found != to_ours_.end()) return found->second;
  if (!Mapped()) {
    std::int64_t id = 0;
    const char* end = source.data() + source.size();
    const auto [stop, code] = std::from_chars(source.data(), end, id);
    if (code == std::errc() && stop == end) return id;
    return Fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no {} id", source, kind_));
  }
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is not among the {} ids that were imported", source, kind_));
}

}  // namespace aisle::app
