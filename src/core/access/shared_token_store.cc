#include "access/shared_token_store.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

#include "access/sql.h"
#include "net/await.h"
#include "postgres/connection.h"
#include "postgres/rows.h"
#include "postgres/statement.h"

namespace aisle::access {
namespace {

using postgres::Parameters;
using postgres::Statement;

// A server looks twice a second, and its requests may wait for that.
constexpr std::chrono::seconds kWait{5};

Statement Of(base::NamedText sql, Parameters parameters = {}) {
  return {std::string(sql.text), std::move(parameters)};
}

Parameters ParametersOf(const TokenRecord& record) {
  const auto time = [](Parameters& parameters, base::Timestamp value) {
    if (value == base::Timestamp{}) {
      parameters.Null(postgres::Type::kTimestamptz);
    } else {
      parameters.Time(value);
    }
  };
  const bool has_old = record.old_until != base::Timestamp{};
  Parameters row;
  row.Text(record.id).Text(record.name).Text(web::RoleName(record.role));
  row.Time(record.created).Time(record.expires);
  row.Text(record.customers ? TextOf(*record.customers) : "");
  row.Int8(record.requests_per_second).Text(HexOf(record.hash));
  row.Text(has_old ? HexOf(record.old_hash) : "");
  time(row, record.old_until);
  time(row, record.revoked);
  return row;
}

Statement NoteOf(const AuditEntry& entry) {
  return Of(sql::kTokenAuditAdd,
            Parameters().Text(entry.action).Text(entry.by).Text(entry.token).Text(entry.detail));
}

Result<std::vector<TokenRecord>> RecordsOf(const postgres::Rows& rows) {
  postgres::RowReader row(rows);
  const auto id = row.Text("id");
  const auto name = row.Text("name");
  const auto role = row.Text("role");
  const auto created = row.Time("created_at");
  const auto expires = row.Time("expires_at");
  const auto customers = row.Text("customers");
  const auto per_second = row.Int("requests_per_second");
  const auto hash = row.Text("hash");
  const auto old_hash = row.Text("old_hash");
  const auto old_until = row.Time("old_until");
  const auto revoked = row.Time("revoked_at");
  std::vector<TokenRecord> records;
  for (;;) {
    AISLE_TRY(const bool more, row.Next());
    if (!more) return records;
    TokenRecord record;
    record.id = row[id];
    record.name = row[name];
    const auto its_role = TokenRoleOf(row[role]);
    bool good = IsTokenId(record.id) && its_role && ReadHex(row[hash], record.hash);
    if (its_role) record.role = *its_role;
    record.created = row[created];
    record.expires = row[expires];
    // What narrows a token is never passed over.
    if (!row[customers].empty()) {
      record.customers = RangeOf(row[customers]);
      good = good && record.customers;
    }
    record.requests_per_second = row[per_second];
    if (!row[old_hash].empty()) good = good && ReadHex(row[old_hash], record.old_hash);
    record.old_until = row.OrElse(old_until, base::Timestamp{});
    record.revoked = row.OrElse(revoked, base::Timestamp{});
    if (!good) {
      return Fail(ErrorCode::kInternal, fmt::format("the row of token '{}' is damaged", record.id));
    }
    records.push_back(std::move(record));
  }
}

}  // namespace

struct SharedTokenStore::Impl {
  postgres::ConnectionSettings settings;
  serving::StoreNames names;
  net::StandingLoop loop = {};
  std::optional<postgres::Connection> connection = {};  // After the loop it lives on.

