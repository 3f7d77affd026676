#include "app/server.h"

#include <algorithm>
#include <thread>

#include "api/product_server.h"
#include "app/print.h"
#include "app/print_json.h"
#include "net/event_loops.h"
#include "serving/state/serving_state.h"
#include "web/address.h"
#include "workspace/process.h"

namespace aisle::app {
namespace {

// What the server stands on; a generation that does not open is the server's own to report.
void SayStore(const Context& context) {
  const auto state = serving::ServingState::OpenCurrent(context.workspace.Serving());
  if (!state) {
    context.Say("Embedded store: {}", state.error().message);
    return;
  }
  const serving::GenerationManifest& manifest = (*state)->Manifest();
  context.Say("Embedded store: {} features, {} propensity, {} inventory rows", manifest.customers,
              manifest.propensity_rows, manifest.inventory_rows);
}

}  // namespace

Status ServeUntilStopped(const Context& context,
                         const std::function<void(const std::string&)>& ready) {
  const workspace::Settings& settings = context.settings;
  AISLE_CHECK(context.workspace.Create());
  // Said before anything is opened; the file with the address follows when there is one.
  if (const auto other = workspace::RunningProcess(context.workspace.Run(), "serve")) {
    return Fail(
        ErrorCode::kUnavailable,
        fmt::format("a server of {} runs already as process {} at {}",
                    context.workspace.Root().string(), other->pid, web::UrlOf(other->address)));
  }
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int threads =
      settings.serve_threads == 0 ? cores : static_cast<int>(settings.serve_threads);
  net::EventLoops loops(threads, "serve");
  SayStore(context);
  api::ServerOptions options;
  options.listen = settings.serve_listen;
  options.serving_root = context.workspace.Serving();
  options.event_log = context.workspace.Events();
  options.request_deadline = std::chrono::milliseconds(settings.serve_request_deadline_ms);
  options.log_impressions = settings.serve_log_impressions;
  AISLE_TRY(const auto server, api::ProductServer::Start(loops, options));
  AISLE_TRY(const auto file,
            workspace::ProcessFile::Write(context.workspace.Run(), "serve", server->Address()));
  context.Say("{}", server->ReadyLine());
  context.Say("Listening on {} with {} event loop{}", web::UrlOf(server->Address()), threads,
              threads == 1 ? "" : "s");
  if (context.json) {
    PrintJson({{"address", server->Address()}, {"ready", server->ReadyLine()}});
    std::fflush(stdout);
  }
  loops.StopOnSignals();
  loops.Start();
  if (ready) ready(server->Address());
  const bool in_time = loops.Join();
  context.Say("{}", in_time ? "stopped" : "stopped; some requests were dropped");
  return {};
}

}  // namespace aisle::app
