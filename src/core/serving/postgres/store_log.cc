#include "serving/postgres/store_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "net/await.h"
#include "net/finish_by.h"
#include "postgres/connection.h"
#include "postgres/rows.h"
#include "serving/postgres/log_rows.h"
#include "serving/postgres/session.h"
#include "serving/sql.h"

namespace aisle::serving {
namespace {

using postgres::Parameters;
using postgres::Statement;

constexpr std::chrono::seconds kWait{10};
constexpr std::chrono::milliseconds kAskTooLate{50};
// A message holds a few tens of kilobytes then.
constexpr std::size_t kRowsPerInsert = 1'000;

std::string_view NameOf(StoreLog::Kind kind) {
  return kind == StoreLog::Kind::kWrites ? "writes" : "impressions";
}

struct LogEnd {
  std::string id;
  std::uint64_t position = 0;
};

Result<LogEnd> ReadEnd(postgres::Rows rows, StoreLog::Kind kind) {
  postgres::RowReader reader(std::move(rows));
  const auto id = reader.Text("log_id");
  const auto position = reader.Int(NameOf(kind));
  AISLE_TRY(const bool found, reader.Next());
  if (!found) return Fail(ErrorCode::kInternal, "writes_position has no row");
  return LogEnd{std::string(reader[id]), static_cast<std::uint64_t>(reader[position])};
}

}  // namespace

struct StoreLog::Impl {
  postgres::ConnectionSettings settings;
  StoreNames names;
  Kind kind = Kind::kWrites;
  TooLate too_late;
  std::string id = {};
  net::StandingLoop loop = {};
  std::optional<postgres::Connection> connection = {};  // After the loop it lives on.

  // In one transaction; what each of them gave.
  Result<std::vector<postgres::Rows>> Run(std::vector<Statement> statements) {
    auto rows =
        net::AwaitOn(loop, net::FinishUnless(too_late, kAskTooLate, RunAll(std::move(statements))));
    if (rows) return *std::move(rows);
    return Fail(ErrorCode::kUnavailable, fmt::format("{}: given up, it is too late", NameOf(kind)));
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
      AISLE_CO_TRY(auto opened, co_await OpenStore(settings, names, deadline));
      connection.emplace(std::move(opened));
    }
    auto answers = co_await connection->RunTogether(std::move(statements), deadline);
    // Whoever did not answer in time may be gone without a word: the next call asks over another connection.
    if (!answers) connection.reset();
    AISLE_CO_TRY(auto all, std::move(answers));
    co_return postgres::AllOf(std::move(all));
  }
  Result<LogEnd> End() {
    AISLE_TRY(auto rows, Run(PutIn(sql::kStoreLogEnd, names)));
    return ReadEnd(std::move(rows), kind);
  }
};

StoreLog::StoreLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StoreLog::~StoreLog() = default;

Result<std::unique_ptr<StoreLog>> StoreLog::Open(postgres::ConnectionSettings settings,
                                                 StoreNames names, Kind kind, TooLate too_late) {
  auto impl =
      std::make_unique<Impl>(std::move(settings), std::move(names), kind, std::move(too_late));
  AISLE_TRY(LogEnd end, impl->End());
  impl->id = std::move(end.id);
  return std::unique_ptr<StoreLog>(new StoreLog(std::move(impl)));
}

const std::string& StoreLog::Id() const { return impl_->id; }

Status StoreLog::Append(std::span<const events::Change> changes,
                        const domain::RetailerShape& shape) {
  AISLE_ASSERT(impl_->kind == Kind::kWrites);
  for (const events::Change& change : changes) {
    if (const Status good = events::CheckChange(change, shape); !good) {
      return Within(
          fmt::format("{} '{}'", events::KindName(change.envelope.kind), change.envelope.id),
          good.error());
    }
  }
  if (changes.empty()) return {};
  AISLE_TRY([[maybe_unused]] const auto added, impl_->Run(AddWrites(changes, impl_->names)));
  return {};
}

