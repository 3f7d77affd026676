#include "serving/postgres/sync.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/stopwatch.h"
#include "postgres/copy_stream.h"
#include "postgres/rows.h"
#include "postgres/statement.h"
#include "postgres/transaction.h"
#include "serving/postgres/difference.h"
#include "serving/postgres/files.h"
#include "serving/postgres/rows.h"
#include "serving/postgres/session.h"

namespace aisle::serving {
namespace {

using postgres::Connection;
using postgres::CopyDecoder;
using postgres::CopyEncoder;

constexpr std::size_t kChunkBytes = 256U << 10U;
constexpr std::chrono::seconds kConnectWait{15};
constexpr std::string_view kFeatures = "customer_features";
constexpr std::string_view kPropensity = "customer_propensity";
constexpr std::array<std::string_view, 3> kSmallTables = {"inventory", "product_catalog",
                                                          "customer_ids"};

// What the tables say of a customer.
struct KnownCustomer {
  std::int64_t customer = 0;
  std::int64_t row_hash = 0;
  std::optional<std::int64_t> propensity_hash;
};

// Customers by rising id.
struct CustomerDifference {
  std::vector<std::int64_t> changed;   // Their rows of customer_features are to be sent.
  std::vector<std::int64_t> rescored;  // Those of customer_propensity as well.
  std::vector<std::int64_t> gone;      // Removed from both.
  std::vector<std::int64_t>
      unscored;  // Removed from customer_propensity, the gone ones among them.
};

// "SET a = EXCLUDED.a, ..." of all columns but the key's.
std::string UpsertOf(const TableShape& shape, const std::string& from) {
  std::string set;
  std::string mine;
  std::string theirs;
  for (const ColumnShape& column : shape.columns.subspan(shape.key_count)) {
    const char* const comma = set.empty() ? "" : ", ";
    set += fmt::format("{}{} = EXCLUDED.{}", comma, column.name, column.name);
    mine += fmt::format("{}t.{}", comma, column.name);
    theirs += fmt::format("{}EXCLUDED.{}", comma, column.name);
  }
  return fmt::format(
      "INSERT INTO {0} AS t ({1}) SELECT {1} FROM {2} ON CONFLICT ({3}) DO UPDATE SET {4} WHERE "
      "ROW({5}) IS DISTINCT FROM ROW({6})",
      shape.name, shape.ColumnList(), from, shape.KeyList(), set, mine, theirs);
}

class Sync {
 public:
  Sync(const PublishedGeneration& generation,
       const std::function<bool(std::string_view, std::int64_t)>& keep_going)
      : generation_(generation), keep_going_(keep_going) {}

  net::Task<Result<SyncReport>> Run(Connection& connection) {
    // Somebody else's lock must not hold the worker that waits for this.
    AISLE_CO_CHECK(co_await connection.RunScript("SET lock_timeout = '10s'", {}));
    AISLE_CO_TRY(const StoreMeta before, co_await ReadMeta(connection, {}));
    report_.generation = generation_.Manifest().generation;
    report_.generation_before = before.manifest.generation;
    checksum_before_ = before.generation_checksum;
    AISLE_CO_TRY(report_.up_to_date, co_await IsUpToDate(connection));
    if (report_.up_to_date) co_return std::move(report_);
    // Before all else, so that servers can have them when the tables change.
    AISLE_CO_TRY(const std::int64_t parts,
                 co_await postgres::InTransaction<std::int64_t>(connection, {}, {}, [&]() {
                   return PutFiles(connection, generation_, false);
                 }));
    if (parts > 0) report_.sent["generation_files"] = parts;
    auto done = co_await postgres::InTransaction<bool>(connection, {}, {},
                                                       [&]() { return Work(connection); });
    if (!done) co_return std::unexpected(std::move(done).error());
    co_return std::move(report_);
  }

 private:
  net::Task<Result<bool>> IsUpToDate(Connection& connection) {
    if (checksum_before_ != generation_.Checksum()) co_return false;
    AISLE_CO_TRY(const auto there, co_await ReadFileSizes(connection, {}));
    co_return HasAllFiles(there, generation_);
  }

