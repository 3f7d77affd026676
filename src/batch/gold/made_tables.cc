#include "gold/made_tables.h"

#include <fmt/format.h>

#include <array>
#include <map>

#include "base/files.h"
#include "gold/raw_tables.h"
#include "gold/sql.h"
#include "ingest/read_shape.h"
#include "warehouse/row_reader.h"

namespace aisle::gold {
namespace {

struct RecordTable {
  const char* name;
  base::NamedText query;
};

constexpr std::array<RecordTable, 5> kRecordTables = {
    {{"gold.customer_state", sql::kCustomerState},
     {"gold.customer_category", sql::kCustomerCategory},
     {"gold.customer_product", sql::kCustomerProduct},
     {"gold.product_state", sql::kProductState},
     {"gold.product_region", sql::kProductRegion}}};

// Regions, postal rules and tiers as text: which region counts a purchase follows from them.
std::string ShapeText(const domain::RetailerShape& shape) {
  const domain::RetailerShape::Parts& parts = shape.All();
  std::string text;
  for (const auto& region : parts.regions) text += fmt::format("region {}\n", region.name);
  for (const auto& format : parts.postal_formats)
    text += fmt::format("format {} {}\n", format.country, format.format);
  for (const auto& rule : parts.postal_rules)
    text += fmt::format("rule {} {} {}\n", rule.country, rule.prefix, rule.region);
  for (const auto& tier : parts.tiers)
    text += fmt::format("tier {} {}\n", tier.name, tier.floor.value);
  return text;
}

struct Made {
  std::int64_t rows = 0;
  std::string mark;
};

// What the last refresh left, by table; empty if it was as of another moment.
Result<std::map<std::string, Made>> ReadMade(warehouse::Connection& connection,
                                             base::Timestamp as_of) {
  std::map<std::string, Made> made;
  AISLE_TRY(const std::int64_t keeps_marks, connection.QueryInt(sql::kKeepsMarks));
  if (keeps_marks == 0) return made;
  AISLE_TRY(auto rows,
            warehouse::RowReader::Open(connection, sql::kMadeTables, {{"as_of", as_of}}));
  const auto table = rows.Text("table_name");
  const auto row_count = rows.Int("rows_changed");
  const auto mark = rows.Text("data_mark");
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return made;
    made[std::string(rows[table])] = {.rows = rows[row_count], .mark = std::string(rows[mark])};
  }
}

}  // namespace

Result<std::string> DataMark(warehouse::Connection& connection, base::Timestamp as_of) {
  std::string all;
  for (const RecordTable& table : kRecordTables) {
    AISLE_TRY(const auto parameters, ParametersOf(table.query, as_of));
    AISLE_TRY(const std::string text, warehouse::Render(table.query, parameters));
    all += text;
  }
  AISLE_TRY(const auto shape, ingest::ReadShape(connection));
  all += ShapeText(shape);
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kDataMark, {{"as_of", as_of}}));
  const auto table = rows.Text("table_name");
  const auto row_count = rows.Int("row_count");
  const auto contents = rows.Printed("contents");
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return base::Checksum(all);
    all += fmt::format("{} {} {}\n", rows[table], rows[row_count], rows[contents]);
  }
}

Result<bool> TablesHold(warehouse::Connection& connection, base::Timestamp as_of) {
  AISLE_TRY(const auto made, ReadMade(connection, as_of));
  if (made.empty()) return false;
  AISLE_TRY(const auto there, connection.TableNames());
  std::string mark;
  for (const RecordTable& table : kRecordTables) {
    const auto found = made.find(table.name);
    if (found == made.end() || (!mark.empty() && found->second.mark != mark)) return false;
    mark = found->second.mark;
    if (!there.contains(table.name)) return false;
    const std::string count = fmt::format("SELECT count(*) FROM {}", table.name);
    AISLE_TRY(const std::int64_t rows, connection.QueryInt({"gold/made_tables.cc", count}));
    if (rows != found->second.rows) return false;
  }
  AISLE_TRY(const std::string now, DataMark(connection, as_of));
  return now == mark;
}

}  // namespace aisle::gold