Status StoreLog::Append(std::span<const events::Impression> impressions) {
  AISLE_ASSERT(impl_->kind == Kind::kImpressions);
  std::vector<Statement> statements;
  while (!impressions.empty()) {
    const std::size_t count = std::min(kRowsPerInsert, impressions.size());
    statements.push_back(AddImpressions(impressions.first(count), impl_->names));
    impressions = impressions.subspan(count);
  }
  if (statements.empty()) return {};
  AISLE_TRY([[maybe_unused]] const auto added, impl_->Run(std::move(statements)));
  return {};
}

Result<std::vector<events::LogRecord>> StoreLog::Read(std::uint64_t position,
                                                      std::size_t count) const {
  const auto most = static_cast<std::int64_t>(count);
  if (impl_->kind == Kind::kImpressions) {
    AISLE_TRY(auto rows, impl_->Run(ImpressionsSince(position, most, impl_->names)));
    return ReadImpressions(std::move(rows));
  }
  AISLE_TRY(auto rows, impl_->Run(WritesSince(position, most, impl_->names)));
  AISLE_TRY(StoreWrites writes, ReadWrites(std::move(rows)));
  return std::move(writes.records);
}

Result<std::uint64_t> StoreLog::LastPosition() const {
  AISLE_TRY(const LogEnd end, impl_->End());
  return end.position;
}

Status StoreLog::Register(std::string_view reader) {
  AISLE_TRY([[maybe_unused]] const auto rows,
            impl_->Run({PutIn(sql::kStoreLogRegister, impl_->names),
                        Parameters().Text(NameOf(impl_->kind)).Text(reader)}));
  return {};
}

Status StoreLog::Advance(std::string_view reader, std::uint64_t position) {
  AISLE_TRY(const std::uint64_t last, LastPosition());
  if (position > last) {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: position {} is beyond the end, {}",
                                                         NameOf(impl_->kind), position, last));
  }
  std::vector<Statement> statements;
  statements.emplace_back(PutIn(sql::kStoreLogAdvance, impl_->names),
                          Parameters()
                              .Text(NameOf(impl_->kind))
                              .Text(reader)
                              .Int8(static_cast<std::int64_t>(position)));
  statements.emplace_back(
      PutIn(impl_->kind == Kind::kWrites ? sql::kStoreWritesTrim : sql::kStoreImpressionsTrim,
            impl_->names));
  AISLE_TRY(const auto done, impl_->Run(std::move(statements)));
  if (done.front().Affected() == 1) return {};
  return Fail(ErrorCode::kNotFound,
              fmt::format("{}: no reader '{}' is registered", NameOf(impl_->kind), reader));
}

Result<std::uint64_t> StoreLog::Mark(std::string_view reader) const {
  AISLE_TRY(const auto readers, Readers());
  const auto found = std::ranges::find(readers, reader, &events::LogReader::name);
  if (found != readers.end()) return found->mark;
  return Fail(ErrorCode::kNotFound,
              fmt::format("{}: no reader '{}' is registered", NameOf(impl_->kind), reader));
}

Result<std::vector<events::LogReader>> StoreLog::Readers() const {
  std::vector<Statement> statements;
  statements.emplace_back(PutIn(sql::kStoreLogReaders, impl_->names),
                          Parameters().Text(NameOf(impl_->kind)));
  statements.emplace_back(PutIn(sql::kStoreLogEnd, impl_->names));
  AISLE_TRY(auto answers, impl_->Run(std::move(statements)));
  AISLE_TRY(const LogEnd end, ReadEnd(std::move(answers.back()), impl_->kind));
  postgres::RowReader reader(std::move(answers.front()));
  const auto name = reader.Text("reader");
  const auto position = reader.Int("position");
  std::vector<events::LogReader> readers;
  for (;;) {
    AISLE_TRY(const bool more, reader.Next());
    if (!more) return readers;
    const auto mark = static_cast<std::uint64_t>(reader[position]);
    readers.push_back(
        {std::string(reader[name]), mark, end.position - std::min(mark, end.position)});
  }
}

}  // namespace aisle::serving
