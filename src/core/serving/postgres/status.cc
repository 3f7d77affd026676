#include "serving/postgres/status.h"

#include <fmt/format.h>

#include <utility>

#include "features/customer_inputs.h"
#include "postgres/copy_format.h"
#include "postgres/copy_stream.h"
#include "postgres/rows.h"
#include "postgres/statement.h"
#include "serving/generation/bytes.h"
#include "serving/postgres/load.h"
#include "serving/postgres/rows.h"
#include "serving/sql.h"

namespace aisle::serving {
namespace {

using postgres::Connection;
using postgres::Parameters;
using postgres::Statement;

constexpr std::chrono::seconds kConnectWait{15};
constexpr std::chrono::seconds kPartWait{60};
constexpr std::size_t kProblemsMax = 10;

net::Task<Status> ReadSizes(Connection& connection, StoreStatus& status) {
  std::vector<std::string> tables(kLoadedTables.begin(), kLoadedTables.end());
  tables.insert(tables.end(), kKeptTables.begin(), kKeptTables.end());
  Statement ask(std::string(sql::kStoreSizes.text), Parameters().Texts(tables));
  AISLE_CO_TRY(const postgres::Rows rows, co_await connection.Run(std::move(ask), {}));
  postgres::RowReader reader(rows);
  const auto name = reader.Text("name");
  const auto bytes = reader.Int("bytes");
  for (;;) {
    AISLE_CO_TRY(const bool more, reader.Next());
    if (!more) co_return Status{};
    status.table_bytes[std::string(reader[name])] = reader[bytes];
  }
}

// Nothing, or what is wrong with a row.
std::string ProblemOf(std::int64_t customer, std::string_view bytes, std::int64_t row_hash,
                      base::Timestamp as_of) {
  const auto record = DecodeCustomer(bytes);
  if (!record) return fmt::format("customer {}: {}", customer, record.error().message);
  if (record->customer.value != customer)
    return fmt::format("customer {}: its record is of {}", customer, record->customer.value);
  const auto now = features::MakeCustomerInputs(*record, as_of);
  if (RowHash(*record, now) == row_hash) return "";
  return fmt::format("customer {}: its record is not what its hash says", customer);
}

net::Task<Status> VerifyRecords(Connection& connection, StoreStatus& status) {
  AISLE_CO_TRY(auto copy,
               co_await connection.StartCopyOut(
                   "COPY (SELECT customer_id, record, row_hash FROM customer_features) TO "
                   "STDOUT (FORMAT binary)",
                   {}));
  postgres::CopyDecoder in(3);
  std::int64_t found = 0;
  for (;;) {
    AISLE_CO_TRY(const auto part, co_await copy.Next({}));
    if (!part) break;
    in.Feed(*part);
    for (;;) {
      AISLE_CO_TRY(const bool more, in.Next());
      if (!more) break;
      AISLE_CO_TRY(const std::int64_t customer, in.Int(0));
      AISLE_CO_TRY(const std::string_view bytes, in.Bytes(1));
      AISLE_CO_TRY(const std::int64_t row_hash, in.Int(2));
      std::string problem = ProblemOf(customer, bytes, row_hash, status.meta->manifest.as_of);
      if (problem.empty()) continue;
      ++found;
      if (status.problems.size() < kProblemsMax) status.problems.push_back(std::move(problem));
    }
  }
  if (found > static_cast<std::int64_t>(kProblemsMax))
    status.problems.push_back(fmt::format("and more: {} rows in all", found));
  co_return Status{};
}

net::Task<Status> VerifyFiles(Connection& connection, StoreStatus& status) {
  if (status.files.files == 0) co_return Status{};
  OfferedGeneration offered;
  offered.generation = status.meta->manifest.generation;
  offered.checksum = status.meta->generation_checksum;
  const auto stored = co_await ReadStoredGeneration(connection, offered, kPartWait);
  if (!stored) {
    status.problems.push_back("generation_files: " + stored.error().message);
    co_return Status{};
  }
  if (const Status whole = CheckFiles(offered, stored->manifest, stored->files); !whole)
    status.problems.push_back("generation_files: " + whole.error().message);
  co_return Status{};
}

net::Task<Status> Verify(Connection& connection, StoreStatus& status) {
  AISLE_CO_TRY(const StoreSums sums, co_await ReadSums(connection, std::string(kLoadedTables[0]),
                                                       std::string(kLoadedTables[1]), {}));
  if (const Status same = CheckSums(sums, *status.meta); !same)
    status.problems.push_back(same.error().message);
  AISLE_CO_CHECK(co_await VerifyRecords(connection, status));
  AISLE_CO_CHECK(co_await VerifyFiles(connection, status));
  status.verified = true;
  co_return Status{};
}

}  // namespace

net::Task<Result<StoreStatus>> ReadStoreStatus(postgres::ConnectionSettings settings,
                                               StoreNames names, bool verify) {
  AISLE_CO_TRY(Connection connection,
               co_await OpenStore(std::move(settings), names, net::Deadline::After(kConnectWait)));
  StoreStatus status;
  const int version = connection.Server().server_version;
  status.server_version = fmt::format("{}.{}", version / 10'000, version % 10'000);
  status.tls = connection.Server().tls;
  auto meta = co_await ReadMeta(connection, {});
  if (!meta && meta.error().code != ErrorCode::kNotFound)
    co_return std::unexpected(std::move(meta).error());
  if (meta) status.meta = *std::move(meta);
  AISLE_CO_CHECK(co_await ReadSizes(connection, status));
  AISLE_CO_TRY(const auto files, co_await ReadFileSizes(connection, {}));
  if (const auto of = files.find(status.meta ? status.meta->generation_checksum : std::string());
      of != files.end())
    status.files = of->second;
  AISLE_CO_TRY(status.leftovers, co_await ReadLeftovers(connection, names, {}));
  if (verify && status.meta) AISLE_CO_CHECK(co_await Verify(connection, status));
  co_return status;
}

}  // namespace aisle::serving
