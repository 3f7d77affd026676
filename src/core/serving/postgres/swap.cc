#include "serving/postgres/swap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "postgres/rows.h"
#include "serving/sql.h"

namespace aisle::serving {
namespace {

constexpr std::string_view kOptions = "options";
constexpr std::string_view kStructure = "structure";
constexpr std::string_view kRefused = "refused";
// The phases of a swap, each for all tables before the next: a view may read two of them.
constexpr std::array<std::string_view, 3> kSwapPhases = {"before", "rename", "after"};

struct Line {
  std::string phase;
  std::string statement;
};

net::Task<Result<std::vector<Line>>> ReadPlan(postgres::Connection& connection, std::string table,
                                              net::Deadline deadline) {
  AISLE_CO_TRY(const postgres::Rows rows,
               co_await connection.Run(postgres::Statement(std::string(sql::kStoreSwapPlan.text),
                                                           postgres::Parameters().Text(table)),
                                       deadline));
  postgres::RowReader reader(rows);
  const auto phase = reader.Text("phase");
  const auto statement = reader.Text("statement");
  std::vector<Line> lines;
  for (;;) {
    AISLE_CO_TRY(const bool more, reader.Next());
    if (!more) break;
    lines.push_back({std::string(reader[phase]), std::string(reader[statement])});
  }
  co_return lines;
}

}  // namespace

net::Task<Result<SwapPlan>> PlanSwap(postgres::Connection& connection,
                                     std::vector<std::string> tables, net::Deadline deadline) {
  std::vector<Line> lines;
  for (const std::string& table : tables) {
    AISLE_CO_TRY(std::vector<Line> of_table, co_await ReadPlan(connection, table, deadline));
    for (Line& line : of_table) {
      if (line.phase == kRefused) {
        co_return Fail(
            ErrorCode::kFailedPrecondition,
            fmt::format("a load cannot carry over what hangs on {}: {}; drop it, or give "
                        "it to the store's owner, or use `aisle store sync`",
                        table, line.statement));
      }
      lines.push_back(std::move(line));
    }
  }
  SwapPlan plan;
  for (const Line& line : lines) {
    if (line.phase == kOptions) plan.options.push_back(line.statement);
    if (line.phase == kStructure) plan.structure.push_back(line.statement);
  }
  for (const std::string_view phase : kSwapPhases) {
    const auto begin = static_cast<std::ptrdiff_t>(plan.swap.size());
    for (const Line& line : lines) {
      // A view that reads two tables, or a foreign key from one to the other, is in the plan of both.
      const bool said =
          std::find(plan.swap.begin() + begin, plan.swap.end(), line.statement) != plan.swap.end();
      if (line.phase == phase && !said) plan.swap.push_back(line.statement);
    }
  }
  co_return plan;
}

std::string AsScript(const std::vector<std::string>& statements) {
  std::string script;
  for (const std::string& statement : statements) {
    script += statement;
    if (!script.ends_with(';')) script += ';';
    script += '\n';
  }
  return script;
}

}  // namespace aisle::serving
