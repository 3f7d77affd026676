#include <algorithm>
#include <thread>

#include "api/model_service/model_server.h"
#include "app/command.h"
#include "app/http_settings.h"
#include "app/listener.h"
#include "app/print_json.h"
#include "app/token_settings.h"
#include "base/log.h"
#include "net/event_loops.h"
#include "web/address.h"

namespace aisle::app {
namespace {

struct PredictServerOptions {
  std::vector<std::string> models;
  std::optional<std::string> listen;
  std::optional<std::int64_t> threads, batch_wait_us;
};

api::ModelServerOptions OptionsOf(const Context& context, const PredictServerOptions& given) {
  const workspace::Settings& settings = context.settings;
  api::ModelServerOptions options;
  options.listen = given.listen.value_or(settings.predict_server_listen);
  options.models =
      given.models.empty() ? std::vector<std::string>{"ranking@champion"} : given.models;
  options.registry = context.workspace.Registry();
  options.versions_max = static_cast<std::size_t>(settings.predict_server_versions_max);
  options.service.rows_max = static_cast<std::size_t>(settings.predict_server_rows_max);
  options.service.batch_wait = std::chrono::microseconds(
      given.batch_wait_us.value_or(settings.predict_server_batch_wait_us));
  options.service.batch_rows = static_cast<std::size_t>(settings.predict_server_batch_rows);
  options.service.version = AISLE_VERSION;
  options.http = HttpOptionsOf(settings);
  return options;
}

Status Serve(Context& context, const PredictServerOptions& given) {
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const auto asked =
      static_cast<int>(given.threads.value_or(context.settings.predict_server_threads));
  const int threads = asked == 0 ? cores : asked;
  net::EventLoops loops(threads, "predict");
  api::ModelServerOptions options = OptionsOf(context, given);
  AISLE_TRY(options.access, GatekeeperOf(context));
  auto started = api::ModelServer::Start(loops, options);
  if (!started) return std::unexpected(NamingTheHolder(started.error(), options.listen));
  const std::unique_ptr<api::ModelServer> server = *std::move(started);
  loops.StopOnSignals();
  for (const std::string& line : server->ModelLines()) base::LogInfo("{}", line);
  base::LogInfo("{}", server->AccessLine());
  WarnOfPlainText(server->Address());
  base::LogInfo("Listening on {} with {} event loop{}", web::UrlOf(server->Address()), threads,
                threads == 1 ? "" : "s");
  if (context.json) {
    const auto lines = server->ModelLines();
    PrintJson({{"address", server->Address()},
               {"models", boost::json::array(lines.begin(), lines.end())}});
    std::fflush(stdout);
  }
  loops.Start();
  const bool in_time = loops.Join();
  base::LogInfo("{}", in_time ? "stopped" : "stopped; some requests were dropped");
  return {};
}

}  // namespace

void DefinePredictServer(CommandBuilder& command) {
  auto options = std::make_shared<PredictServerOptions>();
  command.Texts(
      "--model", "MODEL", &options->models,
      "MODEL@ALIAS or MODEL/VERSION of the registry, or a model file of XGBoost, LightGBM or "
      "CatBoost; again for more (default: ranking@champion)");
  command.Text(
      "--listen", "ADDRESS", &options->listen,
      "HOST:PORT (default 127.0.0.1:8001; port 0 picks a free one and prints it) or unix:/PATH");
  command.Number("--threads", &options->threads, 0, 256, "Event loops (default: one per core)");
  command.Number(
      "--batch-wait-us", &options->batch_wait_us, 0, 1'000'000,
      "How long a request may wait for others to be scored with it (default: the setting)");
  command.Examples({{"aisle predict-server", "the ranking's champion on http://127.0.0.1:8001"},
                    {"aisle predict-server --model model.ubj --listen 127.0.0.1:0",
                     "any model file, as `model`, on any free port"},
                    {"curl -H 'Content-Type: application/json' -d '{\"data\": [[0, 1.5, 2]]}' "
                     "http://127.0.0.1:8001/predict",
                     "then ask it"}});
  command.Run([options](Context& context) { return Serve(context, *options); });
}

}  // namespace aisle::app