  net::Task<Result<bool>> Work(Connection& connection) {
    AISLE_CO_TRY(const auto known, co_await ReadKnown(connection));
    AISLE_CO_TRY(const CustomerDifference difference, Compare(known));
    AISLE_CO_CHECK(co_await SendFeatures(connection, difference.changed));
    AISLE_CO_CHECK(co_await SendPropensity(connection, difference.rescored));
    AISLE_CO_CHECK(co_await Remove(connection, kFeatures, difference.gone));
    AISLE_CO_CHECK(co_await Remove(connection, kPropensity, difference.unscored));
    for (const std::string_view table : kSmallTables)
      AISLE_CO_CHECK(co_await SyncSmall(connection, table));
    const Shelf& shelf = generation_.PublishedShelf();
    meta_.manifest = generation_.Manifest();
    meta_.products = static_cast<std::int64_t>(shelf.catalogue.products.size());
    meta_.category_count = static_cast<std::int64_t>(shelf.catalogue.categories.size());
    meta_.generation_checksum = generation_.Checksum();
    meta_.loaded_by = "sync";
    AISLE_CO_CHECK(co_await WriteMeta(connection, meta_, {}));
    AISLE_CO_CHECK(co_await RemoveOtherFiles(connection, generation_.Checksum(), checksum_before_));
    co_return true;
  }

  net::Task<Result<std::vector<KnownCustomer>>> ReadKnown(Connection& connection) {
    AISLE_CO_TRY(const std::string bytes,
                 co_await CopyOutAll(connection,
                                     "SELECT customer_id, row_hash, propensity_hash FROM "
                                     "customer_features ORDER BY customer_id"));
    CopyDecoder in(3);
    in.Feed(bytes);
    std::vector<KnownCustomer> known;
    for (;;) {
      AISLE_CO_TRY(const bool more, in.Next());
      if (!more) break;
      KnownCustomer customer;
      AISLE_CO_TRY(customer.customer, in.Int(0));
      AISLE_CO_TRY(customer.row_hash, in.Int(1));
      if (!in.IsNull(2)) {
        AISLE_CO_TRY(customer.propensity_hash, in.Int(2));
      }
      known.push_back(customer);
    }
    co_return known;
  }

  net::Task<Result<std::string>> CopyOutAll(Connection& connection, std::string query) {
    const std::string copy_sql = fmt::format("COPY ({}) TO STDOUT (FORMAT binary)", query);
    AISLE_CO_TRY(auto copy, co_await connection.StartCopyOut(copy_sql, {}));
    std::string bytes;
    for (;;) {
      AISLE_CO_TRY(const auto part, co_await copy.Next({}));
      if (!part) break;
      bytes += *part;
    }
    co_return bytes;
  }

  Result<CustomerDifference> Compare(const std::vector<KnownCustomer>& known) {
    CustomerDifference difference;
    AISLE_TRY(CustomerRows rows, CustomerRows::Of(generation_));
    auto before = known.begin();
    const auto remove = [&](const KnownCustomer& customer) {
      difference.gone.push_back(customer.customer);
      if (customer.propensity_hash) difference.unscored.push_back(customer.customer);
    };
    for (;;) {
      AISLE_TRY(const CustomerRow* const row, rows.Next());
      if (row == nullptr) break;
      const std::int64_t id = row->record.customer.value;
      for (; before != known.end() && before->customer < id; ++before) remove(*before);
      meta_.features_xor ^= row->row_hash;
      meta_.propensity_sum += PropensitySum(row->propensity);
      const bool is_known = before != known.end() && before->customer == id;
      std::optional<std::int64_t> propensity_hash;
      if (!row->propensity.empty()) propensity_hash = row->propensity_hash;
      const std::optional<std::int64_t> hash_before =
          is_known ? before->propensity_hash : std::nullopt;
      if (propensity_hash != hash_before)
        (propensity_hash ? difference.rescored : difference.unscored).push_back(id);
      if (!is_known || before->row_hash != row->row_hash || propensity_hash != hash_before)
        difference.changed.push_back(id);
      if (is_known) ++before;
    }
    for (; before != known.end(); ++before) remove(*before);
    return difference;
  }

