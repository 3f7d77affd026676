// The model service: scores rows over HTTP with any model file that the forest loads, or with models of the
// registry.
//
//   AISLE_TRY(auto server, ModelServer::Start(loops, {.models = {"ranking@champion"}, .registry = root}));
//
// It knows nothing of shops, events or a serving store: rows in, margins and predictions out. A registry's model
// follows its alias without a restart (model_keeper.h).
//
//   threads  Start belongs to the thread that owns the loops; the server must outlive their Join().
//   errors   kInvalidArgument: `listen` is no address, or neither loopback nor a Unix socket and there are no tokens;
//            no model, or one twice; kNotFound and others: a model that is not there or does not load, named;
//            kUnavailable: the address is taken.
//   cost     one listener per loop (SO_REUSEPORT); a request of up to 64 MiB is held in memory.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/gatekeeper.h"
#include "api/model_service/service_routes.h"
#include "base/result.h"
#include "net/event_loops.h"
#include "web/server.h"

namespace aisle::api {

struct ModelServerOptions {
  std::string listen = "127.0.0.1:8001";  // Port 0 picks a free one.
  std::vector<std::string> models;        // As ModelAsk::Of() takes them.
  std::filesystem::path registry;
  std::size_t versions_max = 8;
  std::chrono::milliseconds look_every{500};  // At the registry.
  ServiceOptions service;
  // Limits, but for the body's; `listen` is the one above.
  web::ServerOptions http = {};
  // Whose tokens are asked for; nothing: everybody may do everything, on loopback or a Unix socket.
  std::optional<access::GatekeeperOptions> access = {};
};

class ModelServer {
 public:
  static Result<std::unique_ptr<ModelServer>> Start(net::EventLoops& loops,
                                                    const ModelServerOptions& options);
  ~ModelServer();
  ModelServer(const ModelServer&) = delete;
  ModelServer& operator=(const ModelServer&) = delete;

  std::string AccessLine() const;  // Who may ask: "Access by token: 3 of 4 can be used (...)".
  std::string Address() const;     // "127.0.0.1:8001" with the port that was picked.
  // One for each model: "Model ranking version 7 (ranking@champion): 14 inputs, 300 trees, bitsliced-avx2".
  std::vector<std::string> ModelLines() const;

  struct Impl;
  explicit ModelServer(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::api
