#include "serving/postgres/shared_writes.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "postgres/listener.h"
#include "postgres/pool.h"
#include "serving/postgres/log_rows.h"

namespace aisle::serving {
namespace {

// A connection over a slow network takes longer than the wait for a word over one that is there.
constexpr std::chrono::milliseconds kConnectWait{2000};

}  // namespace

std::uint64_t StoreWrites::Until() const {
  if (records.empty() || std::cmp_less(records.size(), kStoreRecordsMax)) return last;
  return records.back().position;
}

bool StoreWrites::GoOnFrom(std::uint64_t known, std::optional<base::Timestamp> at) const {
  if (last < known || (at && known_at && *at != *known_at)) return false;
  return records.empty() ? last == known : records.front().position == known + 1;
}

struct SharedWrites::Impl {
  Impl(net::EventLoops& loops, int loop_index, postgres::ConnectionSettings to,
       const StoreNames& store)
      : settings(to),
        names(store),
        pool(loops.Executor(loop_index), std::move(to), {.connections_max = 2}) {}

  postgres::ConnectionSettings settings;
  StoreNames names;
  postgres::Pool pool;
  std::optional<postgres::Listener> listener = {};
  std::string deaf = "nobody listened yet";
};

SharedWrites::SharedWrites(net::EventLoops& loops, int loop_index,
                           postgres::ConnectionSettings settings, const StoreNames& names)
    : impl_(std::make_unique<Impl>(loops, loop_index, std::move(settings), names)) {}
SharedWrites::~SharedWrites() = default;

net::Task<Result<StoreWrites>> SharedWrites::Append(std::vector<events::Change> changes,
                                                    std::uint64_t known, net::Deadline deadline) {
  std::vector<postgres::Statement> statements;
  statements.push_back(AddWrites(changes, impl_->names));
  statements.push_back(WritesSince(known, kStoreRecordsMax, impl_->names));
  AISLE_CO_TRY(auto answers, co_await impl_->pool.RunTogether(std::move(statements), deadline));
  AISLE_CO_TRY(auto rows, postgres::AllOf(std::move(answers)));
  co_return ReadWrites(std::move(rows.back()));
}

net::Task<Result<StoreWrites>> SharedWrites::Since(std::uint64_t known, net::Deadline deadline) {
  AISLE_CO_TRY(auto rows, co_await impl_->pool.Run(
                              WritesSince(known, kStoreRecordsMax, impl_->names), deadline));
  co_return ReadWrites(std::move(rows));
}

net::Task<std::optional<std::uint64_t>> SharedWrites::Told(std::chrono::milliseconds wait) {
  const bool listens = impl_->deaf.empty();
  const net::Deadline deadline =
      net::Deadline::After(listens ? wait : std::max(wait, kConnectWait));
  if (!impl_->listener)
    impl_->listener.emplace(impl_->settings,
                            std::vector<std::string>(1, std::string(kWritesChannel)));
  const auto heard = co_await impl_->listener->Next(deadline);
  impl_->deaf = heard ? "" : heard.error().message;
  // A refusal comes at once, and is no better the next moment.
  if (!heard && !deadline.Passed())
    co_await net::Sleep(deadline.At() - std::chrono::steady_clock::now());
  if (!heard || !*heard) co_return std::nullopt;
  const std::string& told = (*heard)->payload;
  std::uint64_t position = 0;
  std::from_chars(told.data(), told.data() + told.size(), position);
  co_return position;
}

void SharedWrites::ListenAnew() { impl_->listener.reset(); }
const std::string& SharedWrites::DeafBecause() const { return impl_->deaf; }

}  // namespace aisle::serving
