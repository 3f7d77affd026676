#include "app/server.h"

#include <algorithm>
#include <cctype>
#include <thread>

#include "api/product_server.h"
#include "app/http_settings.h"
#include "app/listener.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/store_settings.h"
#include "app/token_settings.h"
#include "base/log.h"
#include "net/await.h"
#include "net/event_loops.h"
#include "recommend/remote_ranker.h"
#include "serving/postgres/fetcher.h"
#include "serving/postgres/postgres_store.h"
#include "serving/postgres/session.h"
#include "serving/store/embedded_store.h"
#include "web/address.h"
#include "workspace/process.h"

namespace aisle::app {
namespace {

// Nothing: the model of the generation, in this process.
Result<std::optional<recommend::RemoteRankerOptions>> RemoteRankingOf(
    const workspace::Settings& settings) {
  if (settings.ranking_backend == "local") return std::nullopt;
  std::string_view url = settings.ranking_url;
  constexpr std::string_view kScheme = "http://";
  if (url.starts_with(kScheme)) url.remove_prefix(kScheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  auto address = web::ParseAddress(url);
  if (!address) return Within("ranking.url", address.error());
  if (address->tls || address->handed) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("ranking.url is '{}'; a model service is asked at http://HOST:PORT or "
                            "unix:/PATH",
                            settings.ranking_url));
  }
  // It becomes part of a path.
  const std::string& model = settings.ranking_model;
  const bool plain = !model.empty() && std::ranges::all_of(model, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
  if (!plain) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("ranking.model is '{}'; letters, digits, '_', '-' and '.' are accepted",
                            model));
  }
  recommend::RemoteRankerOptions options;
  options.address = *std::move(address);
  options.model = model;
  AISLE_TRY(options.authorization, ClientAuthorization(settings));
  options.deadline_share = static_cast<double>(settings.ranking_deadline_percent) / 100;
  return options;
}

// Customers from Postgres, and from the generation beside it while that does not answer.
struct FromPostgres {
  postgres::ConnectionSettings reader;
  serving::StoreNames names;

  static Result<FromPostgres> Of(const Context& context) {
    AISLE_TRY(const StoreSettings store, StoreSettings::Of(context));
    AISLE_TRY(auto reader, store.Existing(StoreRole::kReader));
    return FromPostgres{std::move(reader), store.Names()};
  }
  recommend::Recommender::Stores Stores(net::EventLoops& loops, int loop_index) const {
    recommend::Recommender::Stores stores;
    stores.push_back(std::make_unique<serving::PostgresStore>(loops, loop_index, reader, names));
    stores.push_back(std::make_unique<serving::EmbeddedStore>());
    return stores;
  }
  // What the tables hold as the server starts; a store that is away then may come.
  std::string Line() const {
    const auto meta = net::Await(ReadMetaOf(reader, names));
    if (!meta) return "Postgres does not answer: " + meta.error().message;
    return fmt::format("Postgres connected: {} features, {} propensity, {} inventory rows",
                       meta->manifest.customers, meta->manifest.propensity_rows,
                       meta->manifest.inventory_rows);
  }

 private:
  static net::Task<Result<serving::StoreMeta>> ReadMetaOf(postgres::ConnectionSettings settings,
                                                          serving::StoreNames names) {
    const auto deadline = net::Deadline::After(std::chrono::seconds{5});
    AISLE_CO_TRY(auto connection,
                 co_await serving::OpenStore(std::move(settings), std::move(names), deadline));
    co_return co_await serving::ReadMeta(connection, deadline);
  }
};

// A server that has an older generation should not keep its clients waiting for longer.
constexpr std::chrono::seconds kFirstLookWait{5};
// While the tables hold another generation, customers may be nowhere.
constexpr std::chrono::milliseconds kFetchedLookEvery{20};

