// What each route of the product answers; which route is whose, the table says (route_table.h).
// Private to the module.
//
// A Desk is what the handlers of one server share: one recommender per event loop, and nothing else
// that changes. Handlers keep it alive, so it may outlive the server that made it.
//
//   threads  Take() on its loop; ready_reason must be callable from any.
//   errors   as problem documents; recommend_request.h has those of a request that is wrong. 503
//            until something is published, because nobody knows yet which postal codes there are.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/gatekeeper.h"
#include "api/change_writer.h"
#include "api/generation_watcher.h"
#include "events/events.h"
#include "net/alarm.h"
#include "net/deadline.h"
#include "net/task.h"
#include "recommend/recommend.h"
#include "recommend/remote_ranker.h"
#include "web/certificate_keeper.h"
#include "web/message.h"

namespace aisle::api {

struct Desk {
  using MakeStores = std::function<recommend::Recommender::Stores(int loop_index)>;
  // `remote_ranking`: who ranks; nothing: the generation's own model.
  Desk(int loop_count, std::shared_ptr<events::ImpressionQueue> queue,
       std::chrono::milliseconds deadline, const MakeStores& stores = {},
       const std::optional<recommend::RemoteRankerOptions>& remote_ranking = {});

  // A new generation, or a newer shelf of it, on its loop. `stands_in`: as the watcher says it.
  void Take(int loop_index, const ShelfPointer& shelf, const std::string& stands_in);

  struct Place {
    Place(events::ImpressionQueue* impressions, recommend::Recommender::Stores stores,
          std::unique_ptr<recommend::Ranker> ranker)
        : recommender(impressions, std::move(stores), std::move(ranker)) {}
    recommend::Recommender recommender;
    std::string stands_in;
    std::shared_ptr<net::Alarm> newer;  // Rings when a newer shelf comes; null: nobody waits.
  };
  // Until the loop's shelf is what holds up to the position of the log of changes, or the deadline passes.
  net::Task<void> CatchUp(int loop_index, std::uint64_t position, net::Deadline deadline);

  // What the request's loop serves; null: nothing yet.
  StatePointer StateOf(const web::Request& request) const {
    return places[static_cast<std::size_t>(request.loop_index)]->recommender.State();
  }
  // What does not stop answers and somebody should look at, as fields of JSON behind a comma: nothing, or
  // `,"degraded":[{"what":"generation","why":"..."}]`. The names are those of answers, and "impressions".
  std::string DegradedJson(const web::Request& request) const;
  // How the loop's stores are, behind a comma: `,"stores":[{"name":"postgres","breaker":"open","last_error":"...",
  // "last_error_age_s":3},{"name":"embedded","breaker":"closed"}]`.
  std::string StoresJson(const web::Request& request) const;
  // The store that is asked first; the same on every loop.
  std::string_view StoreName() const { return places.front()->recommender.StoreName(); }

  std::shared_ptr<events::ImpressionQueue> impressions;  // May be null.
  std::shared_ptr<ChangeWriter> changes;                 // Set before the loops run.
  std::shared_ptr<access::Gatekeeper> gate;    // The same; null: everybody may do everything.
  std::vector<std::unique_ptr<Place>> places;  // By loop.
  std::shared_ptr<const web::CertificateKeeper>
      certificate;                     // Null: no TLS. Set before the loops run.
  std::atomic<bool> draining = false;  // It will stop soon.
  std::chrono::milliseconds request_deadline;
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
};

using DeskPointer = std::shared_ptr<Desk>;

net::Task<web::Response> GetRecommend(DeskPointer desk, const web::Request& request);
net::Task<web::Response> PostRecommend(DeskPointer desk, const web::Request& request);
net::Task<web::Response> GetCustomer(DeskPointer desk, const web::Request& request);
// Each answers when the change is durable and every loop has it.
net::Task<web::Response> PutInventory(DeskPointer desk, const web::Request& request);
net::Task<web::Response> PutProduct(DeskPointer desk, const web::Request& request);
net::Task<web::Response> PutCustomer(DeskPointer desk, const web::Request& request);
net::Task<web::Response> GetHealth(DeskPointer desk, const web::Request& request);
net::Task<web::Response> GetReady(DeskPointer desk, const web::Request& request);
net::Task<web::Response> GetAlive(DeskPointer desk, const web::Request& request);
net::Task<web::Response> GetPage(DeskPointer desk, const web::Request& request);

}  // namespace aisle::api
