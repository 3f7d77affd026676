// Connecting: certificates, passwords, several hosts, time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/temp_folder_testing.h"
#include "postgres/cluster_testing.h"
#include "postgres/connection.h"
#include "postgres/relay_testing.h"
#include "postgres/sql_state.h"
#include "postgres/task_testing.h"

namespace aisle::postgres {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

// What Open gives of these settings.
Error OpenError(const ConnectionSettings& settings, net::Deadline deadline = Soon()) {
  Error error;
  net::RunToEnd([](ConnectionSettings to, net::Deadline by, Error& out) -> net::Task<void> {
    const auto opened = co_await Connection::Open(std::move(to), by);
    EXPECT_FALSE(opened.has_value());
    if (!opened) out = opened.error();
  }(settings, deadline, error));
  return error;
}

TEST(Opening, ACertificateOfAnotherAuthorityIsRefused) {
  AISLE_NEEDS_POSTGRES(cluster);
  const base::TempFolder folder;
  const std::string base = (folder.Path() / "other").string();
  ASSERT_EQ(std::system(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                         "-days 2 -subj /CN=other "
                         "-keyout " +
                         base + ".key -out " + base + ".crt >/dev/null 2>&1")
                            .c_str()),
            0);
  ConnectionSettings settings = cluster.Settings();
  settings.sslrootcert = base + ".crt";
  const Error error = OpenError(settings);
  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition) << error.message;
  EXPECT_THAT(error.message, HasSubstr("certificate verify failed"));
}

TEST(Opening, ACertificateForAnotherNameIsRefused) {
  AISLE_NEEDS_POSTGRES(cluster);
  // The server's address, by a name that its certificate does not have.
  const Relay relay("127.0.0.2", cluster.Settings().hosts.front().port);
  ConnectionSettings settings = cluster.Settings();
  settings.hosts = {{.name = "127.0.0.2", .port = relay.Port()}};
  const Error error = OpenError(settings);
  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition) << error.message;
  EXPECT_THAT(error.message, HasSubstr("does not match host name \"127.0.0.2\""));
  settings.sslmode = "verify-ca";
  OnConnection(settings, [](Connection& connection) -> net::Task<void> {
    EXPECT_TRUE(connection.Server().tls);
    co_return;
  });
}

TEST(Opening, AMissingRootCertificateIsSaid) {
  AISLE_NEEDS_POSTGRES(cluster);
  ConnectionSettings settings = cluster.Settings();
  settings.sslrootcert = "/nowhere/root.crt";
  const Error error = OpenError(settings);
  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(error.message, HasSubstr("/nowhere/root.crt"));
}

TEST(Opening, WithoutTlsTheServerRefusesAndItIsAPersonsBusiness) {
  AISLE_NEEDS_POSTGRES(cluster);
  ConnectionSettings settings = cluster.Settings();
  settings.sslmode = "disable";
  const Error error = OpenError(settings);
  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(SqlStateOf(error), "28000");
}

TEST(Opening, AWrongPasswordIsAPersonsBusinessAndNotRepeated) {
  AISLE_NEEDS_POSTGRES(cluster);
  const base::TempFolder folder;
  const std::string path = (folder.Path() / "secret").string();
  std::ofstream(path) << "hunter2\n";
  ConnectionSettings settings = cluster.Settings();
  settings.password.where = path;
  const Error error = OpenError(settings);
  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(SqlStateOf(error), "28P01");
  EXPECT_THAT(error.message, Not(HasSubstr("hunter2")));
}

TEST(Opening, APasswordFileIsReadAgainEachTime) {
  AISLE_NEEDS_POSTGRES(cluster);
  const base::TempFolder folder;
  const std::string path = (folder.Path() / "secret").string();
  ConnectionSettings settings = cluster.Settings();
  settings.password.where = path;
  EXPECT_THAT(OpenError(settings).message, HasSubstr(path));
  std::ofstream(path) << cluster.Password() << "\n";
  OnConnection(settings, [](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT(const Rows rows, co_await connection.Run("SELECT 1 AS n", Soon()));
    EXPECT_EQ(IntOf(rows, "n"), 1);
  });
}

