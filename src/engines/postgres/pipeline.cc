// Several statements in one round trip: what is sent, what comes back, and when it is done over.
#include <fmt/format.h>

#include <utility>

#include "base/files.h"
#include "postgres/link.h"

namespace aisle::postgres {
namespace {

// More than a program has statements; beyond, they are sent whole, so that neither side's memory
// grows.
constexpr std::size_t kPreparedMax = 512;

enum class Kind : std::uint8_t { kForget, kPrepare, kExecute };

struct Step {
  Kind kind;
  std::size_t statement = 0;
  bool by_name = false;   // kExecute: prepared in an earlier round trip.
  bool prepared = false;  // kPrepare: the server has it now.
};

std::string KeyOf(const Statement& statement) {
  std::string key = statement.sql;
  for (std::size_t i = 0; i < statement.parameters.Count(); ++i) {
    const auto type = static_cast<std::uint32_t>(statement.parameters.TypeOf(i));
    key.push_back('\0');
    key.append(reinterpret_cast<const char*>(&type), sizeof type);
  }
  return key;
}

// As libpq wants them.
struct ParameterLists {
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;

  explicit ParameterLists(const Parameters& parameters) {
    const std::size_t count = parameters.Count();
    types.reserve(count);
    values.reserve(count);
    lengths.reserve(count);
    formats.assign(count, 1);
    for (std::size_t i = 0; i < count; ++i) {
      types.push_back(static_cast<Oid>(parameters.TypeOf(i)));
      const std::string_view bytes = parameters.BytesOf(i);
      values.push_back(parameters.IsNull(i) ? nullptr : bytes.data());
      lengths.push_back(static_cast<int>(bytes.size()));
    }
  }
  int Count() const { return static_cast<int>(types.size()); }
};

// One try of a group.
class Group {
 public:
  Group(Link& link, const std::vector<Statement>& statements)
      : link_(link), statements_(statements) {
    for (std::size_t i = 0; i < statements.size(); ++i)
      answers_.push_back(Fail(ErrorCode::kFailedPrecondition, "postgres: not run"));
  }

  Status Send() {
    bool sent = true;
    if (link_.forget_prepared && PQtransactionStatus(link_.Handle()) != PQTRANS_INERROR)
      sent = Forget();
    for (std::size_t i = 0; i < statements_.size() && sent; ++i) sent = SendOne(i);
    if (!sent || PQpipelineSync(link_.Handle()) == 0)
      return std::unexpected(link_.Broke("cannot send"));
    ++link_.syncs_expected;
    return {};
  }

  net::Task<Status> Receive(net::Deadline deadline) {
    std::size_t at = 0;
    while (link_.syncs_expected > 0) {
      Result<PgResult> next = co_await link_.NextResult(deadline);
      if (!next) {
        // What the server said before it closed tells more than that it closed.
        if (link_.IsClosed() && failure_ && failure_->code == ErrorCode::kUnavailable)
          co_return std::unexpected(*failure_);
        co_return std::unexpected(std::move(next).error());
      }
      PgResult result = *std::move(next);
      if (!result) {
        ++at;  // The end of what this step gave.
        continue;
      }
      const ExecStatusType status = PQresultStatus(result.get());
      if (status == PGRES_PIPELINE_SYNC) {
        --link_.syncs_expected;
      } else if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
        co_return std::unexpected(
            link_.Broke("COPY does not run like a statement: StartCopyIn, StartCopyOut"));
      } else {
        Take(at, std::shared_ptr<PGresult>(result.release(), PQclear));
      }
    }
    Conclude();
    co_return Status();
  }

  // Whether it failed because the server has other ideas of what is prepared, and doing it over is
  // safe.
  bool MayRepeat() const { return stale_ && !committed_; }
  Answers Take() && { return std::move(answers_); }

 private:
  bool Forget() {
    link_.prepared.clear();
    link_.forget_prepared = false;
    steps_.push_back({Kind::kForget});
    return PQsendQueryParams(link_.Handle(), "DEALLOCATE ALL", 0, nullptr, nullptr, nullptr,
                             nullptr, 1) != 0;
  }

