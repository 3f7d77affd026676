// Opening databases: settings, who else has the file, what is no database.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstring>
#include <fstream>

#include "base/files.h"
#include "warehouse/database_testing.h"

namespace aisle::warehouse {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

Rows Ask(Database& database, std::string_view query) {
  Connection connection = *database.Connect();
  const auto rows = connection.QueryText({"test.sql", query});
  EXPECT_TRUE(rows.has_value()) << rows.error().message;
  return rows ? *rows : Rows{};
}

void MakeTable(const fs::path& path) {
  Database database = *Database::Open(path);
  Connection connection = *database.Connect();
  ASSERT_TRUE(connection.Execute({"t", "CREATE TABLE t AS SELECT range AS n FROM range(1000)"}));
}

TEST_F(WarehouseTest, RowsAreThereAfterClosingAndOpeningAgain) {
  const fs::path path = folder_ / "shop.duckdb";
  MakeTable(path);
  Database database = Open(path, {.access = Access::kReadOnly});
  EXPECT_EQ(database.Path(), path);
  EXPECT_EQ(Ask(database, "SELECT sum(n) FROM t"), Rows{{"499500"}});
}

TEST_F(WarehouseTest, SettingsAreKept) {
  Database database = Open(folder_ / "shop.duckdb", {.threads = 2, .memory_limit = "256MiB"});
  EXPECT_EQ(Ask(database,
                "SELECT current_setting('threads'), current_setting('memory_limit'), "
                "current_setting('TimeZone'), current_setting('autoinstall_known_extensions'), "
                "current_setting('autoload_known_extensions')"),
            (Rows{{"2", "256.0 MiB", "UTC", "false", "false"}}));
}

TEST_F(WarehouseTest, ASettingThatIsNoneIsNamed) {
  const Error error = OpenError(folder_ / "shop.duckdb", {.memory_limit = "plenty"});
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("memory_limit = 'plenty'"));
  EXPECT_EQ(OpenError(":memory:", {.threads = -1}).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(OpenError(":memory:", {.access = Access::kReadOnly}).code, ErrorCode::kInvalidArgument);
}

TEST_F(WarehouseTest, AMissingFileIsMadeForWritingAndNotFoundForReading) {
  const fs::path path = folder_ / "shop.duckdb";
  const Error missing = OpenError(path, {.access = Access::kReadOnly});
  EXPECT_EQ(missing.code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.message, HasSubstr(path.string()));
  EXPECT_FALSE(fs::exists(path));
  Open(path);
  EXPECT_TRUE(fs::exists(path));
  EXPECT_EQ(OpenError(folder_ / "no" / "shop.duckdb").code, ErrorCode::kNotFound);
}

TEST_F(WarehouseTest, AReadOnlyDatabaseRefusesToWrite) {
  const fs::path path = folder_ / "shop.duckdb";
  MakeTable(path);
  Database database = Open(path, {.access = Access::kReadOnly});
  Connection connection = *database.Connect();
  const auto wrote = connection.Execute({"w.sql", "INSERT INTO t VALUES (1)"});
  ASSERT_FALSE(wrote.has_value());
  EXPECT_EQ(wrote.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(wrote.error().message, HasSubstr("w.sql:1: "));
}

TEST_F(WarehouseTest, AFolderAndAFileOfSomethingElseAreNoDatabases) {
  const Error folder = OpenError(folder_);
  EXPECT_EQ(folder.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(folder.message, HasSubstr("folder"));
  for (const std::string& bytes : {std::string("x"), std::string(50'000, 'x')}) {
    const fs::path path = folder_ / "notes.txt";
    ASSERT_TRUE(base::WriteFileAtomic(path, bytes));
    for (const Access access : {Access::kReadOnly, Access::kReadWrite}) {
      const Error error = OpenError(path, {.access = access});
      EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
      EXPECT_EQ(error.message, "database " + path.string() + ": not a DuckDB database file");
    }
    EXPECT_EQ(*base::ReadFile(path), bytes);  // Nobody wrote into it.
    EXPECT_FALSE(LooksLikeDatabase(path));
  }
  EXPECT_FALSE(LooksLikeDatabase(folder_));
  EXPECT_FALSE(LooksLikeDatabase(folder_ / "none"));
  const fs::path path = folder_ / "real.duckdb";
  ASSERT_TRUE(Database::Open(path));
  EXPECT_TRUE(LooksLikeDatabase(path));
}

// Each in a process of its own, which has not opened the pinned library before.
TEST(DriverDeath, ALibraryThatIsNoneIsNamed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const std::string library : {"/nowhere/libduckdb.so", "libm.so.6"}) {
    EXPECT_EXIT(
        {
          setenv("AISLE_DUCKDB", library.c_str(), 1);
          const auto database = Database::Open(":memory:");
          const bool named = !database && database.error().message.contains(library) &&
                             database.error().code == ErrorCode::kFailedPrecondition;
          exit(named ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
  }
}

// The checksum in front of each header: DuckDB's, over the 4096 byte block without itself.
std::uint64_t HeaderChecksum(std::string_view rest) {
  std::uint64_t sum = 5381;
  for (std::size_t i = 0; i < rest.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, rest.data() + i, 8);
    sum ^= word * 0xbf58476d1ce4e5b9;
  }
  return sum;
}

TEST_F(WarehouseTest, ANewerFormatAndADamagedFileAreToldApart) {
  const fs::path path = folder_ / "shop.duckdb";
  MakeTable(path);
  const std::string good = *base::ReadFile(path);
  std::uint64_t stored = 0;
  std::memcpy(&stored, good.data(), 8);
  ASSERT_EQ(HeaderChecksum(std::string_view(good).substr(8, 4088)), stored);

  std::string newer = good;
  newer[12] = 120;  // The version, after the checksum and "DUCK".
  const std::uint64_t sum = HeaderChecksum(std::string_view(newer).substr(8, 4088));
  std::memcpy(newer.data(), &sum, 8);
  ASSERT_TRUE(base::WriteFileAtomic(path, newer));
  const Error error = OpenError(path);
  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition) << error.message;
  EXPECT_THAT(error.message, HasSubstr("newer DuckDB"));

  std::string damaged = good;
  for (const std::size_t block : {std::size_t{4096}, std::size_t{8192}}) damaged[block + 100] ^= 1;
  ASSERT_TRUE(base::WriteFileAtomic(path, damaged));
  const Error damage = OpenError(path);
  EXPECT_EQ(damage.code, ErrorCode::kInternal) << damage.message;
  EXPECT_THAT(damage.message, HasSubstr("damaged"));
}

// A child process that opens a database and holds it until the parent lets go.
class Holder {
 public:
  Holder(const fs::path& path, Access access) {
    int ready[2], stop[2];
    AISLE_ASSERT(pipe(ready) == 0 && pipe(stop) == 0);
    pid_ = fork();
    AISLE_ASSERT(pid_ >= 0);
    if (pid_ == 0) {
      close(stop[1]);
      const auto database = Database::Open(path, {.access = access});
      char byte = database ? 'y' : 'n';
      if (write(ready[1], &byte, 1) == 1)
        (void)!read(stop[0], &byte, 1);  // Until the parent closes.
      _exit(0);
    }
    close(ready[1]);
    close(stop[0]);
    stop_ = stop[1];
    char byte = 'n';
    EXPECT_EQ(read(ready[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'y');
    close(ready[0]);
  }
  ~Holder() {
    close(stop_);
    waitpid(pid_, nullptr, 0);
  }
  pid_t Pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int stop_ = -1;
};

TEST_F(WarehouseTest, AFileHeldByAnotherProcessNamesThatProcess) {
  const fs::path path = folder_ / "shop.duckdb";
  MakeTable(path);
  {
    const Holder holder(path, Access::kReadWrite);
    for (const Access access : {Access::kReadWrite, Access::kReadOnly}) {
      const Error error = OpenError(path, {.access = access});
      EXPECT_EQ(error.code, ErrorCode::kUnavailable) << error.message;
      EXPECT_THAT(error.message, HasSubstr(path.string()));
      EXPECT_THAT(error.message, HasSubstr("process " + std::to_string(holder.Pid()) + " ("));
      EXPECT_THAT(error.message, HasSubstr("aisle_warehouse_test"));
      EXPECT_THAT(error.message, HasSubstr("try again"));
    }
  }
  Open(path);  // Free again.
}

TEST_F(WarehouseTest, ReadersShareAFileAndKeepWritersOut) {
  const fs::path path = folder_ / "shop.duckdb";
  MakeTable(path);
  const Holder holder(path, Access::kReadOnly);
  Database database = Open(path, {.access = Access::kReadOnly});
  EXPECT_EQ(Ask(database, "SELECT count(*) FROM t"), Rows{{"1000"}});
}

TEST_F(WarehouseTest, AReaderKeepsAWriterOfAnotherProcessOut) {
  const fs::path path = folder_ / "shop.duckdb";
  MakeTable(path);
  const Holder holder(path, Access::kReadOnly);
  EXPECT_EQ(OpenError(path).code, ErrorCode::kUnavailable);
}

TEST_F(WarehouseTest, OneProcessOpensAFileOnceAndSharesIt) {
  const fs::path path = folder_ / "shop.duckdb";
  MakeTable(path);
  {
    Database first = Open(path);
    fs::create_symlink(path, folder_ / "link");
    Database second = Open(folder_ / "link");
    Connection connection = *first.Connect();
    ASSERT_TRUE(connection.Execute({"t", "INSERT INTO t VALUES (-1)"}));
    EXPECT_EQ(Ask(second, "SELECT count(*) FROM t"), Rows{{"1001"}});
    const Error error = OpenError(path, {.access = Access::kReadOnly});
    EXPECT_EQ(error.code, ErrorCode::kUnavailable);
    EXPECT_THAT(error.message, HasSubstr("this process has it open"));
  }
  Database later = Open(path, {.access = Access::kReadOnly});
  EXPECT_EQ(Ask(later, "SELECT count(*) FROM t"), Rows{{"1001"}});
}

TEST_F(WarehouseTest, AConnectionAndItsStreamOutliveTheirDatabase) {
  std::optional<arrow::Stream> stream;
  {
    std::optional<Connection> connection;
    {
      Database database = Open(folder_ / "shop.duckdb");
      connection = *database.Connect();
    }
    stream = *connection->Query({"t", "SELECT range FROM range(10000)"});
  }
  std::int64_t rows = 0;
  for (;;) {
    const auto batch = stream->Next();
    ASSERT_TRUE(batch.has_value()) << batch.error().message;
    if (!*batch) break;
    rows += (*batch)->RowCount();
  }
  EXPECT_EQ(rows, 10'000);
}

}  // namespace
}  // namespace aisle::warehouse
