#include "ingest/import_stock.h"

#include <fmt/format.h>

#include <utility>

#include "ingest/earlier_imports.h"
#include "ingest/enough_rows.h"
#include "ingest/fill_table.h"
#include "ingest/id_check.h"
#include "ingest/ingest.h"
#include "ingest/mapping_values.h"
#include "ingest/only_tables.h"
#include "ingest/read_shape.h"
#include "ingest/reject_groups.h"
#include "ingest/sources.h"
#include "ingest/sql.h"
#include "warehouse/row_reader.h"

namespace aisle::ingest {
namespace {

using warehouse::Connection;

constexpr std::string_view kTable = "raw.inventory";

Result<std::vector<raw::Row>> Differences(Connection& connection, bool gives_days) {
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kStockDifferences,
                                                  {{"gives_days", gives_days}}));
  const auto product = rows.Int("product_id");
  const auto region = rows.Text("region");
  const auto pieces = rows.Int("qty_on_hand");
  const auto days = rows.Int("est_delivery_days");
  std::vector<raw::Row> differences;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return differences;
    raw::Row row = {{"product_id", rows[product]},
                    {"region", std::string(rows[region])},
                    {"qty_on_hand", rows[pieces]}};
    if (!rows.IsNull(days)) row.push_back({"est_delivery_days", rows[days]});
    differences.push_back(std::move(row));
  }
}

Status Read(Connection& connection, const Mapping& mapping, const warehouse::Parameters& values,
            const std::filesystem::path& folder, const ImportOptions& options, StockImport& stock) {
  ImportReport& report = stock.report;
  AISLE_TRY(report.others, CheckOthers(connection, mapping, options.add));
  AISLE_CHECK(CheckOnlyGrows(connection, mapping, values));
  AISLE_CHECK(connection.Execute(sql::kForgetTableRejects,
                                 {{"mapping", mapping.name}, {"table_name", std::string(kTable)}}));
  AISLE_TRY(report.sources, OpenSources(connection, mapping, folder, options));
  AISLE_CHECK(CheckSourceRows(connection, mapping, report.sources));
  for (const Step& step : mapping.steps) AISLE_CHECK(RunStep(connection, mapping, step, values));
  AISLE_TRY(const domain::RetailerShape shape, ReadShape(connection));
  AISLE_CHECK(connection.Execute(sql::kKeepStock));
  bool gives_days = false;
  for (const TableStep& step : mapping.tables) {
    AISLE_TRY(ImportedTable table,
              FillTable(connection, mapping, step, values, shape, options.loaded_at));
    gives_days = gives_days || table.Gives("est_delivery_days");
    report.tables.push_back(std::move(table));
  }
  AISLE_TRY(stock.rows, Differences(connection, gives_days));
  AISLE_CHECK(connection.Execute(sql::kPutStockBack));
  for (const Step& step : mapping.steps) AISLE_CHECK(DropStep(connection, step));
  AISLE_CHECK(CloseSources(connection, mapping));
  AISLE_CHECK(CheckIds(connection, options.loaded_at));
  AISLE_CHECK(CheckTableRows(connection, mapping, report.tables));
  AISLE_TRY(report.rejects, GroupRejects(connection, mapping));
  AISLE_TRY(const std::int64_t last, connection.QueryInt(sql::kLastEvent));
  if (last >= 0) report.last_event = base::FromMicros(last);
  return {};
}

}  // namespace

Result<StockImport> ImportStock(Connection& connection, const std::string& mapping_name,
                                const std::filesystem::path& folder, const ImportOptions& options) {
  AISLE_TRY(Mapping whole, ReadMapping(mapping_name));
  AISLE_TRY(const warehouse::Parameters values, ValuesOf(whole, options));
  AISLE_TRY(const Mapping mapping, OnlyTables(std::move(whole), {std::string(kTable)}));
  AISLE_CHECK(CreateTables(connection));
  StockImport stock;
  stock.report.mapping = mapping.name;
  stock.report.about = mapping.about;
  stock.report.defaults = mapping.defaults;
  AISLE_CHECK(warehouse::InTransaction(
      connection, [&] { return Read(connection, mapping, values, folder, options, stock); }));
  return stock;
}

Status RejectStock(Connection& connection, const std::string& mapping, const raw::Row& row,
                   const std::string& reason, base::Timestamp at) {
  std::string text;
  for (const raw::Field& field : row) {
    const auto* number = std::get_if<std::int64_t>(&field.value);
    const auto* name = std::get_if<std::string>(&field.value);
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", field.column,
                        number != nullptr ? fmt::to_string(*number)
                        : name != nullptr ? *name
                                          : std::string("NULL"));
  }
  AISLE_CHECK(connection.Execute(sql::kAddReject, {{"source", mapping},
                                                   {"table_name", std::string(kTable)},
                                                   {"line", warehouse::Null{}},
                                                   {"reason", reason},
                                                   {"row_text", text},
                                                   {"rejected_at", at}}));
  return {};
}

}  // namespace aisle::ingest
