#include "postgres/migrations.h"

#include <fmt/format.h>

#include <bit>
#include <utility>

#include "base/files.h"
#include "postgres/sql_state.h"
#include "postgres/transaction.h"

namespace aisle::postgres {
namespace {

struct Applied {
  std::int64_t number;
  std::string name;
  std::string checksum;
};

std::string TableOf(const std::string& schema) { return QuoteName(schema) + ".aisle_migrations"; }

// Positions in the list are numbers less one.
Status CheckList(std::span<const Migration> steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].number != static_cast<int>(i) + 1 || steps[i].name.empty() ||
        steps[i].sql.empty()) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("migrations: entry {} is number {} '{}': numbers rise from 1 without "
                              "gaps, and each has a "
                              "name and a text",
                              i + 1, steps[i].number, steps[i].name));
    }
  }
  return {};
}

net::Task<Result<std::vector<Applied>>> ReadApplied(Connection& connection,
                                                    const std::string& schema,
                                                    net::Deadline deadline) {
  const std::string sql =
      fmt::format("SELECT number, name, checksum FROM {} ORDER BY number", TableOf(schema));
  auto rows = co_await connection.Run({sql, Keep::kOnce}, deadline);
  std::vector<Applied> applied;
  if (!rows) {
    if (SqlStateOf(rows.error()) == "42P01") co_return applied;  // No table (or no schema) yet.
    co_return std::unexpected(std::move(rows).error());
  }
  RowReader reader(*std::move(rows));
  const auto number = reader.Int("number");
  const auto name = reader.Text("name");
  const auto checksum = reader.Text("checksum");
  for (;;) {
    AISLE_CO_TRY(const bool more, reader.Next());
    if (!more) co_return applied;
    applied.push_back({reader[number], std::string(reader[name]), std::string(reader[checksum])});
  }
}

// Whether what was applied is the beginning of the list.
Status Compare(const std::string& schema, std::span<const Migration> steps,
               const std::vector<Applied>& applied) {
  const auto refuse = [&](const std::string& what) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("migrations of schema {}: {}", schema, what));
  };
  if (applied.size() > steps.size()) {
    const Applied& newest = applied.back();
    return refuse(fmt::format(
        "the database is at step {} ({}), and this program knows {}: it is older than the "
        "database; run the newer program",
        newest.number, newest.name, steps.size()));
  }
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (applied[i].number != steps[i].number) {
      return refuse(fmt::format("step {} was not applied, and step {} ({}) was", steps[i].number,
                                applied[i].number, applied[i].name));
    }
    if (applied[i].checksum != base::Checksum(steps[i].sql)) {
      return refuse(fmt::format(
          "step {} ({}) was applied with another text than this program has; put the old text "
          "back and write a new step",
          steps[i].number, steps[i].name));
    }
  }
  return {};
}

net::Task<Status> MakeTable(Connection& connection, const std::string& schema,
                            net::Deadline deadline) {
  // CREATE SCHEMA IF NOT EXISTS asks for the right to create one, even where it is there.
  AISLE_CO_TRY(const Rows there,
               co_await connection.Run({"SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1",
                                        Parameters().Text(schema), Keep::kOnce},
                                       deadline));
  const std::string make_schema =
      there.Count() > 0 ? "" : "CREATE SCHEMA " + QuoteName(schema) + ";";
  co_return co_await connection.RunScript(
      fmt::format("{}CREATE TABLE IF NOT EXISTS {} (number integer PRIMARY KEY, name text NOT "
                  "NULL, checksum text NOT "
                  "NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())",
                  make_schema, TableOf(schema)),
      deadline);
}

// What happens in the transaction of one step. False: another one has applied it meanwhile.
net::Task<Result<bool>> ApplyLocked(Connection& connection, const std::string& schema,
                                    std::span<const Migration> steps, std::size_t index,
                                    net::Deadline deadline) {
  const Migration& step = steps[index];
  const auto key = std::bit_cast<std::int64_t>(base::Hash("aisle_migrations/" + schema));
  // Until the transaction ends: a lock of the session would outlive it behind a pooler.
  AISLE_CO_TRY(const Rows locked, co_await connection.Run({"SELECT pg_advisory_xact_lock($1)",
                                                           Parameters().Int8(key), Keep::kOnce},
                                                          deadline));
  AISLE_CO_CHECK(co_await MakeTable(connection, schema, deadline));
  AISLE_CO_TRY(const auto applied, co_await ReadApplied(connection, schema, deadline));
  AISLE_CO_CHECK(Compare(schema, steps, applied));
  if (applied.size() > index) co_return false;
  AISLE_CO_CHECK(
      co_await connection.RunScript("SET LOCAL search_path TO " + QuoteName(schema), deadline));
  AISLE_CO_CHECK(co_await connection.RunScript(std::string(step.sql), deadline));
  if (!connection.InTransaction())
    co_return Fail(ErrorCode::kInternal, "it ends its transaction, which is not its own");
  AISLE_CO_TRY(const Rows noted,
               co_await connection.Run(
                   {fmt::format("INSERT INTO {} (number, name, checksum) VALUES ($1, $2, $3)",
                                TableOf(schema)),
                    Parameters().Int4(step.number).Text(step.name).Text(base::Checksum(step.sql)),
                    Keep::kOnce},
                   deadline));
  co_return true;
}

}  // namespace

net::Task<Result<MigrationReport>> Migrate(Connection& connection, std::string schema,
                                           std::span<const Migration> steps,
                                           net::Deadline deadline) {
  AISLE_CO_CHECK(CheckList(steps));
  AISLE_CO_TRY(const auto applied, co_await ReadApplied(connection, schema, deadline));
  AISLE_CO_CHECK(Compare(schema, steps, applied));
  MigrationReport report{.version = static_cast<int>(steps.size())};
  for (std::size_t i = applied.size(); i < steps.size(); ++i) {
    auto done = co_await InTransaction<bool>(connection, deadline, {}, [&]() {
      return ApplyLocked(connection, schema, steps, i, deadline);
    });
    if (!done) {
      co_return Within(fmt::format("migrations of schema {}: step {} ({})", schema, steps[i].number,
                                   steps[i].name),
                       std::move(done).error());
    }
    if (*done) report.applied.push_back(steps[i].number);
  }
  co_return report;
}

net::Task<Status> CheckMigrations(Connection& connection, std::string schema,
                                  std::span<const Migration> steps, net::Deadline deadline) {
  AISLE_CO_CHECK(CheckList(steps));
  AISLE_CO_TRY(const auto applied, co_await ReadApplied(connection, schema, deadline));
  AISLE_CO_CHECK(Compare(schema, steps, applied));
  if (applied.size() < steps.size()) {
    co_return Fail(
        ErrorCode::kFailedPrecondition,
        fmt::format(
            "migrations of schema {}: {} of {} steps are applied; migrate the database first",
            schema, applied.size(), steps.size()));
  }
  co_return Status();
}

}  // namespace aisle::postgres
