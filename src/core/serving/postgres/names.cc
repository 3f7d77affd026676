#include "serving/postgres/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "postgres/statement.h"
#include "serving/sql.h"

namespace aisle::serving {
namespace {

constexpr std::size_t kNameBytesMax = 48;

Status CheckName(std::string_view what, std::string_view name) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto accepted = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  if (!name.empty() && name.size() <= kNameBytesMax && letter(name[0]) &&
      std::ranges::all_of(name, accepted) && !name.starts_with("pg_")) {
    return {};
  }
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("postgres.{} is '{}'; accepted are lower-case letters, digits and _, "
                          "beginning with a letter but not with pg_, at most {}",
                          what, name, kNameBytesMax));
}

}  // namespace

Status CheckNames(const StoreNames& names) {
  AISLE_CHECK(CheckName("schema", names.schema));
  AISLE_CHECK(CheckName("owner", names.owner));
  AISLE_CHECK(CheckName("writer", names.writer));
  AISLE_CHECK(CheckName("reader", names.reader));
  if (names.owner == names.writer || names.owner == names.reader || names.writer == names.reader) {
    return Fail(ErrorCode::kInvalidArgument,
                "postgres.owner, writer and reader are three roles: give each a name of its own");
  }
  if (names.schema == "public" || names.schema == "information_schema") {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("postgres.schema is '{}'; give the store a schema of its own, which "
                            "`drop` may remove",
                            names.schema));
  }
  return {};
}

std::span<const postgres::Migration> StoreMigrations() {
  static constexpr std::array<postgres::Migration, 5> kSteps = {
      {{.number = 1, .name = "store_tables", .sql = sql::kStoreTables.text},
       {.number = 2, .name = "store_shared_logs", .sql = sql::kStoreSharedLogs.text},
       {.number = 3, .name = "store_files", .sql = sql::kStoreFiles.text},
       {.number = 4, .name = "store_append_writes", .sql = sql::kStoreAppendWrites.text},
       {.number = 5, .name = "store_tokens", .sql = sql::kStoreTokens.text}}};
  return kSteps;
}

std::string PutIn(base::NamedText text, const StoreNames& names) {
  std::string out(text.text);
  for (const auto& [placeholder, name] :
       {std::pair<std::string_view, const std::string&>{"{schema}", names.schema},
        {"{owner}", names.owner},
        {"{writer}", names.writer},
        {"{reader}", names.reader}}) {
    for (std::size_t at = out.find(placeholder); at != std::string::npos;
         at = out.find(placeholder, at)) {
      out.replace(at, placeholder.size(), postgres::QuoteName(name));
    }
  }
  return out;
}

net::Task<Status> Enter(postgres::Connection& connection, const StoreNames& names,
                        net::Deadline deadline) {
  // A temporary table must not stand in front of one of ours.
  const std::string path =
      fmt::format("SET search_path = {}, pg_temp", postgres::QuoteName(names.schema));
  co_return co_await connection.RunScript(path, deadline);
}

}  // namespace aisle::serving
