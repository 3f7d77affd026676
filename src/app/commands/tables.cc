#include "app/command.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/sql.h"

namespace aisle::app {
namespace {

Status Tables(Context& context) {
  AISLE_TRY(auto database,
            context.workspace.OpenWarehouse(warehouse::Access::kReadOnly, context.settings));
  AISLE_TRY(auto connection, database.Connect());
  AISLE_TRY(const auto tables, connection.QueryText(sql::kTableList));
  TextTable table({{"table"}, {"rows", Align::kRight}, {"columns", Align::kRight}});
  boost::json::array list;
  for (const auto& row : tables) {
    const std::string name = row[0] + "." + row[1];
    const std::string count = fmt::format("SELECT count(*) FROM \"{}\".\"{}\"", row[0], row[1]);
    AISLE_TRY(const std::int64_t rows, connection.QueryInt({"app/count_rows", count}));
    table.Add({name, Grouped(rows), row[2]});
    list.push_back({{"table", name}, {"rows", rows}, {"columns", std::stoll(row[2])}});
  }
  if (context.json) {
    PrintJson(list);
  } else {
    PrintOut(table.Text());
  }
  return {};
}

}  // namespace

void DefineTables(CommandBuilder& command) {
  command.Examples({{"aisle tables", "every table with rows and columns"},
                    {"aisle sql 'DESCRIBE gold.customer_360'", "the columns of one"}});
  command.Run(Tables);
}

}  // namespace aisle::app
