// The product's HTTP server: recommendations, changes of what is on sale, health, and the page at /.
//
// Start() opens the current generation, listens on every event loop and then looks for a newer
// generation, twice a second unless it is told otherwise; a new one is posted to every loop, and
// requests in flight finish on the old one. A generation that does not open is logged and the old one
// stays in service; at the start the newest whole one stands in for it. Without any generation the server
// starts, answers /livez, and is not ready. A damaged event log is set aside, and one that cannot be written is
// gone without (events/log_keeper.h). Changes of stock and prices are taken in while it answers
// (change_writer.h). What stands in and what is dropped is in /readyz and /health.
//
//   threads  Start belongs to the thread that owns the loops; the server must outlive their Join().
//   errors   kInvalidArgument: `listen` is no address, or neither loopback nor a Unix socket and there are no tokens;
//            kUnavailable: the address is taken, or another server owns this event log.
//   cost     one listener per loop (SO_REUSEPORT).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "access/gatekeeper.h"
#include "base/result.h"
#include "net/event_loops.h"
#include "postgres/settings.h"
#include "recommend/recommend.h"
#include "recommend/remote_ranker.h"
#include "serving/postgres/names.h"
#include "web/server.h"

namespace aisle::api {

struct SharedLogs {
  postgres::ConnectionSettings reader;
  serving::StoreNames names;
};

struct ServerOptions {
  std::string listen = "127.0.0.1:8000";  // Port 0 picks a free one.
  std::filesystem::path serving_root;
  std::filesystem::path event_log;
  std::filesystem::path change_log;
  // Where servers share their changes and impressions; nothing: in the folders above, which are this server's own.
  std::optional<SharedLogs> shared_logs = {};
  std::chrono::milliseconds request_deadline{250};
  // The stores that the loop looks customers up in, first choice first; none: the embedded one.
  std::function<recommend::Recommender::Stores(int loop_index)> stores = {};
  bool log_impressions = true;
  // How often it looks for a newer generation.
  std::chrono::milliseconds look_every{500};
  // Limits and TLS; `listen` is the one above.
  web::ServerOptions http = {};
  // Who ranks candidates; nothing: the generation's own model, in this process.
  std::optional<recommend::RemoteRankerOptions> remote_ranking = {};
  // Whose tokens are asked for; nothing: everybody may do everything, on loopback or a Unix socket.
  std::optional<access::GatekeeperOptions> access = {};
};

class ProductServer {
 public:
  static Result<std::unique_ptr<ProductServer>> Start(net::EventLoops& loops,
                                                      const ServerOptions& options);
  ~ProductServer();
  ProductServer(const ProductServer&) = delete;
  ProductServer& operator=(const ProductServer&) = delete;

  // From now on /readyz says that it is about to stop. All else goes on. From any thread.
  void Drain();
  // Whether it has a generation to serve.
  bool IsReady() const;
  std::string AccessLine() const;  // Who may ask: "Access by token: 3 of 4 can be used (...)".
  // "127.0.0.1:8000" with the port that was picked; with TLS "https://...".
  std::string Address() const;
  // What it stands on: "Embedded store: 50000 features, 600000 propensity, 8443 inventory rows", or why on none.
  std::string StoreLine() const;
  // "Ready - 2000 products cached, ranking 7, propensity 12, generation 31, backend=embedded", or why
  // it is not ready.
  std::string ReadyLine() const;

  struct Impl;
  explicit ProductServer(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::api
