// Where a Postgres server is, as whom to speak to it, and where the password comes from.
//
// Fill in ConnectionSettings, or read one from text with ParseConnection: a URL
// (postgresql://aisle@db1,db2/shop?sslmode=verify-full&target_session_attrs=read-write) or libpq's
// keyword form (host=db1,db2 dbname=shop user=aisle). A password in the text is refused: text like
// this ends in logs and process lists. It is read from a variable, from a file, or where libpq
// itself looks (PGPASSWORD, then PGPASSFILE or ~/.pgpass), each time a connection is made, so that
// a changed one is found without a restart.
//
//   order    hosts are tried in their order, each under its share of connect_timeout.
//   units    connect_timeout in whole seconds at the edge (as libpq's keyword is).
//   missing  no host: libpq's own socket folder. sslmode empty: verify-full where a host is TCP.
//   errors   kInvalidArgument: text that is none, a key that we do not know, a password in it, a
//            mode or a port that does not exist. kFailedPrecondition: no password where it should
//            be.
//   source   PostgreSQL 15, "34.1 Database Connection Control Functions".
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aisle::postgres {

struct Host {
  std::string name;  // A host name, an address, or the folder of a Unix socket (begins with /).
  std::uint16_t port = 5432;

  bool IsSocket() const { return name.starts_with('/') || name.starts_with('@'); }
};

// How statements reach the server.
enum class StatementNames : std::uint8_t {
  kAuto,     // Named, unless something stands between us and the server (PgBouncer).
  kNamed,    // Prepared once per connection.
  kUnnamed,  // Sent whole every time: what a pooler in transaction mode needs.
};

struct PasswordSource {
  enum class Kind : std::uint8_t {
    kLibpq,        // Where libpq looks by itself, or none.
    kEnvironment,  // The variable `where`.
    kFile,         // The first line of the file `where`.
  };
  Kind kind = Kind::kLibpq;
  std::string where;
};

struct ConnectionSettings {
  std::vector<Host> hosts;
  std::string dbname = "postgres";
  std::string user;  // Empty: libpq's own choice, the operating system's user.
  std::string target_session_attrs =
      "any";  // any, read-write, read-only, primary, standby, prefer-standby
  std::string
      sslmode;  // disable, require, verify-ca, verify-full; empty: verify-full, sockets without.
  std::string sslrootcert;  // A file, or empty: libpq's own, ~/.postgresql/root.crt.
  std::string application_name = "aisle";
  std::chrono::milliseconds connect_timeout = std::chrono::seconds{5};
  PasswordSource password;
  StatementNames statements = StatementNames::kAuto;
};

Result<ConnectionSettings> ParseConnection(std::string_view text);
// "auto", "named", "unnamed".
Result<StatementNames> ParseStatementNames(std::string_view text);
// What is wrong with them, before anybody connects.
Status CheckSettings(const ConnectionSettings& settings);
// "aisle@db1:5432,db2:5432/shop": for logs and errors. Never a password.
std::string Describe(const ConnectionSettings& settings);
// Empty for kLibpq.
Result<std::string> ReadPassword(const PasswordSource& source);

}  // namespace aisle::postgres
