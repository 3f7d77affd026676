#include "app/sync_store.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "app/interrupt.h"
#include "net/await.h"
#include "net/finish_by.h"
#include "recommend/write_of.h"
#include "serving/generation/published.h"
#include "serving/postgres/store_log.h"
#include "serving/state/in_service.h"

namespace aisle::app {
namespace {

constexpr std::chrono::milliseconds kLook{100};

// Servers read the log of changes for what some generation does not know yet.
Status LetGo(const Context& context, postgres::ConnectionSettings writer,
             const serving::StoreNames& names) {
  AISLE_TRY(const auto log,
            serving::StoreLog::Open(std::move(writer), names, serving::StoreLog::Kind::kWrites));
  AISLE_TRY(const std::uint64_t mark, log->Mark(events::kLiveReader));
  const auto known = serving::KnownToAll(context.workspace.Serving(), log->Id());
  AISLE_TRY(const std::uint64_t position, recommend::KnownUntil(*log, mark, known));
  return position == mark ? Status{} : log->Advance(events::kLiveReader, position);
}

}  // namespace

Result<serving::SyncReport> SyncStore(const Context& context, const StoreSettings& store) {
  AISLE_TRY(const auto generation,
            serving::PublishedGeneration::OpenCurrent(context.workspace.Serving()));
  AISLE_TRY(auto writer, store.Existing(StoreRole::kWriter));
  auto sync =
      serving::SyncGeneration(writer, store.Names(), generation,
                              [](std::string_view, std::int64_t) { return !Interrupted(); });
  // The server may make it wait for longer than a signal can: somebody else's lock, a network that is gone.
  auto done = net::Await(net::FinishUnless(Interrupted, kLook, std::move(sync)));
  if (!done) return Fail(ErrorCode::kUnavailable, "interrupted");
  AISLE_TRY(auto report, *std::move(done));
  AISLE_CHECK(LetGo(context, std::move(writer), store.Names()));
  return report;
}

}  // namespace aisle::app
