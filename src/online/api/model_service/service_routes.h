// What each route of the model service answers; which route is whose, the table says (service_route_table.h).
// Private to the module.
//
// A ServiceDesk is what the handlers of one server share: models and a batcher per event loop. Handlers keep it
// alive.
//
//   threads  Take() on its loop.
//   errors   /predict: problem documents. /v2: {"error": "..."}, as its protocol says.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "api/model_service/batcher.h"
#include "api/model_service/model_keeper.h"
#include "net/task.h"
#include "web/message.h"

namespace aisle::api {

struct ServiceOptions {
  std::size_t rows_max = 100'000;           // Of one request.
  std::chrono::microseconds batch_wait{0};  // 0: every request is scored at once.
  std::size_t batch_rows = 512;             // A batch of so many is not waited for.
  std::string version;                      // Of the program, for clients that ask.
};

struct ServiceDesk {
  ServiceDesk(int loop_count, ServiceOptions service_options);

  void Take(int loop_index, const ModelsPointer& models);

  struct Place {
    Place(std::chrono::microseconds wait, std::size_t rows_full) : batcher(wait, rows_full) {}
    ModelsPointer models;
    Batcher batcher;
  };
  Place& PlaceOf(const web::Request& request) const {
    return *places[static_cast<std::size_t>(request.loop_index)];
  }

  ServiceOptions options;
  std::vector<std::unique_ptr<Place>> places;  // By loop.
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
};

using ServiceDeskPointer = std::shared_ptr<ServiceDesk>;

net::Task<web::Response> PostPredict(ServiceDeskPointer desk, const web::Request& request);
// Those with "Version" are of a version that the path names.
net::Task<web::Response> PostInfer(ServiceDeskPointer desk, const web::Request& request);
net::Task<web::Response> PostInferVersion(ServiceDeskPointer desk, const web::Request& request);
net::Task<web::Response> GetModel(ServiceDeskPointer desk, const web::Request& request);
net::Task<web::Response> GetModelVersion(ServiceDeskPointer desk, const web::Request& request);
net::Task<web::Response> GetModelReady(ServiceDeskPointer desk, const web::Request& request);
net::Task<web::Response> GetModelVersionReady(ServiceDeskPointer desk, const web::Request& request);
net::Task<web::Response> GetServerMetadata(ServiceDeskPointer desk, const web::Request& request);
net::Task<web::Response> GetServerLive(ServiceDeskPointer desk, const web::Request& request);
net::Task<web::Response> GetServerReady(ServiceDeskPointer desk, const web::Request& request);
net::Task<web::Response> GetServiceHealth(ServiceDeskPointer desk, const web::Request& request);
net::Task<web::Response> GetServiceAlive(ServiceDeskPointer desk, const web::Request& request);
net::Task<web::Response> GetServiceReady(ServiceDeskPointer desk, const web::Request& request);

}  // namespace aisle::api