std::string WaitsFor(const serving::GenerationFetcher& fetcher) {
  const std::string trouble = fetcher.Trouble();
  return trouble.empty() ? "it is being fetched from Postgres" : trouble;
}

}  // namespace

Status ServeUntilStopped(const Context& context,
                         const std::function<void(const std::string&)>& ready) {
  const workspace::Settings& settings = context.settings;
  // Serving needs nothing written: a full or read-only disk stops a job, not a start.
  if (const Status made = context.workspace.Create(); !made) {
    if (!context.workspace.Exists()) return made;
    base::LogWarning("{}", made.error().message);
  }
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
  AISLE_TRY(const auto certificate, CertificateOf(settings));
  net::EventLoops loops(threads, "serve");
  api::ServerOptions options;
  options.http = HttpOptionsOf(settings);
  options.http.certificate = certificate;
  options.listen = settings.serve_listen;
  options.serving_root = context.workspace.Serving();
  options.event_log = context.workspace.Events();
  options.change_log = context.workspace.Changes();
  options.request_deadline = std::chrono::milliseconds(settings.serve_request_deadline_ms);
  options.log_impressions = settings.serve_log_impressions;
  AISLE_TRY(options.remote_ranking, RemoteRankingOf(settings));
  AISLE_TRY(options.access, GatekeeperOf(context));
  std::optional<FromPostgres> store;
  std::unique_ptr<serving::GenerationFetcher> fetcher;
  if (settings.serve_store == "postgres") {
    AISLE_TRY(store, FromPostgres::Of(context));
    options.stores = [&](int loop_index) { return store->Stores(loops, loop_index); };
    options.shared_logs = api::SharedLogs{store->reader, store->names};
    fetcher = serving::GenerationFetcher::Start(store->reader, store->names, options.serving_root);
    fetcher->WaitForFirstLook(kFirstLookWait);
    options.look_every = kFetchedLookEvery;
  }
  auto started = api::ProductServer::Start(loops, options);
  if (!started) return std::unexpected(NamingTheHolder(started.error(), options.listen));
  const std::unique_ptr<api::ProductServer> server = *std::move(started);
  // Before anybody is told whom to send a signal to.
  if (certificate) loops.OnHangup([certificate] { certificate->LookNow(); });
  const std::chrono::milliseconds drain_wait(settings.serve_drain_wait_ms);
  loops.StopOnSignals(drain_wait, [&server, drain_wait] {
    server->Drain();
    if (drain_wait.count() > 0)
      base::LogInfo("stopping in {} ms; /readyz says so from now on", drain_wait.count());
  });
  AISLE_TRY(const auto file, workspace::ProcessFile::WriteIfItCan(context.workspace.Run(), "serve",
                                                                  server->Address()));
  if (store && fetcher->IsAnswered()) base::LogInfo("{}", store->Line());
  if (!store || server->IsReady()) {
    base::LogInfo("{}", server->StoreLine());
    base::LogInfo("{}", server->ReadyLine());
  } else {
    base::LogInfo("Not ready - waits for a generation: {}", WaitsFor(*fetcher));
  }
  if (options.remote_ranking) {
    base::LogInfo("Ranking by the model service at {}, model {}",
                  web::UrlOf(options.remote_ranking->address.Text()),
                  options.remote_ranking->model);
  }
  base::LogInfo("{}", server->AccessLine());
  WarnOfPlainText(server->Address());
  base::LogInfo("Listening on {} with {} event loop{}", web::UrlOf(server->Address()), threads,
                threads == 1 ? "" : "s");
  if (certificate) base::LogInfo("TLS: {}", certificate->Line());
  if (context.json) {
    PrintJson({{"address", server->Address()}, {"ready", server->ReadyLine()}});
    std::fflush(stdout);
  }
  loops.Start();
  if (ready) ready(server->Address());
  const bool in_time = loops.Join();
  base::LogInfo("{}", in_time ? "stopped" : "stopped; some requests were dropped");
  return {};
}

}  // namespace aisle::app
