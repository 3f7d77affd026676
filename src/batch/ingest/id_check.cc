#include "ingest/id_check.h"

#include <fmt/format.h>

#include <string_view>

#include "ingest/sql.h"
#include "warehouse/row_reader.h"

namespace aisle::ingest {
namespace {

Status CheckFloats(warehouse::Connection& connection) {
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kFloatIds));
  const auto kind = rows.Text("kind");
  const auto float_id = rows.Text("float_id");
  const auto whole_id = rows.Text("whole_id");
  const auto ids = rows.Int("ids");
  AISLE_TRY(const bool any, rows.Next());
  if (!any) return {};
  const std::string_view as_float = rows[float_id];
  return Fail(
      ErrorCode::kInvalidArgument,
      fmt::format("{0}_id: '{1}' and '{2}' are both there, ids of this kind: {3}; a data frame "
                  "made floats of these ids; declare the column BIGINT where the file has '{1}', "
                  "and give CAST(... AS VARCHAR) in the query",
                  rows[kind], as_float, rows[whole_id], rows[ids]));
}

Status CheckMixed(warehouse::Connection& connection, base::Timestamp loaded_at) {
  AISLE_TRY(auto rows,
            warehouse::RowReader::Open(connection, sql::kMixedIds, {{"loaded_at", loaded_at}}));
  const auto kind = rows.Text("kind");
  const auto table = rows.Text("table_name");
  const auto number = rows.Int("number_id");
  const auto text = rows.Text("text_id");
  AISLE_TRY(const bool any, rows.Next());
  if (!any) return {};
  return Fail(
      ErrorCode::kInvalidArgument,
      fmt::format("{0}_id: a number in {1} ({2}) and a text elsewhere ('{3}'), which are other ids "
                  "even where they look alike; give both as text: CAST(... AS VARCHAR) AS {0}_id",
                  rows[kind], rows[table], rows[number], rows[text]));
}

}  // namespace

Status CheckIds(warehouse::Connection& connection, base::Timestamp loaded_at) {
  AISLE_CHECK(CheckFloats(connection));
  return CheckMixed(connection, loaded_at);
}

}  // namespace aisle::ingest