TEST(Opening, LibpqsOwnPasswordFileWorksToo) {
  AISLE_NEEDS_POSTGRES(cluster);
  const base::TempFolder folder;
  const std::string path = (folder.Path() / "pgpass").string();
  std::ofstream(path) << "*:*:*:postgres:" << cluster.Password() << "\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  ConnectionSettings settings = cluster.Settings();
  settings.password = {};
  EXPECT_THAT(OpenError(settings).message, HasSubstr("no password supplied"));
  ASSERT_EQ(setenv("PGPASSFILE", path.c_str(), 1), 0);
  OnConnection(settings, [](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT(const Rows rows, co_await connection.Run("SELECT 1 AS n", Soon()));
    EXPECT_EQ(IntOf(rows, "n"), 1);
  });
  ASSERT_EQ(unsetenv("PGPASSFILE"), 0);
}

TEST(Opening, ADatabaseThatIsNotThereIsAPersonsBusiness) {
  AISLE_NEEDS_POSTGRES(cluster);
  const Error error = OpenError(cluster.Settings("nowhere"));
  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(SqlStateOf(error), "3D000");
}

TEST(Opening, AnAddressInTheEnvironmentDoesNotTakeASocketsPlace) {
  AISLE_NEEDS_POSTGRES(cluster);
  ASSERT_EQ(setenv("PGHOSTADDR", "127.0.0.1", 1), 0);
  EXPECT_THAT(OpenError(cluster.SocketSettings()).message, HasSubstr("PGHOSTADDR is set"));
  // Nor that of a host.
  ConnectionSettings settings = cluster.Settings();
  ASSERT_EQ(setenv("PGHOSTADDR", "192.0.2.1", 1), 0);
  OnConnection(settings, [](Connection& connection) -> net::Task<void> {
    EXPECT_TRUE(connection.Server().tls);
    co_return;
  });
  ASSERT_EQ(unsetenv("PGHOSTADDR"), 0);
}

TEST(Opening, ADeadHostIsPassedOver) {
  AISLE_NEEDS_POSTGRES(cluster);
  ConnectionSettings settings = cluster.Settings();
  settings.hosts.insert(settings.hosts.begin(),
                        {{.name = "127.0.0.1", .port = 1}, {.name = "no-such-host.invalid"}});
  OnConnection(settings, [](Connection& connection) -> net::Task<void> {
    EXPECT_EQ(connection.Server().host, "localhost");
    AISLE_CO_EXPECT(const Rows rows, co_await connection.Run("SELECT 1 AS n", Soon()));
    EXPECT_EQ(IntOf(rows, "n"), 1);
  });
}

TEST(Opening, AHostThatNeverAnswersLeavesTimeForTheNext) {
  AISLE_NEEDS_POSTGRES(cluster);
  const SilentServer silent;
  ConnectionSettings settings = cluster.Settings();
  settings.connect_timeout = 4s;
  settings.hosts.insert(settings.hosts.begin(), {.name = "127.0.0.1", .port = silent.Port()});
  OnConnection(settings, [](Connection& connection) -> net::Task<void> {
    EXPECT_EQ(connection.Server().host, "localhost");
    co_return;
  });
  settings.hosts.pop_back();
  const Error error = OpenError(settings, net::Deadline::After(50ms));
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(error.message, HasSubstr("no connection in time"));
}

TEST(Opening, APrimaryIsNoStandby) {
  AISLE_NEEDS_POSTGRES(cluster);
  ConnectionSettings settings = cluster.Settings();
  settings.target_session_attrs = "standby";
  EXPECT_EQ(OpenError(settings).code, ErrorCode::kUnavailable);
  for (const char* session : {"prefer-standby", "read-write", "primary"}) {
    settings.target_session_attrs = session;
    OnConnection(settings, [](Connection& connection) -> net::Task<void> {
      EXPECT_TRUE(connection.IsOpen());
      co_return;
    });
  }
}

}  // namespace
}  // namespace aisle::postgres
