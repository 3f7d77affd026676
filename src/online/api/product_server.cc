#include "api/product_server.h"

#include <fmt/format.h>

#include <utility>

#include "api/generation_watcher.h"
#include "api/local_change_writer.h"
#include "api/route_table.h"
#include "api/routes.h"
#include "api/shared_change_writer.h"
#include "events/events.h"
#include "serving/postgres/store_log.h"

namespace aisle::api {

struct ProductServer::Impl {
  std::shared_ptr<Desk> desk;
  std::shared_ptr<GenerationWatcher> watcher;
  std::shared_ptr<access::Gatekeeper> gate;
  std::unique_ptr<web::Server> server;
};

ProductServer::ProductServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ProductServer::~ProductServer() {
  impl_->watcher->Stop();
  impl_->desk->changes->Stop();
  if (impl_->gate) impl_->gate->Close();
}

namespace {

Result<std::shared_ptr<events::ImpressionQueue>> StartImpressions(const ServerOptions& options) {
  if (!options.log_impressions) return nullptr;
  if (!options.shared_logs) return events::ImpressionQueue::Start(options.event_log);
  return events::ImpressionQueue::StartShared(
      [of = *options.shared_logs](const events::ImpressionQueue::TooLate& too_late)
          -> Result<std::unique_ptr<events::Log>> {
        return serving::StoreLog::Open(of.reader, of.names, serving::StoreLog::Kind::kImpressions,
                                       too_late);
      });
}

Result<std::shared_ptr<ChangeWriter>> StartChanges(const ServerOptions& options,
                                                   ChangeWriter::Publish publish) {
  if (!options.shared_logs)
    return LocalChangeWriter::Start(options.change_log, options.serving_root, std::move(publish));
  return SharedChangeWriter::Start(
      {.reader = options.shared_logs->reader, .names = options.shared_logs->names},
      std::move(publish));
}

}  // namespace

Result<std::unique_ptr<ProductServer>> ProductServer::Start(net::EventLoops& loops,
                                                            const ServerOptions& options) {
  AISLE_TRY(auto gate, access::StartGate(loops, options.listen, options.access));
  AISLE_TRY(auto impressions, StartImpressions(options));
  auto desk =
      std::make_shared<Desk>(loops.LoopCount(), std::move(impressions), options.request_deadline,
                             options.stores, options.remote_ranking);
  auto impl = std::make_unique<Impl>();
  impl->desk = desk;
  impl->gate = desk->gate = std::move(gate);
  // The desk holds the writer: the writer must not hold the desk.
  const std::weak_ptr<Desk> to = desk;
  AISLE_TRY(
      desk->changes,
      StartChanges(options, [&loops, to](const ShelfPointer& shelf, const std::string& why) {
        const auto at = to.lock();
        if (!at) return;
        loops.PostToEach([at, shelf, why](int loop_index) { at->Take(loop_index, shelf, why); });
      }));
  impl->watcher = std::make_shared<GenerationWatcher>(
      options.serving_root,
      [changes = desk->changes](const StatePointer& state, const std::string& stands_in) {
        changes->Serve(state, stands_in);
      },
      [changes = desk->changes] { changes->Upkeep(); });
  // The first generation is posted before the listeners are, so no request comes before it.
  impl->watcher->Start(options.look_every);
  desk->certificate = options.http.certificate;
  web::ServerOptions web_options = options.http;
  web_options.listen = options.listen;
  web_options.gate = impl->gate;
  AISLE_TRY(impl->server,
            web::Server::Start(loops, std::move(web_options), web::Router(RouteTable(desk))));
  loops.OnStop([watcher = impl->watcher] { watcher->Stop(); });
  return std::unique_ptr<ProductServer>(new ProductServer(std::move(impl)));
}

void ProductServer::Drain() { impl_->desk->draining = true; }

std::string ProductServer::AccessLine() const { return access::LineOf(impl_->gate.get()); }

std::string ProductServer::Address() const { return impl_->server->ListeningAt().Text(); }

bool ProductServer::IsReady() const { return impl_->watcher->State() != nullptr; }

std::string ProductServer::StoreLine() const {
  const StatePointer state = impl_->watcher->State();
  if (!state) return fmt::format("Embedded store: {}", impl_->watcher->Reason());
  const serving::GenerationManifest& manifest = state->Manifest();
  if (!state->HasCustomers()) {
    return fmt::format("No embedded store: generation {} was fetched from Postgres",
                       manifest.generation);
  }
  return fmt::format("Embedded store: {} features, {} propensity, {} inventory rows",
                     manifest.customers, manifest.propensity_rows, manifest.inventory_rows);
}

std::string ProductServer::ReadyLine() const {
  const StatePointer state = impl_->watcher->State();
  if (!state) return fmt::format("Not ready - {}", impl_->watcher->Reason());
  const serving::GenerationManifest& manifest = state->Manifest();
  const auto version = [](int number) {
    return number == 0 ? std::string("none") : std::to_string(number);
  };
  return fmt::format(
      "Ready - {} products cached, ranking {}, propensity {}, generation {}, backend={}",
      state->PublishedShelf().catalogue.products.size(), version(manifest.ranking_version),
      version(manifest.propensity_version), manifest.generation, impl_->desk->StoreName());
}

}  // namespace aisle::api