  // A temporary table like `table`, filled by `fill`, analysed; gone with the transaction.
  template <typename Fill>
  net::Task<Result<std::int64_t>> Stage(Connection& connection, std::string name,
                                        std::string columns, std::string_view like,
                                        int column_count, Fill fill) {
    const std::string create =
        fmt::format("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA",
                    name, columns, like);
    const std::string copy_sql =
        fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", name, columns);
    const std::string analyze = fmt::format("ANALYZE {}", name);
    AISLE_CO_CHECK(co_await connection.RunScript(create, {}));
    AISLE_CO_TRY(auto copy, co_await connection.StartCopyIn(copy_sql, {}));
    CopyEncoder rows(column_count);
    AISLE_CO_CHECK(co_await fill(copy, rows));
    AISLE_CO_TRY(const std::int64_t count, co_await copy.Finish({}));
    AISLE_CO_CHECK(co_await connection.RunScript(analyze, {}));
    co_return count;
  }

  // How many rows a statement touched.
  net::Task<Result<std::int64_t>> Apply(Connection& connection, std::string sql_text) {
    postgres::Statement statement(std::move(sql_text), postgres::Keep::kOnce);
    AISLE_CO_TRY(const postgres::Rows rows, co_await connection.Run(std::move(statement), {}));
    co_return rows.Affected();
  }

  net::Task<Status> Flush(postgres::CopyIn& copy, std::string_view table, std::int64_t count,
                          CopyEncoder& rows) {
    if (keep_going_ && !keep_going_(table, count))
      co_return Fail(ErrorCode::kInternal, "interrupted");
    co_return co_await copy.Write(rows.Take(), {});
  }

  // Sends the rows of the customers, as `put` writes one of them.
  template <typename Put>
  net::Task<Status> FillCustomers(postgres::CopyIn& copy, CopyEncoder& rows,
                                  const std::vector<std::int64_t>& customers,
                                  std::string_view table, Put put) {
    AISLE_CO_TRY(CustomerRows all, CustomerRows::Of(generation_));
    std::int64_t count = 0;
    for (const std::int64_t id : customers) {
      AISLE_CO_TRY(const CustomerRow* const row, all.Next(id));
      AISLE_ASSERT(row != nullptr && row->record.customer.value == id);
      put(*row);
      ++count;
      if (rows.Waiting() < kChunkBytes) continue;
      AISLE_CO_CHECK(co_await Flush(copy, table, count, rows));
    }
    rows.End();
    co_return co_await Flush(copy, table, count, rows);
  }

  net::Task<Status> SendFeatures(Connection& connection, const std::vector<std::int64_t>& changed) {
    if (changed.empty()) co_return Status{};
    const TableShape& shape = ShapeOf(kFeatures);
    AISLE_CO_TRY(const std::int64_t sent,
                 co_await Stage(connection, "sync_features", shape.ColumnList(), kFeatures,
                                shape.ColumnCount(), [&](auto& copy, CopyEncoder& rows) {
                                  return FillCustomers(
                                      copy, rows, changed, kFeatures, [&](const CustomerRow& row) {
                                        PutFeatures(row, generation_.Manifest(), rows);
                                      });
                                }));
    AISLE_CO_TRY(const std::int64_t touched,
                 co_await Apply(connection, UpsertOf(shape, "sync_features")));
    report_.sent[std::string(kFeatures)] = sent;
    if (touched == sent) co_return Status{};
    co_return Fail(
        ErrorCode::kInternal,
        fmt::format("{} rows of customer_features differ, the server changed {}", sent, touched));
  }

  net::Task<Status> SendPropensity(Connection& connection,
                                   const std::vector<std::int64_t>& rescored) {
    if (rescored.empty()) co_return Status{};
    const TableShape& shape = ShapeOf(kPropensity);
    const features::Catalogue& catalogue = generation_.PublishedShelf().catalogue;
    AISLE_CO_TRY(
        const std::int64_t sent,
        co_await Stage(connection, "sync_propensity", shape.ColumnList(), kPropensity,
                       shape.ColumnCount(), [&](auto& copy, CopyEncoder& rows) {
                         return FillCustomers(
                             copy, rows, rescored, kPropensity, [&](const CustomerRow& row) {
                               PutPropensity(row.record.customer, row.propensity, catalogue, rows);
                             });
                       }));
    report_.sent[std::string(kPropensity)] = sent;
    // Categories that the catalogue no longer has.
    AISLE_CO_TRY(
        report_.removed[std::string(kPropensity)],
        co_await Apply(connection,
                       "DELETE FROM customer_propensity p USING (SELECT DISTINCT customer_id FROM "
                       "sync_propensity) s WHERE p.customer_id = s.customer_id AND NOT EXISTS "
                       "(SELECT FROM sync_propensity n WHERE n.customer_id = p.customer_id AND "
                       "n.category_id = p.category_id)"));
    AISLE_CO_TRY([[maybe_unused]] const std::int64_t touched,
                 co_await Apply(connection, UpsertOf(shape, "sync_propensity")));
    co_return Status{};
  }

