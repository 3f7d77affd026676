#include "api/model_service/model_server.h"

#include <fmt/format.h>

#include <utility>

#include "api/model_service/service_route_table.h"

namespace aisle::api {
namespace {

// A hundred thousand rows of fourteen inputs are 27 MB of JSON.
constexpr std::size_t kBodyBytesMax = std::size_t{64} << 20U;

}  // namespace

struct ModelServer::Impl {
  std::vector<ModelAsk> asks;
  std::shared_ptr<ServiceDesk> desk;
  std::shared_ptr<ModelKeeper> keeper;
  std::shared_ptr<access::Gatekeeper> gate;
  std::unique_ptr<web::Server> server;
};

ModelServer::ModelServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ModelServer::~ModelServer() {
  if (impl_->gate) impl_->gate->Close();
}

Result<std::unique_ptr<ModelServer>> ModelServer::Start(net::EventLoops& loops,
                                                        const ModelServerOptions& options) {
  if (options.models.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                "no model is named; --model ranking@champion, or --model FILE");
  }
  auto impl = std::make_unique<Impl>();
  AISLE_TRY(impl->gate, access::StartGate(loops, options.listen, options.access));
  for (const std::string& text : options.models) {
    AISLE_TRY(ModelAsk ask, ModelAsk::Of(text));
    impl->asks.push_back(std::move(ask));
  }
  impl->desk = std::make_shared<ServiceDesk>(loops.LoopCount(), options.service);
  impl->keeper = std::make_shared<ModelKeeper>(
      registry::Registry(options.registry), impl->asks, options.versions_max,
      [&loops, desk = impl->desk](const ModelsPointer& models) {
        loops.PostToEach([desk, models](int loop_index) { desk->Take(loop_index, models); });
      });
  // What is served is posted before the listeners are, so no request comes before it.
  AISLE_CHECK(impl->keeper->Start(options.look_every));
  web::ServerOptions web_options = options.http;
  web_options.listen = options.listen;
  web_options.gate = impl->gate;
  web_options.limits.body_bytes = kBodyBytesMax;
  AISLE_TRY(impl->server, web::Server::Start(loops, std::move(web_options),
                                             web::Router(ServiceRouteTable(impl->desk))));
  loops.OnStop([keeper = impl->keeper] { keeper->Stop(); });
  return std::unique_ptr<ModelServer>(new ModelServer(std::move(impl)));
}

std::string ModelServer::AccessLine() const { return access::LineOf(impl_->gate.get()); }

std::string ModelServer::Address() const { return impl_->server->ListeningAt().Text(); }

std::vector<std::string> ModelServer::ModelLines() const {
  std::vector<std::string> lines;
  const ModelsPointer models = impl_->keeper->Models();
  for (std::size_t i = 0; i < models->names.size(); ++i) {
    const ServedModel& model = *models->names[i].Current();
    std::string line =
        fmt::format("Model {} version {} ({}): {} inputs, {} trees, {}", models->names[i].name,
                    models->names[i].current, impl_->asks[i].text, model.InputCount(),
                    model.Forest().TreeCount(), forest::EngineName(model.Forest().EngineInUse()));
    if (const auto& stop = model.Forest().BuiltFrom().early_stop) {
      line += fmt::format("; stopped early, best after {} of {} rounds, all are used",
                          stop->best_rounds, stop->rounds);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace aisle::api
