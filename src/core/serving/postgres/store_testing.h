// A Postgres store for tests: a database of its own in the shared cluster, created, with the three roles to connect
// as.
//
//   errors   what goes wrong while it is made fails the test.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/temp_folder_testing.h"
#include "net/await.h"
#include "postgres/cluster_testing.h"
#include "postgres/connection.h"
#include "postgres/password_verifier.h"
#include "postgres/rows.h"
#include "postgres/statement.h"
#include "serving/postgres/load.h"
#include "serving/postgres/roles.h"
#include "serving/state/generation_testing.h"

namespace aisle::serving {

class PostgresStoreTest : public Generation {
 protected:
  void SetUp() override {
    AISLE_NEEDS_POSTGRES(shared);
    cluster = &shared;
    dbname = cluster->NewDatabase();
    names = {.schema = "aisle",
             .owner = dbname + "_owner",
             .writer = dbname + "_writer",
             .reader = dbname + "_reader"};
    for (const std::string* role : {&names.owner, &names.writer, &names.reader}) {
      ASSERT_TRUE(base::WriteFileAtomic(PasswordFile(*role), "secret of " + *role + "\n"));
    }
    const auto created = Create();
    ASSERT_TRUE(created) << created.error().message;
  }
  void TearDown() override {
    if (cluster == nullptr) return;
    const auto dropped = net::Await(DropStore(Admin(), names, true));
    EXPECT_TRUE(dropped) << dropped.error().message;
  }

  fs::path PasswordFile(const std::string& role) const {
    return temp.Path() / (role + ".password");
  }
  postgres::ConnectionSettings Admin() const { return cluster->Settings(dbname); }
  postgres::ConnectionSettings As(const std::string& role) const {
    postgres::ConnectionSettings settings = cluster->Settings(dbname);
    settings.user = role;
    settings.password = {postgres::PasswordSource::Kind::kFile, PasswordFile(role).string()};
    return settings;
  }
  Result<CreateReport> Create() const {
    const auto verifier = [&](const std::string& role) {
      return *postgres::PasswordVerifier("secret of " + role);
    };
    return net::Await(CreateStore(Admin(), As(names.owner), names,
                                  {.owner = verifier(names.owner),
                                   .writer = verifier(names.writer),
                                   .reader = verifier(names.reader)}));
  }
  Result<LoadReport> Load(LoadOptions options = {}) const {
    AISLE_TRY(const PublishedGeneration published, PublishedGeneration::OpenCurrent(root));
    return net::Await(LoadGeneration(As(names.owner), names, published, std::move(options)));
  }

  // Runs statements as somebody; the error's message, or nothing.
  std::string Do(const postgres::ConnectionSettings& settings, const std::string& script) const {
    const Status done = net::Await(RunScript(settings, script));
    return done ? "" : done.error().message;
  }
  // The one value of a query, as text; NULL is "-".
  std::string Ask(const std::string& query) const { return AskAs(Admin(), query); }
  std::string AskAs(const postgres::ConnectionSettings& settings, const std::string& query) const {
    const auto value = net::Await(OneValue(settings, query));
    return value ? *value : value.error().message;
  }

  postgres::Cluster* cluster = nullptr;
  std::string dbname;
  StoreNames names;

 private:
  static net::Task<Status> RunScript(postgres::ConnectionSettings settings, std::string script) {
    const auto deadline = net::Deadline::After(std::chrono::seconds{30});
    AISLE_CO_TRY(auto connection,
                 co_await postgres::Connection::Open(std::move(settings), deadline));
    script = "SET search_path = aisle; " + script;
    co_return co_await connection.RunScript(std::move(script), deadline);
  }
  static net::Task<Result<std::string>> OneValue(postgres::ConnectionSettings settings,
                                                 std::string query) {
    const auto deadline = net::Deadline::After(std::chrono::seconds{30});
    AISLE_CO_TRY(auto connection,
                 co_await postgres::Connection::Open(std::move(settings), deadline));
    AISLE_CO_CHECK(co_await connection.RunScript("SET search_path = aisle", deadline));
    std::string cast = fmt::format("SELECT CAST(({}) AS text) AS value", query);
    AISLE_CO_TRY(const postgres::Rows rows,
                 co_await connection.Run(postgres::Statement(std::move(cast)), deadline));
    postgres::RowReader reader(rows);
    const auto value = reader.Text("value");
    AISLE_CO_TRY(const bool found, reader.Next());
    co_return found && !reader.IsNull(value) ? std::string(reader[value]) : std::string("-");
  }
};

}  // namespace aisle::serving
