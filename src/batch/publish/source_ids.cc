#include "publish/source_ids.h"

#include <fmt/format.h>

#include <charconv>

#include "publish/sql.h"
#include "warehouse/row_reader.h"

namespace aisle::publish {

Result<SourceIds> SourceIds::Read(warehouse::Connection& connection, const std::string& kind) {
  SourceIds ids;
  ids.kind_ = kind;
  AISLE_TRY(const bool has_map, connection.HasTable("raw.id_map"));
  if (!has_map) return ids;
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kSourceIds, {{"kind", kind}}));
  const auto id = rows.Int("id");
  const auto source = rows.Text("source_id");
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return ids;
    ids.to_source_.emplace(rows[id], rows[source]);
    ids.to_ours_.emplace(rows[source], rows[id]);
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

}  // namespace aisle::publish
