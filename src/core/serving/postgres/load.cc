#include "serving/postgres/load.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <utility>

#include "base/stopwatch.h"
#include "net/both.h"
#include "net/event_loops.h"
#include "postgres/copy_stream.h"
#include "postgres/rows.h"
#include "postgres/sql_state.h"
#include "postgres/statement.h"
#include "postgres/transaction.h"
#include "serving/generation/bytes.h"
#include "serving/postgres/files.h"
#include "serving/postgres/rows.h"
#include "serving/postgres/session.h"
#include "serving/postgres/swap.h"
#include "serving/sql.h"

namespace aisle::serving {
namespace {

using postgres::Connection;
using postgres::CopyEncoder;
using postgres::Parameters;
using postgres::RowReader;
using postgres::Statement;

constexpr std::size_t kChunkBytes = 256U << 10U;
constexpr std::chrono::seconds kConnectWait{15};
constexpr std::string_view kPropensity = "customer_propensity";
constexpr std::string_view kLockTimeout = "55P03";
constexpr std::string_view kDeadlock = "40P01";

std::string Name(std::string_view table, std::string_view suffix) {
  return std::string(table) + std::string(suffix);
}
std::vector<std::string> LoadedTables() { return {kLoadedTables.begin(), kLoadedTables.end()}; }

// Nobody asks for records by what is in them, and sampling them takes longest.
std::string AnalyzedColumns(const TableShape& shape) {
  std::string list;
  for (const ColumnShape& column : shape.columns) {
    if (column.type != CellType::kBytes)
      list += fmt::format("{}{}", list.empty() ? "" : ", ", column.name);
  }
  return list;
}

// One load from its beginning to its end.
class Load {
 public:
  Load(const StoreNames& names, const PublishedGeneration& generation, const LoadOptions& options)
      : names_(names), generation_(generation), options_(options) {}

  // `connection` holds the store's lock.
  net::Task<Result<LoadReport>> Run(Connection& connection, Connection& second) {
    AISLE_CO_TRY(report_.leftovers, co_await RemoveLeftovers(connection, names_, {}));
    const auto before = co_await ReadMeta(connection, {});
    if (before) {
      report_.generation_before = before->manifest.generation;
      checksum_before_ = before->generation_checksum;
    }
    if (!before && before.error().code != ErrorCode::kNotFound)
      co_return std::unexpected(before.error());
    // What cannot be carried over is known before anything is copied.
    AISLE_CO_TRY([[maybe_unused]] const SwapPlan plan,
                 co_await PlanSwap(connection, LoadedTables(), {}));
    if (const auto done = co_await Replace(connection, second); !done) {
      // What is half done goes now, if it can; else the next load finds it.
      (void)co_await RemoveLeftovers(connection, names_, net::Deadline::After(kConnectWait));
      co_return std::unexpected(done.error());
    }
    // The old tables: nobody knows their names, and whoever still read them has ended. Should that fail, the generation
    // is in nevertheless, and the next load drops them.
    (void)co_await RemoveLeftovers(connection, names_, {});
    // The same holds of files, which readers need not wait for.
    (void)co_await RemoveOtherFiles(connection, meta_.generation_checksum, checksum_before_);
    report_.generation = generation_.Manifest().generation;
    co_return std::move(report_);
  }

 private:
  net::Task<Status> Replace(Connection& connection, Connection& second) {
    AISLE_CO_CHECK(co_await SendFiles(connection));
    // The two large tables at once: the server works for each of our connections on its own.
    std::vector<std::string_view> others(kLoadedTables.begin(), kLoadedTables.end());
    std::erase(others, kPropensity);
    std::vector<std::string_view> only(1, kPropensity);
    const auto [rest, scores] = co_await net::Both(FillAll(connection, std::move(others)),
                                                   FillAll(second, std::move(only)));
    AISLE_CO_CHECK(rest);
    AISLE_CO_CHECK(scores);
    AISLE_CO_CHECK(co_await Check(connection));
    co_return co_await Swap(connection);
  }