  // In one transaction; what each of them gave.
  Result<std::vector<postgres::Rows>> Run(std::vector<Statement> statements) {
    return net::AwaitOn(loop, RunAll(std::move(statements)));
  }
  Result<postgres::Rows> Run(Statement statement) {
    std::vector<Statement> one;
    one.push_back(std::move(statement));
    AISLE_TRY(auto rows, Run(std::move(one)));
    return std::move(rows.front());
  }
  net::Task<Result<std::vector<postgres::Rows>>> RunAll(std::vector<Statement> statements) {
    const auto deadline = net::Deadline::After(kWait);
    if (!connection || !connection->IsOpen()) {
      connection.reset();
      // Not by OpenStore: a server must know its tokens also of a store of another version.
      AISLE_CO_TRY(auto opened, co_await postgres::Connection::Open(settings, deadline));
      AISLE_CO_CHECK(co_await serving::Enter(opened, names, deadline));
      connection.emplace(std::move(opened));
    }
    auto answers = co_await connection->RunTogether(std::move(statements), deadline);
    // Whoever did not answer in time may be gone without a word: the next look asks over another connection.
    if (!answers) connection.reset();
    AISLE_CO_TRY(auto all, std::move(answers));
    co_return postgres::AllOf(std::move(all));
  }
  // Whether the tables are there; kFailedPrecondition: not even a store.
  Result<bool> HasTokens() {
    AISLE_TRY(const postgres::Rows rows, Run(Of(sql::kTokensThere)));
    postgres::RowReader row(rows);
    const auto is_store = row.Bool("is_store");
    const auto has_tokens = row.Bool("has_tokens");
    AISLE_TRY([[maybe_unused]] const bool found, row.Next());
    if (!row[is_store]) {
      return Fail(ErrorCode::kFailedPrecondition,
                  fmt::format("schema {} is no store; see `aisle store create`", names.schema));
    }
    return row[has_tokens];
  }
  Status NeedTokens() {
    AISLE_TRY(const bool has, HasTokens());
    if (has) return {};
    return Fail(ErrorCode::kFailedPrecondition,
                "the store was made by an older aisle and has no table of tokens; run `aisle store "
                "create`");
  }
};

SharedTokenStore::SharedTokenStore(postgres::ConnectionSettings settings, serving::StoreNames names)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(names))) {}
SharedTokenStore::~SharedTokenStore() = default;

Result<std::vector<TokenRecord>> SharedTokenStore::Read() {
  AISLE_TRY(const bool has, impl_->HasTokens());
  if (!has) return std::vector<TokenRecord>();
  AISLE_TRY(const postgres::Rows rows, impl_->Run(Of(sql::kTokensRead)));
  return RecordsOf(rows);
}

Status SharedTokenStore::Add(const TokenRecord& record, const AuditEntry& entry) {
  AISLE_CHECK(impl_->NeedTokens());
  std::vector<Statement> statements;
  statements.push_back(Of(sql::kTokensAdd, ParametersOf(record)));
  statements.push_back(NoteOf(entry));
  AISLE_TRY([[maybe_unused]] const auto done, impl_->Run(std::move(statements)));
  return {};
}

Status SharedTokenStore::Replace(const TokenRecord& record, const AuditEntry& entry) {
  AISLE_CHECK(impl_->NeedTokens());
  std::vector<Statement> statements;
  statements.push_back(Of(sql::kTokensReplace, ParametersOf(record)));
  statements.push_back(NoteOf(entry));
  AISLE_TRY(const auto done, impl_->Run(std::move(statements)));
  if (done.front().Affected() == 1) return {};
  return Fail(ErrorCode::kNotFound, fmt::format("there is no token {}", record.id));
}

Status SharedTokenStore::Note(std::span<const AuditEntry> entries) {
  if (entries.empty()) return {};
  std::vector<Statement> statements;
  for (const AuditEntry& entry : entries) statements.push_back(NoteOf(entry));
  AISLE_TRY([[maybe_unused]] const auto done, impl_->Run(std::move(statements)));
  return {};
}

Result<std::vector<AuditEntry>> SharedTokenStore::ReadLog(std::size_t count) {
  AISLE_CHECK(impl_->NeedTokens());
  AISLE_TRY(
      const postgres::Rows rows,
      impl_->Run(Of(sql::kTokenAuditRead, Parameters().Int8(static_cast<std::int64_t>(count)))));
  postgres::RowReader row(rows);
  const auto at = row.Time("at");
  const auto action = row.Text("action");
  const auto by = row.Text("by_whom");
  const auto token = row.Text("token");
  const auto detail = row.Text("detail");
  std::vector<AuditEntry> entries;
  for (;;) {
    AISLE_TRY(const bool more, row.Next());
    if (!more) return entries;
    entries.push_back({.at = row[at],
                       .action = std::string(row[action]),
                       .by = std::string(row[by]),
                       .token = std::string(row[token]),
                       .detail = std::string(row[detail])});
  }
}

std::string SharedTokenStore::Where() const {
  return fmt::format("the table tokens of schema {} in Postgres", impl_->names.schema);
}

}  // namespace aisle::access
