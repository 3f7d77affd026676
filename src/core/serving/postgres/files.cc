#include "serving/postgres/files.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/files.h"
#include "postgres/copy_format.h"
#include "postgres/copy_stream.h"
#include "postgres/rows.h"
#include "postgres/statement.h"
#include "serving/postgres/names.h"
#include "serving/sql.h"

namespace aisle::serving {
namespace {

using postgres::Connection;
using postgres::Parameters;
using postgres::Statement;

constexpr int kColumns = 4;
constexpr std::string_view kManifest = "manifest.json";

std::int64_t PartsOf(std::size_t bytes) {
  // An empty file is one empty part: it is there.
  return bytes == 0 ? 1 : static_cast<std::int64_t>((bytes + kFilePartBytes - 1) / kFilePartBytes);
}

net::Task<Status> Run(Connection& connection, std::string text, Parameters parameters) {
  Statement statement(std::move(text), std::move(parameters), postgres::Keep::kOnce);
  const auto done = co_await connection.Run(std::move(statement), {});
  co_return done ? Status{} : std::unexpected(done.error());
}

}  // namespace

Result<bool> HasAllFiles(const std::map<std::string, FilesThere>& there,
                         const PublishedGeneration& generation) {
  const auto found = there.find(generation.Checksum());
  if (found == there.end()) return false;
  FilesThere all;
  for (const std::string& name : generation.FilesBesideCustomers()) {
    AISLE_TRY(const std::string bytes, generation.ReadFile(name));
    ++all.files;
    all.parts += PartsOf(bytes.size());
    all.bytes += static_cast<std::int64_t>(bytes.size());
  }
  return found->second.files == all.files && found->second.parts == all.parts &&
         found->second.bytes == all.bytes;
}

net::Task<Result<std::int64_t>> PutFiles(Connection& connection,
                                         const PublishedGeneration& generation, bool again) {
  if (!again) {
    AISLE_CO_TRY(const auto there, co_await ReadFileSizes(connection, {}));
    AISLE_CO_TRY(const bool all, HasAllFiles(there, generation));
    if (all) co_return 0;
  }
  const std::string& checksum = generation.Checksum();
  AISLE_CO_CHECK(co_await Run(connection,
                              "DELETE FROM generation_files WHERE generation_checksum = $1",
                              Parameters().Text(checksum)));
  AISLE_CO_TRY(auto copy, co_await connection.StartCopyIn(
                              "COPY generation_files (generation_checksum, name, part, bytes) FROM "
                              "STDIN (FORMAT binary)",
                              {}));
  postgres::CopyEncoder rows(kColumns);
  for (const std::string& name : generation.FilesBesideCustomers()) {
    AISLE_CO_TRY(const std::string bytes, generation.ReadFile(name));
    for (std::int64_t part = 0; part < PartsOf(bytes.size()); ++part) {
      const auto at = static_cast<std::size_t>(part) * kFilePartBytes;
      rows.Row().Text(checksum).Text(name).Int4(static_cast<std::int32_t>(part));
      rows.Bytes(std::string_view(bytes).substr(at, kFilePartBytes));
      AISLE_CO_CHECK(co_await copy.Write(rows.Take(), {}));
    }
  }
  rows.End();
  AISLE_CO_CHECK(co_await copy.Write(rows.Take(), {}));
  AISLE_CO_TRY(const std::int64_t parts, co_await copy.Finish({}));
  AISLE_CO_CHECK(co_await Run(connection, "SELECT pg_notify($1, $2)",
                              Parameters().Text(kFilesChannel).Text(checksum)));
  co_return parts;
}

net::Task<Status> RemoveOtherFiles(Connection& connection, const std::string& checksum,
                                   const std::string& checksum_before) {
  return Run(connection, "DELETE FROM generation_files WHERE generation_checksum NOT IN ($1, $2)",
             Parameters().Text(checksum).Text(checksum_before));
}

net::Task<Result<std::map<std::string, FilesThere>>> ReadFileSizes(Connection& connection,
                                                                   net::Deadline deadline) {
  AISLE_CO_TRY(
      const postgres::Rows rows,
      co_await connection.Run(Statement(std::string(sql::kStoreFileSizes.text)), deadline));
  postgres::RowReader reader(rows);
  const auto checksum = reader.Text("generation_checksum");
  const auto files = reader.Int("files");
  const auto parts = reader.Int("parts");
  const auto bytes = reader.Int("bytes");
  std::map<std::string, FilesThere> there;
  for (;;) {
    AISLE_CO_TRY(const bool more, reader.Next());
    if (!more) co_return there;
    FilesThere& of = there[std::string(reader[checksum])];
    of.files = reader[files];
    of.parts = reader[parts];
    of.bytes = reader[bytes];
  }
}

net::Task<Result<std::string>> ReadStoredFile(Connection& connection, std::string checksum,
                                              std::string name, std::chrono::seconds part_wait) {
  std::string bytes;
  for (std::int32_t part = 0;; ++part) {
    Statement ask(std::string(sql::kStoreFilePart.text),
                  Parameters().Text(checksum).Text(name).Int4(part));
    AISLE_CO_TRY(const postgres::Rows rows,
                 co_await connection.Run(std::move(ask), net::Deadline::After(part_wait)));
    postgres::RowReader reader(rows);
    const auto column = reader.Bytes("bytes");
    AISLE_CO_TRY(const bool found, reader.Next());
    if (!found && part == 0) {
      co_return Fail(ErrorCode::kNotFound,
                     fmt::format("{} is not among the files of the generation in the store", name));
    }
    if (!found) co_return bytes;
    bytes += reader[column];
  }
}

net::Task<Result<StoredGeneration>> ReadStoredGeneration(Connection& connection,
                                                         OfferedGeneration offered,
                                                         std::chrono::seconds part_wait) {
  StoredGeneration stored;
  AISLE_CO_TRY(stored.manifest, co_await ReadStoredFile(connection, offered.checksum,
                                                        std::string(kManifest), part_wait));
  AISLE_CO_TRY(const auto names, FilesToFetch(stored.manifest, offered));
  for (const std::string& name : names) {
    AISLE_CO_TRY(stored.files[name],
                 co_await ReadStoredFile(connection, offered.checksum, name, part_wait));
  }
  co_return stored;
}

}  // namespace aisle::serving