  // Before all else, so that servers can have them when the tables change: nobody takes a generation into service that
  // aisle_meta does not name.
  net::Task<Status> SendFiles(Connection& connection) {
    const base::Stopwatch copying;
    const auto put = co_await postgres::InTransaction<std::int64_t>(
        connection, {}, {}, [&]() { return PutFiles(connection, generation_, true); });
    report_.copy_s += copying.Seconds();
    if (!put) co_return Within("generation_files", put.error());
    co_return Status{};
  }

  net::Task<Status> FillAll(Connection& connection, std::vector<std::string_view> tables) {
    const auto filled = co_await postgres::InTransaction<bool>(
        connection, {}, {}, [&]() { return FillEach(connection, tables); });
    if (filled) co_return Status{};
    failed_ = true;
    co_return std::unexpected(filled.error());
  }

  net::Task<Result<bool>> FillEach(Connection& connection,
                                   const std::vector<std::string_view>& tables) {
    for (const std::string_view table : tables) {
      auto filled = co_await Fill(connection, table);
      if (!filled) co_return Within(std::string(table), filled.error());
      report_.rows[std::string(table)] = *filled;
    }
    co_return true;
  }

  net::Task<Result<std::int64_t>> Fill(Connection& connection, std::string_view table) {
    const std::string fresh = Name(table, kNewSuffix);
    const TableShape& shape = ShapeOf(table);
    std::vector<std::string> only(1, std::string(table));
    AISLE_CO_TRY(const SwapPlan plan, co_await PlanSwap(connection, std::move(only), {}));
    const std::string create =
        fmt::format("CREATE TABLE {} (LIKE {} INCLUDING ALL EXCLUDING INDEXES);\n", fresh, table) +
        AsScript(plan.options);
    // FREEZE: nobody else sees the table yet, and readers need not look up who wrote its rows.
    const std::string copy_sql =
        fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary, FREEZE)", fresh, shape.ColumnList());
    AISLE_CO_CHECK(co_await connection.RunScript(create, {}));
    const base::Stopwatch copying;
    AISLE_CO_TRY(auto copy, co_await connection.StartCopyIn(copy_sql, {}));
    CopyEncoder rows(shape.ColumnCount());
    AISLE_CO_CHECK(co_await Send(copy, table, rows));
    rows.End();
    AISLE_CO_CHECK(co_await copy.Write(rows.Take(), {}));
    AISLE_CO_TRY(const std::int64_t count, co_await copy.Finish({}));
    report_.copy_s += copying.Seconds();
    const base::Stopwatch indexing;
    const std::string finish =
        AsScript(plan.structure) + fmt::format("ANALYZE {} ({})", fresh, AnalyzedColumns(shape));
    AISLE_CO_CHECK(co_await connection.RunScript(finish, {}));
    report_.index_s += indexing.Seconds();
    co_return count;
  }

  // Sends what has grown to a chunk.
  net::Task<Status> Flush(postgres::CopyIn& copy, std::string_view table, std::int64_t count,
                          CopyEncoder& rows) {
    if (failed_) co_return Fail(ErrorCode::kInternal, "given up: another table failed");
    if (options_.keep_going && !options_.keep_going(table, count))
      co_return Fail(ErrorCode::kInternal, "interrupted");
    co_return co_await copy.Write(rows.Take(), {});
  }

  net::Task<Status> Send(postgres::CopyIn& copy, std::string_view table, CopyEncoder& rows) {
    if (table == "customer_features") co_return co_await SendFeatures(copy, table, rows);
    if (table == kPropensity) co_return co_await SendPropensity(copy, table, rows);
    AISLE_CO_TRY(sent_[table], PutSmallTable(generation_, table, rows));
    co_return Status{};
  }