  bool SendOne(std::size_t index) {
    const Statement& statement = statements_[index];
    const ParameterLists lists(statement.parameters);
    PGconn* const handle = link_.Handle();
    if (statement.keep == Keep::kOnce || !link_.facts.names_statements)
      return SendWhole(index, lists);
    const std::string key = KeyOf(statement);
    auto found = link_.prepared.find(key);
    const bool by_name = found != link_.prepared.end();
    if (!by_name) {
      if (link_.prepared.size() >= kPreparedMax) return SendWhole(index, lists);
      // From the text, so that a name can never stand for another statement, whoever shares the
      // session.
      const std::string name = "aisle_" + base::Checksum(key);
      if (PQsendPrepare(handle, name.c_str(), statement.sql.c_str(), lists.Count(),
                        lists.types.data()) == 0)
        return false;
      found = link_.prepared.emplace(key, name).first;
      steps_.push_back({Kind::kPrepare, index});
    }
    steps_.push_back({Kind::kExecute, index, by_name});
    return PQsendQueryPrepared(handle, found->second.c_str(), lists.Count(), lists.values.data(),
                               lists.lengths.data(), lists.formats.data(), 1) != 0;
  }

  bool SendWhole(std::size_t index, const ParameterLists& lists) {
    steps_.push_back({Kind::kExecute, index});
    return PQsendQueryParams(link_.Handle(), statements_[index].sql.c_str(), lists.Count(),
                             lists.types.data(), lists.values.data(), lists.lengths.data(),
                             lists.formats.data(), 1) != 0;
  }

  void Take(std::size_t at, std::shared_ptr<PGresult> result) {
    const ExecStatusType status = PQresultStatus(result.get());
    // After the last step the transaction of the group is committed, which may fail as well.
    const bool at_end = at >= steps_.size();
    if (status == PGRES_PIPELINE_ABORTED) return;
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) {
      const std::string_view tag = PQcmdStatus(result.get());
      if (tag == "COMMIT" || tag == "ROLLBACK" || tag == "BEGIN") committed_ = true;
      if (!at_end) steps_[at].prepared = true;
      if (!at_end && steps_[at].kind == Kind::kExecute)
        answers_[steps_[at].statement] = RowsMaker::Make(std::move(result));
      return;
    }
    NoteFailure(at, result.get());
  }

  void NoteFailure(std::size_t at, const PGresult* result) {
    if (failure_) return;
    failure_ = ErrorOfResult(result, link_.Secret());
    const std::string_view sql_state = SqlStateOfResult(result);
    link_.Judge(sql_state);
    if (at >= steps_.size()) {
      for (auto& answer : answers_) answer = std::unexpected(*failure_);
      return;
    }
    Step& step = steps_[at];
    failed_statement_ = step.statement;
    answers_[step.statement] = std::unexpected(*failure_);
    // A plan that does not fit its table any more; a name that is gone.
    if (step.by_name && (sql_state == "0A000" || sql_state == "26000")) {
      stale_ = true;
      link_.forget_prepared = true;
    }
    // A name that is there already stands for the same text and types.
    if (step.kind == Kind::kPrepare && sql_state == "42P05") {
      stale_ = true;
      step.prepared = true;
    }
  }

  void Conclude() {
    if (!failure_) return;
    // What a failed transaction prepared stays prepared; what was behind the failure was not.
    for (const Step& step : steps_) {
      if (step.kind == Kind::kPrepare && !step.prepared)
        link_.prepared.erase(KeyOf(statements_[step.statement]));
    }
    if (!failed_statement_) return;
    for (std::size_t i = *failed_statement_ + 1; i < answers_.size(); ++i) {
      answers_[i] = Fail(ErrorCode::kFailedPrecondition,
                         fmt::format("postgres: not run, because statement {} of {} failed: {}",
                                     *failed_statement_ + 1, answers_.size(), failure_->message));
    }
  }

  Link& link_;
  const std::vector<Statement>& statements_;
  std::vector<Step> steps_;
  Answers answers_;
  std::optional<Error> failure_;
  std::optional<std::size_t> failed_statement_;
  bool stale_ = false;
  bool committed_ = false;  // Some of it may be there for good.
};

}  // namespace

net::Task<Result<Answers>> RunGroup(std::shared_ptr<Link> link, std::vector<Statement> statements,
                                    net::Deadline deadline) {
  AISLE_CO_CHECK(co_await Ready(link, deadline));
  const bool in_transaction = PQtransactionStatus(link->Handle()) != PQTRANS_IDLE;
  Turn turn(*link);
  for (bool repeated = false;; repeated = true) {
    Group group(*link, statements);
    AISLE_CO_CHECK(group.Send());
    AISLE_CO_CHECK(co_await group.Receive(deadline));
    if (group.MayRepeat() && !in_transaction && !repeated) continue;
    turn.Done();
    co_return std::move(group).Take();
  }
}

}  // namespace aisle::postgres
