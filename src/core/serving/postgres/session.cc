#include "serving/postgres/session.h"

#include <fmt/format.h>

#include <utility>

#include "base/files.h"
#include "postgres/rows.h"
#include "serving/sql.h"

namespace aisle::serving {
namespace {

using postgres::Connection;
using postgres::Parameters;
using postgres::RowReader;

std::int64_t LockNumber(const StoreNames& names) {
  return static_cast<std::int64_t>(base::Hash("aisle store " + names.schema));
}

net::Task<Status> TakeLock(Connection& connection, const StoreNames& names,
                           net::Deadline deadline) {
  AISLE_CO_TRY(
      const postgres::Rows taken,
      co_await connection.Run(postgres::Statement("SELECT pg_try_advisory_lock($1) AS taken",
                                                  Parameters().Int8(LockNumber(names))),
                              deadline));
  RowReader row(taken);
  const auto is_taken = row.Bool("taken");
  AISLE_CO_CHECK(row.Next());
  if (row[is_taken]) co_return Status{};
  AISLE_CO_TRY(const postgres::Rows holders,
               co_await connection.Run(postgres::Statement(std::string(sql::kStoreLockHolder.text),
                                                           Parameters().Int8(LockNumber(names))),
                                       deadline));
  RowReader reader(holders);
  const auto pid = reader.Int("pid");
  const auto program = reader.Text("program");
  const auto role = reader.Text("role_name");
  const auto client = reader.Text("client");
  AISLE_CO_TRY(const bool found, reader.Next());
  std::string holder = "another session, which has just ended";
  if (found) {
    holder = ServerSession{.pid = reader[pid],
                           .program = std::string(reader[program]),
                           .role = std::string(reader[role]),
                           .client = std::string(reader[client])}
                 .Text();
  }
  co_return Fail(ErrorCode::kUnavailable,
                 fmt::format("schema {} is being loaded or synced by {}; one at a time",
                             names.schema, holder));
}

}  // namespace

std::string ServerSession::Text() const {
  return fmt::format("process {} of the server ({}, as {}, from {})", pid,
                     program.empty() ? "an unnamed program" : program, role, client);
}

net::Task<Result<Connection>> OpenStore(postgres::ConnectionSettings settings, StoreNames names,
                                        net::Deadline deadline) {
  AISLE_CO_TRY(Connection connection, co_await Connection::Open(std::move(settings), deadline));
  auto checked =
      co_await postgres::CheckMigrations(connection, names.schema, StoreMigrations(), deadline);
  if (!checked) {
    Error error = std::move(checked).error();
    if (error.code == ErrorCode::kFailedPrecondition) error.message += "; see `aisle store create`";
    co_return std::unexpected(std::move(error));
  }
  AISLE_CO_CHECK(co_await Enter(connection, names, deadline));
  co_return connection;
}

net::Task<Result<Connection>> OpenStoreAlone(postgres::ConnectionSettings settings,
                                             StoreNames names, net::Deadline deadline) {
  AISLE_CO_TRY(Connection connection, co_await OpenStore(std::move(settings), names, deadline));
  if (connection.Server().behind_pooler) {
    co_return Fail(ErrorCode::kFailedPrecondition,
                   fmt::format("a pooler answers at {}:{}; load and sync need the server itself",
                               connection.Server().host, connection.Server().port));
  }
  AISLE_CO_CHECK(co_await TakeLock(connection, names, deadline));
  // A killed client is noticed within a second, also while the server builds an index for it.
  AISLE_CO_CHECK(
      co_await connection.RunScript("SET client_connection_check_interval = '1s'", deadline));
  co_return connection;
}

net::Task<Result<StoreMeta>> ReadMeta(Connection& connection, net::Deadline deadline) {
  AISLE_CO_TRY(const postgres::Rows rows,
               co_await connection.Run(postgres::Statement(std::string(sql::kStoreMetaRead.text)),
                                       deadline));
  RowReader row(rows);
  const auto generation = row.Int("generation");
  const auto as_of = row.Time("as_of");
  const auto created = row.Time("created_at");
  const auto ranking = row.Int("ranking_version");
  const auto propensity = row.Int("propensity_version");
  const auto customers = row.Int("customers");
  const auto propensity_rows = row.Int("propensity_rows");
  const auto inventory_rows = row.Int("inventory_rows");
  const auto products = row.Int("products");
  const auto customer_ids = row.Int("customer_ids");
  const auto category_count = row.Int("category_count");
  const auto checksum = row.Text("generation_checksum");
  const auto features_xor = row.Int("features_xor");
  const auto propensity_sum = row.Int("propensity_sum");
  const auto loaded_at = row.Time("loaded_at");
  const auto loaded_by = row.Text("loaded_by");
  AISLE_CO_TRY(const bool found, row.Next());
  if (!found) {
    co_return Fail(ErrorCode::kNotFound,
                   "nothing was loaded into the store yet; run `aisle store load`");
  }
  StoreMeta meta;
  meta.manifest.generation = row[generation];
  meta.manifest.as_of = row[as_of];
  meta.manifest.created = row[created];
  meta.manifest.ranking_version = static_cast<int>(row.OrElse(ranking, std::int64_t{0}));
  meta.manifest.propensity_version = static_cast<int>(row.OrElse(propensity, std::int64_t{0}));
  meta.manifest.customers = row[customers];
  meta.manifest.propensity_rows = row[propensity_rows];
  meta.manifest.inventory_rows = row[inventory_rows];
  meta.products = row[products];
  meta.customer_ids = row[customer_ids];
  meta.category_count = row[category_count];
  meta.generation_checksum = row[checksum];
  meta.features_xor = row[features_xor];
  meta.propensity_sum = row[propensity_sum];
  meta.loaded_at = row[loaded_at];
  meta.loaded_by = row[loaded_by];
  co_return meta;
}

net::Task<Status> WriteMeta(Connection& connection, const StoreMeta& meta, net::Deadline deadline) {
  const GenerationManifest& manifest = meta.manifest;
  const auto version = [](Parameters& parameters, int number) {
    if (number == 0) {
      parameters.Null(postgres::Type::kInt4);
    } else {
      parameters.Int4(number);
    }
  };
  Parameters row;
  row.Int8(manifest.generation).Time(manifest.as_of).Time(manifest.created);
  version(row, manifest.ranking_version);
  version(row, manifest.propensity_version);
  row.Int8(manifest.customers).Int8(manifest.propensity_rows).Int8(manifest.inventory_rows);
  row.Int8(meta.products).Int8(meta.customer_ids);
  row.Int4(static_cast<std::int32_t>(meta.category_count)).Text(meta.generation_checksum);
  row.Int8(meta.features_xor).Int8(meta.propensity_sum).Text(meta.loaded_by);
  AISLE_CO_TRY(
      [[maybe_unused]] const postgres::Rows written,
      co_await connection.Run(
          postgres::Statement(std::string(sql::kStoreMetaWrite.text), std::move(row)), deadline));
  co_return Status{};
}

net::Task<Result<StoreSums>> ReadSums(Connection& connection, std::string features_table,
                                      std::string propensity_table, net::Deadline deadline) {
  std::string text(sql::kStoreSums.text);
  const auto put = [&](std::string_view placeholder, const std::string& name) {
    text.replace(text.rfind(placeholder), placeholder.size(), name);
  };
  put("{features}", features_table);
  put("{propensity}", propensity_table);
  AISLE_CO_TRY(const postgres::Rows rows,
               co_await connection.Run(postgres::Statement(std::move(text), postgres::Keep::kOnce),
                                       deadline));
  RowReader row(rows);
  const auto customers = row.Int("customers");
  const auto features_xor = row.Int("features_xor");
  const auto propensity_rows = row.Int("propensity_rows");
  const auto propensity_sum = row.Int("propensity_sum");
  AISLE_CO_CHECK(row.Next());
  co_return StoreSums{.customers = row[customers],
                      .features_xor = row[features_xor],
                      .propensity_rows = row[propensity_rows],
                      .propensity_sum = row[propensity_sum]};
}

Status CheckSums(const StoreSums& sums, const StoreMeta& meta) {
  const auto same = [](const char* what, std::int64_t found, std::int64_t expected) -> Status {
    if (found == expected) return {};
    return Fail(ErrorCode::kInternal,
                fmt::format("{}: the tables say {}, what was sent says {}", what, found, expected));
  };
  AISLE_CHECK(same("rows of customer_features", sums.customers, meta.manifest.customers));
  AISLE_CHECK(
      same("rows of customer_propensity", sums.propensity_rows, meta.manifest.propensity_rows));
  AISLE_CHECK(same("hashes of customer_features", sums.features_xor, meta.features_xor));
  return same("sum of customer_propensity", sums.propensity_sum, meta.propensity_sum);
}

}  // namespace aisle::serving