  net::Task<Status> SendFeatures(postgres::CopyIn& copy, std::string_view table,
                                 CopyEncoder& rows) {
    AISLE_CO_TRY(CustomerRows customers, CustomerRows::Of(generation_));
    for (std::int64_t count = 0;; ++count) {
      AISLE_CO_TRY(const CustomerRow* const row, customers.Next());
      if (row == nullptr) co_return Status{};
      PutFeatures(*row, generation_.Manifest(), rows);
      meta_.features_xor ^= row->row_hash;
      if (rows.Waiting() < kChunkBytes) continue;
      AISLE_CO_CHECK(co_await Flush(copy, table, count, rows));
    }
  }

  net::Task<Status> SendPropensity(postgres::CopyIn& copy, std::string_view table,
                                   CopyEncoder& rows) {
    const features::Catalogue& catalogue = generation_.PublishedShelf().catalogue;
    AISLE_CO_TRY(CustomerWalk walk, generation_.Propensities());
    for (std::int64_t count = 0;;) {
      AISLE_CO_TRY(const auto customer, walk.Next());
      if (!customer) co_return Status{};
      AISLE_CO_TRY(const auto scores,
                   DecodePropensity(customer->bytes, catalogue.categories.size()));
      PutPropensity(customer->customer, scores, catalogue, rows);
      meta_.propensity_sum += PropensitySum(scores);
      count += static_cast<std::int64_t>(scores.size());
      if (rows.Waiting() < kChunkBytes) continue;
      AISLE_CO_CHECK(co_await Flush(copy, table, count, rows));
    }
  }

  // What was sent is what the manifest says, and what the tables hold.
  net::Task<Status> Check(Connection& connection) {
    const base::Stopwatch watch;
    const GenerationManifest& manifest = generation_.Manifest();
    const Shelf& shelf = generation_.PublishedShelf();
    meta_.manifest = manifest;
    meta_.products = static_cast<std::int64_t>(shelf.catalogue.products.size());
    meta_.customer_ids = sent_["customer_ids"];
    meta_.category_count = static_cast<std::int64_t>(shelf.catalogue.categories.size());
    meta_.generation_checksum = generation_.Checksum();
    meta_.loaded_by = "load";
    AISLE_CO_TRY(const StoreSums sums,
                 co_await ReadSums(connection, Name(kLoadedTables[0], kNewSuffix),
                                   Name(kLoadedTables[1], kNewSuffix), {}));
    report_.check_s = watch.Seconds();
    AISLE_CO_CHECK(CheckSums(sums, meta_));
    for (const auto& [table, sent] : sent_) {
      const std::int64_t found = report_.rows[std::string(table)];
      if (found == sent) continue;
      co_return Fail(ErrorCode::kInternal,
                     fmt::format("{}: the table has {} rows, sent were {}", table, found, sent));
    }
    co_return Status{};
  }

  net::Task<Status> Swap(Connection& connection) {
    const net::Deadline give_up = net::Deadline::After(options_.patience);
    for (;;) {
      ++report_.swap_tries;
      const base::Stopwatch watch;
      const auto swapped = co_await postgres::InTransaction<bool>(
          connection, {}, {}, [&]() { return SwapOnce(connection); });
      report_.swap_s = watch.Seconds();
      if (swapped) co_return Status{};
      const std::string_view state = postgres::SqlStateOf(swapped.error());
      if (state != kLockTimeout && state != kDeadlock) co_return std::unexpected(swapped.error());
      if (give_up.Passed()) co_return co_await WhoIsInTheWay(connection);
      if (options_.keep_going && !options_.keep_going("waiting for readers to end", 0))
        co_return Fail(ErrorCode::kInternal, "interrupted");
      co_await net::Sleep(options_.lock_pause);
    }
  }

