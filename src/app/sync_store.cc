#include "app/sync_store.h"

#include <string_view>
#include <utility>

#include "app/interrupt.h"
#include "net/await.h"
#include "serving/generation/published.h"

namespace aisle::app {

Result<serving::SyncReport> SyncStore(const Context& context, const StoreSettings& store) {
  AISLE_TRY(const auto generation,
            serving::PublishedGeneration::OpenCurrent(context.workspace.Serving()));
  AISLE_TRY(auto writer, store.Existing(StoreRole::kWriter));
  return net::Await(
      serving::SyncGeneration(std::move(writer), store.Names(), generation,
                              [](std::string_view, std::int64_t) { return !Interrupted(); }));
}

}  // namespace aisle::app
