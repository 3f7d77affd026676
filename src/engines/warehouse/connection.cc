#include <fmt/format.h>

#include "warehouse/connection_impl.h"
#include "warehouse/dialect.h"
#include "warehouse/explain.h"
#include "warehouse/script.h"
#include "warehouse/warehouse.h"

namespace aisle::warehouse {

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<arrow::Stream> Connection::Query(base::NamedText query, const Parameters& parameters) {
  AISLE_TRY(const std::vector<Statement> statements, RenderScript(query, parameters));
  if (statements.size() != 1) {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: {} statements where a query is one",
                                                         query.name, statements.size()));
  }
  const Statement& statement = statements.front();
  ArrowArrayStream rows{};
  if (auto ran = impl_->session->Run(statement.text, &rows); !ran)
    return std::unexpected(ExplainStatement(ran.error(), query.name, statement.line));
  return arrow::Stream::Import(
      &rows, impl_->session, [name = std::string(query.name), line = statement.line](Error error) {
        if (error.code == ErrorCode::kInternal)
          return ExplainStatement(Failure{ADBC_STATUS_UNKNOWN, error.message}, name, line);
        error.message = fmt::format("{}:{}: {}", name, line, error.message);
        return error;
      });
}

Result<std::int64_t> Connection::Execute(base::NamedText script, const Parameters& parameters) {
  AISLE_TRY(const std::vector<Statement> statements, RenderScript(script, parameters));
  std::int64_t changed = -1;
  for (const Statement& statement : statements) {
    const auto ran = impl_->session->Run(statement.text);
    if (!ran) return std::unexpected(ExplainStatement(ran.error(), script.name, statement.line));
    changed = *ran;
  }
  return changed;
}

Status Connection::Impl::Control(const char* statement) {
  if (const auto ran = session->Run(statement); !ran)
    return Within(statement, ExplainWords(ran.error().words));
  return {};
}

Status Connection::Begin() {
  if (impl_->in_transaction)
    return Fail(ErrorCode::kFailedPrecondition, "BEGIN: a transaction is open already");
  AISLE_CHECK(impl_->Control("BEGIN TRANSACTION"));
  impl_->in_transaction = true;
  return {};
}

Status Connection::Commit() {
  if (!impl_->in_transaction)
    return Fail(ErrorCode::kFailedPrecondition, "COMMIT: no transaction is open");
  // DuckDB takes a COMMIT after an error for a ROLLBACK and reports success. Any statement tells.
  if (const auto alive = impl_->session->Run("SELECT 1"); !alive)
    return Within("COMMIT", ExplainWords(alive.error().words));
  AISLE_CHECK(impl_->Control("COMMIT"));
  impl_->in_transaction = false;
  return {};
}

Status Connection::Rollback() {
  if (!impl_->in_transaction)
    return Fail(ErrorCode::kFailedPrecondition, "ROLLBACK: no transaction is open");
  impl_->in_transaction = false;
  return impl_->Control("ROLLBACK");
}

bool Connection::InsideTransaction() const { return impl_->in_transaction; }

Status Confine(Connection& connection) {
  AISLE_CHECK(connection.Execute({"warehouse/dialect.cc", Confinement()}));
  return {};
}

Status InTransaction(Connection& connection, const std::function<Status()>& work) {
  if (connection.InsideTransaction()) return work();
  AISLE_CHECK(connection.Begin());
  Status done = work();
  if (done) done = connection.Commit();
  // The first error is the one that tells; a transaction that failed to commit may be gone already.
  if (!done) (void)connection.Rollback();
  return done;
}

Result<std::vector<std::vector<std::string>>> Connection::QueryText(base::NamedText query,
                                                                    const Parameters& parameters) {
  AISLE_TRY(arrow::Stream stream, Query(query, parameters));
  std::vector<std::vector<std::string>> rows;
  for (;;) {
    AISLE_TRY(const std::optional<arrow::Batch> batch, stream.Next());
    if (!batch) return rows;
    for (std::int64_t r = 0; r < batch->RowCount(); ++r) {
      std::vector<std::string>& row = rows.emplace_back();
      for (int c = 0; c < batch->ColumnCount(); ++c) row.push_back(batch->Text(c, r));
    }
  }
}

Result<std::int64_t> Connection::QueryInt(base::NamedText query, const Parameters& parameters) {
  AISLE_TRY(arrow::Stream stream, Query(query, parameters));
  const auto refuse = [&](std::string_view what) {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", query.name, what));
  };
  if (stream.ColumnNames().size() != 1) {
    return refuse(
        fmt::format("{} columns where one integer was asked for", stream.ColumnNames().size()));
  }
  std::optional<std::int64_t> answer;
  std::int64_t rows = 0;
  for (;;) {
    AISLE_TRY(const std::optional<arrow::Batch> batch, stream.Next());
    if (!batch) break;
    rows += batch->RowCount();
    if (rows > 1) return refuse("several rows where one integer was asked for");
    if (batch->RowCount() == 0) continue;
    if (batch->IsNull(0, 0)) return refuse("the answer is NULL, not an integer");
    answer = batch->FindInt(0, 0);
    if (!answer)
      return refuse(fmt::format("the answer {} is not an integer of 64 bits", batch->Text(0, 0)));
  }
  if (!answer) return refuse("no row where one integer was asked for");
  return *answer;
}

}  // namespace aisle::warehouse