  net::Task<Result<bool>> SwapOnce(Connection& connection) {
    std::string tables;
    for (const std::string_view table : kLoadedTables)
      tables += fmt::format("{}{}", tables.empty() ? "" : ", ", table);
    const std::string lock =
        fmt::format("SET LOCAL lock_timeout = {}; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE",
                    options_.lock_wait.count(), tables);
    AISLE_CO_CHECK(co_await connection.RunScript(lock, {}));
    // Read under the locks: nobody can hang anything more on the tables.
    AISLE_CO_TRY(const SwapPlan plan, co_await PlanSwap(connection, LoadedTables(), {}));
    AISLE_CO_CHECK(co_await connection.RunScript(AsScript(plan.swap), {}));
    AISLE_CO_CHECK(co_await WriteMeta(connection, meta_, {}));
    co_return true;
  }

  net::Task<Status> WhoIsInTheWay(Connection& connection) {
    Statement ask(std::string(sql::kStoreBlockers.text), Parameters().Texts(LoadedTables()));
    AISLE_CO_TRY(const postgres::Rows rows, co_await connection.Run(std::move(ask), {}));
    RowReader reader(rows);
    const auto pid = reader.Int("pid");
    const auto program = reader.Text("program");
    const auto role = reader.Text("role_name");
    const auto seconds = reader.Double("seconds");
    std::string who;
    for (;;) {
      AISLE_CO_TRY(const bool more, reader.Next());
      if (!more) break;
      who += fmt::format("{}process {} of the server ({}, as {}, in a transaction for {:.0f} s)",
                         who.empty() ? "" : ", ", reader[pid], reader[program], reader[role],
                         reader[seconds]);
    }
    co_return Fail(ErrorCode::kUnavailable,
                   fmt::format("the tables did not get free for the swap within {} s; in the way: "
                               "{}",
                               options_.patience.count(), who.empty() ? "nobody any more" : who));
  }

  const StoreNames& names_;
  const PublishedGeneration& generation_;
  const LoadOptions& options_;
  LoadReport report_;
  StoreMeta meta_;
  std::string checksum_before_;                    // Empty: nothing was loaded.
  bool failed_ = false;                            // One of the tables: the others need not go on.
  std::map<std::string_view, std::int64_t> sent_;  // Rows of the small tables.
};

}  // namespace

net::Task<Result<std::vector<std::string>>> ReadLeftovers(Connection& connection, StoreNames names,
                                                          net::Deadline deadline) {
  Statement ask(std::string(sql::kStoreLeftovers.text),
                Parameters().Text(names.schema).Texts(LoadedTables()));
  AISLE_CO_TRY(const postgres::Rows rows, co_await connection.Run(std::move(ask), deadline));
  RowReader reader(rows);
  const auto name = reader.Text("name");
  std::vector<std::string> tables;
  for (;;) {
    AISLE_CO_TRY(const bool more, reader.Next());
    if (!more) co_return tables;
    tables.emplace_back(reader[name]);
  }
}

net::Task<Result<std::vector<std::string>>> RemoveLeftovers(Connection& connection,
                                                            const StoreNames& names,
                                                            net::Deadline deadline) {
  AISLE_CO_TRY(const auto tables, co_await ReadLeftovers(connection, names, deadline));
  if (tables.empty()) co_return tables;
  const std::string drop = fmt::format("DROP TABLE {}", fmt::join(tables, ", "));
  AISLE_CO_CHECK(co_await connection.RunScript(drop, deadline));
  co_return tables;
}

net::Task<Result<LoadReport>> LoadGeneration(postgres::ConnectionSettings settings,
                                             StoreNames names,
                                             const PublishedGeneration& generation,
                                             LoadOptions options) {
  const base::Stopwatch watch;
  const net::Deadline connected = net::Deadline::After(kConnectWait);
  AISLE_CO_TRY(Connection connection, co_await OpenStoreAlone(settings, names, connected));
  AISLE_CO_TRY(Connection second, co_await OpenStore(std::move(settings), names, connected));
  Load load(names, generation, options);
  AISLE_CO_TRY(LoadReport report, co_await load.Run(connection, second));
  report.total_s = watch.Seconds();
  co_return report;
}

}  // namespace aisle::serving
