#include "serving/postgres/roles.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "postgres/connection.h"
#include "postgres/rows.h"
#include "postgres/statement.h"
#include "postgres/transaction.h"
#include "serving/sql.h"

namespace aisle::serving {
namespace {

using postgres::Connection;
using postgres::Parameters;
using postgres::QuoteName;
using postgres::RowReader;
using postgres::Statement;

constexpr std::chrono::seconds kConnectWait{15};
constexpr std::chrono::seconds kWorkWait{60};

std::vector<std::string> RoleNames(const StoreNames& names) {
  return {names.owner, names.writer, names.reader};
}

// What the comment on a role of ours says. A server may hold several stores, and their roles are its, not a database's.
std::string Purpose(const StoreNames& names, const std::string& dbname) {
  return fmt::format("made by aisle store create for schema {} of database {}", names.schema,
                     dbname);
}

std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

// Role -> its comment, of those that exist.
using Purposes = std::map<std::string, std::string>;
net::Task<Result<Purposes>> ReadPurposes(Connection& connection, const StoreNames& names,
                                         net::Deadline deadline) {
  Statement ask(std::string(sql::kStoreRoles.text), Parameters().Texts(RoleNames(names)));
  AISLE_CO_TRY(const postgres::Rows rows, co_await connection.Run(std::move(ask), deadline));
  RowReader reader(rows);
  const auto name = reader.Text("name");
  const auto purpose = reader.Text("purpose");
  Purposes purposes;
  for (;;) {
    AISLE_CO_TRY(const bool more, reader.Next());
    if (!more) break;
    purposes.emplace(std::string(reader[name]),
                     std::string(reader.OrElse(purpose, std::string_view())));
  }
  co_return purposes;
}

// The one column `thing` of a query.
net::Task<Result<std::vector<std::string>>> ReadThings(Connection& connection, Statement statement,
                                                       net::Deadline deadline) {
  AISLE_CO_TRY(const postgres::Rows rows, co_await connection.Run(std::move(statement), deadline));
  RowReader reader(rows);
  const auto thing = reader.Text("thing");
  std::vector<std::string> things;
  for (;;) {
    AISLE_CO_TRY(const bool more, reader.Next());
    if (!more) break;
    things.emplace_back(reader[thing]);
  }
  co_return things;
}

net::Task<Result<bool>> AskWhether(Connection& connection, Statement statement,
                                   net::Deadline deadline) {
  AISLE_CO_TRY(const postgres::Rows rows, co_await connection.Run(std::move(statement), deadline));
  RowReader reader(rows);
  const auto yes = reader.Bool("yes");
  AISLE_CO_CHECK(reader.Next());
  co_return reader[yes];
}

net::Task<Result<bool>> HasSchema(Connection& connection, const StoreNames& names,
                                  net::Deadline deadline) {
  return AskWhether(connection,
                    Statement("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) AS yes",
                              Parameters().Text(names.schema)),
                    deadline);
}

net::Task<Result<bool>> IsSuperuser(Connection& connection, net::Deadline deadline) {
  return AskWhether(connection,
                    Statement("SELECT rolsuper AS yes FROM pg_roles WHERE rolname = current_user"),
                    deadline);
}

std::string RoleScript(const std::string& role, const std::string& verifier, bool exists,
                       const std::string& purpose) {
  return fmt::format("{} ROLE {} LOGIN PASSWORD {};\nCOMMENT ON ROLE {} IS {};\n",
                     exists ? "ALTER" : "CREATE", QuoteName(role), Quoted(verifier),
                     QuoteName(role), Quoted(purpose));
}

net::Task<Result<CreateReport>> MakeRolesAndSchema(Connection& admin, const StoreNames& names,
                                                   const std::string& dbname,
                                                   const RoleVerifiers& verifiers,
                                                   net::Deadline deadline) {
  CreateReport report;
  const std::string purpose = Purpose(names, dbname);
  AISLE_CO_TRY(const Purposes purposes, co_await ReadPurposes(admin, names, deadline));
  std::string script;
  for (const auto& [role, verifier] :
       {std::pair(names.owner, verifiers.owner), std::pair(names.writer, verifiers.writer),
        std::pair(names.reader, verifiers.reader)}) {
    const auto found = purposes.find(role);
    if (found != purposes.end() && found->second != purpose) {
      co_return Fail(
          ErrorCode::kFailedPrecondition,
          fmt::format("the role {} exists and is not this store's ({}); set another name in "
                      "[postgres]",
                      role, found->second.empty() ? "it has no comment" : found->second));
    }
    if (found == purposes.end()) report.roles_made.push_back(role);
    script += RoleScript(role, verifier, found != purposes.end(), purpose);
  }
  const std::string database = QuoteName(dbname);
  script += fmt::format("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}, {}, {};\n", database,
                        QuoteName(names.owner), QuoteName(names.writer), QuoteName(names.reader));
  AISLE_CO_TRY(const bool has_schema, co_await HasSchema(admin, names, deadline));
  report.schema_made = !has_schema;
  if (!has_schema) {
    AISLE_CO_TRY(const bool superuser, co_await IsSuperuser(admin, deadline));
    // Only a member of a role may give things to it.
    if (!superuser) script += fmt::format("GRANT {} TO CURRENT_USER;\n", QuoteName(names.owner));
    script += fmt::format("CREATE SCHEMA {} AUTHORIZATION {};\n", QuoteName(names.schema),
                          QuoteName(names.owner));
  }
  AISLE_CO_CHECK(co_await admin.RunScript(script, deadline));
  co_return report;
}

net::Task<Status> CheckSchemaIsOurs(Connection& admin, const StoreNames& names,
                                    net::Deadline deadline) {
  Statement ask(
      "SELECT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = $1 AND "
      "pg_get_userbyid(n.nspowner) <> $2) AS yes",
      Parameters().Text(names.schema).Text(names.owner));
  AISLE_CO_TRY(const bool others, co_await AskWhether(admin, std::move(ask), deadline));
  if (!others) co_return Status{};
  co_return Fail(ErrorCode::kFailedPrecondition,
                 fmt::format("the schema {} exists and does not belong to {}; set another name in "
                             "[postgres]",
                             names.schema, names.owner));
}

std::vector<std::string> OwnTables() {
  std::vector<std::string> tables;
  for (const std::string_view table : kLoadedTables) {
    for (const std::string_view suffix : {std::string_view(), kNewSuffix, kOldSuffix})
      tables.push_back(fmt::format("{}{}", table, suffix));
    tables.push_back(fmt::format("{}{}", kBenchPrefix, table));
  }
  tables.insert(tables.end(), kKeptTables.begin(), kKeptTables.end());
  return tables;
}

std::unexpected<Error> WouldGoToo(const std::vector<std::string>& things) {
  return Fail(
      ErrorCode::kFailedPrecondition,
      fmt::format("this would go with the store and is not its own: {}; remove it first, or "
                  "say --cascade",
                  fmt::join(things, ", ")));
}

net::Task<Result<bool>> DropEverything(Connection& admin, const StoreNames& names,
                                       const DropReport& report, bool cascade,
                                       net::Deadline deadline) {
  AISLE_CO_TRY(const bool superuser, co_await IsSuperuser(admin, deadline));
  std::string script;
  for (const std::string& role : report.roles) {
    if (!superuser) script += fmt::format("GRANT {} TO CURRENT_USER;\n", QuoteName(role));
  }
  if (report.schema) script += fmt::format("DROP SCHEMA {} CASCADE;\n", QuoteName(names.schema));
  AISLE_CO_CHECK(co_await admin.RunScript(script, deadline));
  Statement ask(std::string(sql::kStoreOwned.text), Parameters().Texts(report.roles));
  AISLE_CO_TRY(const auto owned, co_await ReadThings(admin, std::move(ask), deadline));
  if (!owned.empty() && !cascade) co_return WouldGoToo(owned);
  std::string roles;
  for (const std::string& role : report.roles) {
    // A session keeps the role that is gone, and would not do for one of its name that is made later.
    roles += fmt::format(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}';\n", role);
    roles +=
        fmt::format("DROP OWNED BY {} CASCADE;\nDROP ROLE {};\n", QuoteName(role), QuoteName(role));
  }
  AISLE_CO_CHECK(co_await admin.RunScript(roles, deadline));
  co_return true;
}

}  // namespace

net::Task<Result<CreateReport>> CreateStore(postgres::ConnectionSettings admin,
                                            postgres::ConnectionSettings owner, StoreNames names,
                                            RoleVerifiers verifiers) {
  AISLE_CO_CHECK(CheckNames(names));
  const std::string dbname = admin.dbname;
  CreateReport report;
  {
    AISLE_CO_TRY(Connection connection,
                 co_await Connection::Open(std::move(admin), net::Deadline::After(kConnectWait)));
    const net::Deadline deadline = net::Deadline::After(kWorkWait);
    AISLE_CO_CHECK(co_await CheckSchemaIsOurs(connection, names, deadline));
    AISLE_CO_TRY(report,
                 co_await postgres::InTransaction<CreateReport>(connection, deadline, {}, [&]() {
                   return MakeRolesAndSchema(connection, names, dbname, verifiers, deadline);
                 }));
  }
  AISLE_CO_TRY(Connection connection,
               co_await Connection::Open(std::move(owner), net::Deadline::After(kConnectWait)));
  const net::Deadline deadline = net::Deadline::After(kWorkWait);
  AISLE_CO_TRY(const auto migrated,
               co_await postgres::Migrate(connection, names.schema, StoreMigrations(), deadline));
  report.migrations = migrated.applied;
  report.schema_version = migrated.version;
  AISLE_CO_CHECK(co_await Enter(connection, names, deadline));
  AISLE_CO_CHECK(co_await connection.RunScript(PutIn(sql::kStoreGrants, names), deadline));
  co_return report;
}

net::Task<Result<DropReport>> DropStore(postgres::ConnectionSettings admin, StoreNames names,
                                        bool cascade) {
  AISLE_CO_CHECK(CheckNames(names));
  const std::string purpose = Purpose(names, admin.dbname);
  AISLE_CO_TRY(Connection connection,
               co_await Connection::Open(std::move(admin), net::Deadline::After(kConnectWait)));
  const net::Deadline deadline = net::Deadline::After(kWorkWait);
  DropReport report;
  AISLE_CO_CHECK(co_await CheckSchemaIsOurs(connection, names, deadline));
  AISLE_CO_TRY(report.schema, co_await HasSchema(connection, names, deadline));
  AISLE_CO_TRY(const Purposes purposes, co_await ReadPurposes(connection, names, deadline));
  for (const auto& [role, said] : purposes) {
    if (said == purpose) report.roles.push_back(role);
  }
  Statement ask(std::string(sql::kStoreStrangers.text),
                Parameters().Text(names.schema).Texts(OwnTables()));
  AISLE_CO_TRY(const auto strangers, co_await ReadThings(connection, std::move(ask), deadline));
  if (!strangers.empty() && !cascade) co_return WouldGoToo(strangers);
  AISLE_CO_TRY([[maybe_unused]] const bool dropped,
               co_await postgres::InTransaction<bool>(connection, deadline, {}, [&]() {
                 return DropEverything(connection, names, report, cascade, deadline);
               }));
  co_return report;
}

}  // namespace aisle::serving
