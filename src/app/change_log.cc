#include "app/change_log.h"

#include <utility>

#include "app/store_settings.h"
#include "events/log_keeper.h"

namespace aisle::app {
namespace {

using events::EventLog;
using serving::StoreLog;

// A damaged log may crash whoever opens it.
Result<std::unique_ptr<EventLog>> OpenFolder(const Context& context, EventLog::Access access) {
  const auto folder = context.workspace.Changes();
  AISLE_CHECK(events::CheckLog(folder, access));
  AISLE_TRY(EventLog log, EventLog::Open(folder, access));
  return std::make_unique<EventLog>(std::move(log));
}

// As a server: it may add and read.
Result<std::unique_ptr<events::Log>> OpenShared(const Context& context) {
  AISLE_TRY(const StoreSettings store, StoreSettings::Of(context));
  AISLE_TRY(auto reader, store.Existing(StoreRole::kReader));
  return StoreLog::Open(std::move(reader), store.Names(), StoreLog::Kind::kWrites);
}

bool IsShared(const Context& context) { return context.settings.serve_store == "postgres"; }

}  // namespace

Result<std::unique_ptr<events::Log>> ChangeLogToWrite(const Context& context) {
  if (IsShared(context)) return OpenShared(context);
  AISLE_TRY(auto log, OpenFolder(context, EventLog::Access::kWrite));
  AISLE_CHECK(log->Register(events::kLiveReader));
  return log;
}

Result<std::unique_ptr<events::Log>> ChangeLogToRead(const Context& context) {
  if (IsShared(context)) return OpenShared(context);
  return OpenFolder(context, EventLog::Access::kRead);
}

Result<std::unique_ptr<StoreLog>> StoreLogToTakeIn(const Context& context, StoreLog::Kind kind) {
  if (context.settings.postgres_url.empty()) return nullptr;
  AISLE_TRY(const StoreSettings store, StoreSettings::Of(context));
  auto writer = store.Existing(StoreRole::kWriter);
  if (!writer && writer.error().code == ErrorCode::kFailedPrecondition) return nullptr;
  if (!writer) return std::unexpected(std::move(writer).error());
  return StoreLog::Open(*std::move(writer), store.Names(), kind);
}

}  // namespace aisle::app