  // All rows of these customers.
  net::Task<Status> Remove(Connection& connection, std::string_view table,
                           const std::vector<std::int64_t>& customers) {
    if (customers.empty()) co_return Status{};
    const std::string name = fmt::format("gone_{}", table);
    AISLE_CO_TRY([[maybe_unused]] const std::int64_t sent,
                 co_await Stage(connection, name, "customer_id", table, 1,
                                [&](postgres::CopyIn& copy, CopyEncoder& rows) {
                                  for (const std::int64_t id : customers) rows.Row().Int8(id);
                                  rows.End();
                                  return copy.Write(rows.Take(), {});
                                }));
    const std::string remove =
        fmt::format("DELETE FROM {} t USING {} g WHERE t.customer_id = g.customer_id", table, name);
    AISLE_CO_TRY(const std::int64_t removed, co_await Apply(connection, remove));
    report_.removed[std::string(table)] += removed;
    co_return Status{};
  }

  net::Task<Status> SyncSmall(Connection& connection, std::string_view table) {
    const TableShape& shape = ShapeOf(table);
    std::string query = fmt::format("SELECT {} FROM {}", shape.ColumnList(), table);
    AISLE_CO_TRY(const std::string before, co_await CopyOutAll(connection, std::move(query)));
    CopyEncoder now(shape.ColumnCount());
    AISLE_CO_TRY(const std::int64_t count, PutSmallTable(generation_, table, now));
    now.End();
    const std::string after = now.Take();
    if (table == "customer_ids") meta_.customer_ids = count;
    AISLE_CO_TRY(TableDifference difference, DifferenceOf(shape, before, after));
    if (difference.gone_count > 0) {
      const std::string name = fmt::format("gone_{}", table);
      AISLE_CO_TRY([[maybe_unused]] const std::int64_t sent,
                   co_await Stage(connection, name, shape.KeyList(), table,
                                  static_cast<int>(shape.key_count),
                                  [&](postgres::CopyIn& copy, CopyEncoder&) {
                                    return copy.Write(std::move(difference.gone), {});
                                  }));
      const std::string remove = fmt::format("DELETE FROM {} t USING {} g WHERE ({}) = ({})", table,
                                             name, shape.KeyList("t."), shape.KeyList("g."));
      AISLE_CO_TRY(report_.removed[std::string(table)], co_await Apply(connection, remove));
    }
    if (difference.changed_count > 0) {
      const std::string name = fmt::format("sync_{}", table);
      AISLE_CO_TRY(report_.sent[std::string(table)],
                   co_await Stage(connection, name, shape.ColumnList(), table, shape.ColumnCount(),
                                  [&](postgres::CopyIn& copy, CopyEncoder&) {
                                    return copy.Write(std::move(difference.changed), {});
                                  }));
      AISLE_CO_TRY([[maybe_unused]] const std::int64_t touched,
                   co_await Apply(connection, UpsertOf(shape, name)));
    }
    co_return Status{};
  }

  const PublishedGeneration& generation_;
  const std::function<bool(std::string_view, std::int64_t)>& keep_going_;
  SyncReport report_;
  StoreMeta meta_;
  std::string checksum_before_;
};

std::int64_t SumOf(const std::map<std::string, std::int64_t>& rows) {
  std::int64_t sum = 0;
  for (const auto& [table, count] : rows) sum += count;
  return sum;
}

}  // namespace

std::int64_t SyncReport::Sent() const { return SumOf(sent); }
std::int64_t SyncReport::Removed() const { return SumOf(removed); }

net::Task<Result<SyncReport>> SyncGeneration(
    postgres::ConnectionSettings settings, StoreNames names, const PublishedGeneration& generation,
    std::function<bool(std::string_view table, std::int64_t rows)> keep_going) {
  const base::Stopwatch watch;
  AISLE_CO_TRY(Connection connection, co_await OpenStoreAlone(std::move(settings), names,
                                                              net::Deadline::After(kConnectWait)));
  Sync sync(generation, keep_going);
  AISLE_CO_TRY(SyncReport report, co_await sync.Run(connection));
  report.total_s = watch.Seconds();
  co_return report;
}

}  // namespace aisle::serving
