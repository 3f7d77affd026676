#include "app/sync_store.h"

#include <string_view>
#include <utility>

#include "app/interrupt.h"
#include "net/await.h"
#include "recommend/write_of.h"
#include "serving/generation/published.h"
#include "serving/postgres/store_log.h"
#include "serving/state/in_service.h"

namespace aisle::app {
namespace {

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
  AISLE_TRY(auto report, net::Await(serving::SyncGeneration(
                             writer, store.Names(), generation,
                             [](std::string_view, std::int64_t) { return !Interrupted(); })));
  AISLE_CHECK(LetGo(context, std::move(writer), store.Names()));
  return report;
}

}  // namespace aisle::app
