#include "ingest/reject_groups.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "ingest/part_files.h"
#include "ingest/sources.h"
#include "ingest/sql.h"
#include "warehouse/row_reader.h"

namespace aisle::ingest {
namespace {

constexpr std::size_t kExamplesMax = 3;

// The source's file that a part belongs to; what no source's line is, the mapping's own name.
std::string FileOf(const Mapping& mapping, const std::string& part) {
  for (const Source& source : mapping.sources) {
    if (MayBePart(part, source.file)) return source.file;
  }
  return part.empty() ? mapping.name : part;
}

// By this import; what another one of some tables alone (only_tables.h) rejected is not said again.
bool IsFilled(const Mapping& mapping, std::string_view table) {
  return table.empty() ||
         std::ranges::find(mapping.tables, table, &TableStep::table) != mapping.tables.end();
}

RejectGroup& GroupOf(std::vector<RejectGroup>& groups, RejectGroup&& wanted) {
  const auto found = std::ranges::find_if(groups, [&](const RejectGroup& group) {
    return group.file == wanted.file && group.table == wanted.table &&
           group.reason == wanted.reason;
  });
  return found != groups.end() ? *found : groups.emplace_back(std::move(wanted));
}

}  // namespace

Result<std::vector<RejectGroup>> GroupRejects(warehouse::Connection& connection,
                                              const Mapping& mapping) {
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kRejectGroups,
                                                  {{"mapping", mapping.name}}));
  const auto source = rows.Text("source");
  const auto table = rows.Text("table_name");
  const auto column = rows.Text("column_name");
  const auto kind = rows.Text("kind");
  const auto count = rows.Int("row_count");
  const auto rank = rows.Int("rank");
  const auto line = rows.Int("line");
  const auto value = rows.Text("value");
  const auto text = rows.Text("row_text");
  const std::string prefix = RejectSource(mapping, "");
  std::vector<RejectGroup> groups;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) break;
    if (!IsFilled(mapping, rows[table])) continue;
    const std::string_view from = rows[source];
    const std::string part(from.starts_with(prefix) ? from.substr(prefix.size()) : "");
    RejectGroup& group = GroupOf(groups, {.file = FileOf(mapping, part),
                                          .table = std::string(rows[table]),
                                          .column = std::string(rows[column]),
                                          .reason = std::string(rows[kind])});
    if (rows[rank] == 1) group.rows += rows[count];
    if (group.examples.size() == kExamplesMax) continue;
    group.examples.push_back({.file = part.empty() ? mapping.name : part,
                              .line = rows.OrElse(line, std::int64_t{0}),
                              .value = std::string(rows.OrElse(value, std::string_view())),
                              .row = std::string(rows.OrElse(text, std::string_view()))});
  }
  std::ranges::stable_sort(groups, std::greater(), &RejectGroup::rows);
  return groups;
}

}  // namespace aisle::ingest
