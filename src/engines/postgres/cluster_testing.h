// A real Postgres for tests and benchmarks: Debian's, in a private folder, made by
// tools/postgres-dev.
//
//   TEST(Names, AreKept) {
//     AISLE_NEEDS_POSTGRES(cluster);   // Skips, with the reason, where there is none.
//     const ConnectionSettings settings = cluster.Settings(cluster.NewDatabase());
//
// One for the whole program, started when it is first asked for. It goes when the program does,
// however that ends.
//
//   threads  one.
//   cost     the first use: about three seconds. NewDatabase: about 50 ms.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "postgres/settings.h"

namespace aisle::postgres {

class Cluster {
 public:
  // kNotFound: Postgres is not installed.
  static Result<Cluster*> Shared();

  // TLS with verify-full, as the superuser, with the password from its file.
  ConnectionSettings Settings(std::string dbname = "postgres") const;
  ConnectionSettings SocketSettings(std::string dbname = "postgres") const;
  // As the superuser.
  void RunScript(const std::string& sql) const;
  // An empty one of its own.
  std::string NewDatabase();
  // Cuts off who is connected. Up() gives it the same port again.
  void Down();
  void Up();
  std::string Password() const;
  const std::filesystem::path& Folder() const { return folder_; }

 private:
  explicit Cluster(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  int databases_ = 0;
};

// Runs a shell command when this process ends, however it ends; the command must not need it. Not
// sooner than that.
void WhenThisProcessEnds(const std::string& command);

}  // namespace aisle::postgres

#define AISLE_NEEDS_POSTGRES(name)                                                      \
  const auto name##_or_not = ::aisle::postgres::Cluster::Shared();                      \
  if (!name##_or_not) GTEST_SKIP() << "no Postgres: " << name##_or_not.error().message; \
  ::aisle::postgres::Cluster& name = **name##_or_not
