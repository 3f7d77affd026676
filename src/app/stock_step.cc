#include "app/stock_step.h"

#include <vector>

#include "app/change_log.h"
#include "app/import_text.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/sql.h"
#include "app/stock_feed.h"
#include "app/take_in.h"
#include "app/token_settings.h"
#include "base/log.h"
#include "base/stopwatch.h"
#include "ingest/import_stock.h"
#include "ingest/read_shape.h"
#include "publish/source_ids.h"
#include "warehouse/row_reader.h"
#include "web/json_text.h"
#include "workspace/process.h"

namespace aisle::app {
namespace {

// To the server that runs here, or into the log, which nobody else has then.
Result<std::vector<RefusedRow>> Deliver(const Context& context, Job& job,
                                        const std::vector<raw::Row>& rows) {
  if (rows.empty()) return std::vector<RefusedRow>{};
  const auto server = workspace::RunningProcess(context.workspace.Run(), "serve");
  if (!server) {
    AISLE_TRY(const auto shape, ingest::ReadShape(job.Connection()));
    AISLE_TRY(const auto log, ChangeLogToWrite(context));
    return AppendStock(*log, rows, shape);
  }
  AISLE_TRY(const web::Address address, web::ParseAddress(server->address));
  AISLE_TRY(const std::string authorization, ClientAuthorization(context.settings));
  AISLE_TRY(const auto ids, publish::SourceIds::Read(job.Connection(), "product"));
  const auto id = [&](std::int64_t product) {
    if (!ids.Mapped()) return fmt::to_string(product);
    std::string text;
    web::AppendJsonString(text, ids.Source(product));
    return text;
  };
  return SendStock(address, rows, id, authorization);
}

}  // namespace

Status StockStep(const Context& context, Job& job, const std::string& mapping,
                 const std::filesystem::path& folder, const ingest::ImportOptions& how) {
  const base::Stopwatch watch;
  AISLE_TRY(const ingest::StockImport stock,
            ingest::ImportStock(job.Connection(), mapping, folder, how));
  AISLE_TRY(const auto refused, Deliver(context, job, stock.rows));
  for (const RefusedRow& row : refused) {
    AISLE_CHECK(ingest::RejectStock(job.Connection(), stock.report.mapping, stock.rows[row.row],
                                    row.why, how.loaded_at));
  }
  AISLE_CHECK(TakeInChanges(context, job));
  const std::size_t changed = stock.rows.size() - refused.size();
  AISLE_CHECK(job.Record("import --only inventory", how.loaded_at, watch.Seconds(),
                         {{"changed", static_cast<std::int64_t>(changed)}}));
  if (context.json) {
    boost::json::object json = ImportJson(stock.report, watch.Seconds());
    json["changed"] = changed;
    json["refused"] = refused.size();
    PrintJson(json);
    return {};
  }
  PrintOut(ImportText(stock.report));
  if (!refused.empty()) {
    PrintOut(fmt::format("refused by the server: {}, the first: {}; raw.rejects has them\n",
                         refused.size(), refused.front().why));
  }
  context.Say("{} rows of stock changed, in {}", changed, Seconds(watch.Seconds()));
  return {};
}

Status FollowStock(const Context& context, Job& job, base::Timestamp begun) {
  std::vector<raw::Row> rows;
  AISLE_TRY(auto found,
            warehouse::RowReader::Open(job.Connection(), sql::kFollowedStock, {{"begun", begun}}));
  const auto product = found.Int("product_id");
  const auto region = found.Text("region");
  const auto quantity = found.Int("qty_on_hand");
  const auto days = found.Int("est_delivery_days");
  for (;;) {
    AISLE_TRY(const bool more, found.Next());
    if (!more) break;
    rows.push_back({{"product_id", found[product]},
                    {"region", std::string(found[region])},
                    {"qty_on_hand", found[quantity]},
                    {"est_delivery_days", found[days]}});
  }
  if (rows.empty()) return {};
  AISLE_TRY(const auto refused, Deliver(context, job, rows));
  for (const RefusedRow& row : refused)
    base::LogWarning("stock of the import is not served before the next generation: {}", row.why);
  AISLE_CHECK(TakeInChanges(context, job));
  return {};
}

}  // namespace aisle::app
