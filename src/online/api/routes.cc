#include "api/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <random>

#include "api/allowed_customer.h"
#include "api/answer_json.h"
#include "api/customer_json.h"
#include "api/embedded.h"
#include "api/recommend_request.h"
#include "api/write_request.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/event_loops.h"
#include "net/finish_by.h"
#include "web/json_text.h"
#include "web/problem.h"
#include "web/route.h"
#include "web/router.h"

namespace aisle::api {
namespace {

// So many rows of a batch are answered before others get their turn on the loop.
constexpr std::size_t kRowsPerTurn = 4;

web::Response JsonResponse(std::string body) {
  web::Response response;
  response.body = std::move(body);
  response.fields.emplace_back("Cache-Control", "no-store");
  return response;
}

web::Problem NotReady() {
  web::Problem problem;
  problem.status = 503;
  problem.type = "not-ready";
  problem.detail = "nothing is published yet, or what is published does not open (see the log)";
  return problem;
}

// What the recommender refused.
web::Problem ProblemOf(const Error& error, const std::string& request_id) {
  web::Problem problem = web::ProblemOf(error);
  if (problem.status == 500) base::LogError("request {}: {}", request_id, error.message);
  return problem;
}

// Appends the answer, or the problem document in its place; gives the status.
net::Task<int> AppendAnswerOrProblem(const Desk& desk, const web::Request& asked,
                                     recommend::Request request, std::string& out) {
  recommend::Recommender& recommender =
      desk.places[static_cast<std::size_t>(asked.loop_index)]->recommender;
  const std::string request_id = request.request_id;
  const net::Deadline deadline = web::DeadlineOf(asked);
  const Result<recommend::Answer> answer =
      co_await recommender.Recommend(std::move(request), base::Now(), deadline);
  if (answer) {
    AppendAnswer(out, *answer);
    co_return 200;
  }
  const web::Problem problem = ProblemOf(answer.error(), request_id);
  out += web::ToJson(problem, request_id);
  co_return problem.status;
}

net::Task<web::Response> AnswerOne(const Desk& desk, const web::Request& asked,
                                   recommend::Request request) {
  web::Response response = JsonResponse({});
  response.status = co_await AppendAnswerOrProblem(desk, asked, std::move(request), response.body);
  if (response.status != 200) response.content_type = "application/problem+json";
  if (response.status == 503) response.fields.emplace_back("Retry-After", "1");
  co_return response;
}

net::Task<web::Response> AnswerBatch(const Desk& desk, const web::Request& request,
                                     std::vector<BatchRow> rows) {
  web::Response response = JsonResponse(R"({"data":[)");
  std::string& out = response.body;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i > 0) out += ',';
    // One that is explained takes milliseconds.
    const bool long_row = rows[i].request && rows[i].request->explain;
    if (i > 0 && (long_row || i % kRowsPerTurn == 0))
      co_await net::Sleep(std::chrono::nanoseconds{0});
    fmt::format_to(std::back_inserter(out), "[{},", rows[i].index);
    std::string row_id = fmt::format("{}.{}", request.request_id, i);
    const auto not_allowed =
        rows[i].request ? CustomerNotAllowed(request, rows[i].request->customer) : std::nullopt;
    if (not_allowed) {
      out += web::ToJson(*not_allowed, row_id);
    } else if (rows[i].request) {
      recommend::Request row = *std::move(rows[i].request);
      row.request_id = std::move(row_id);
      row.batch = true;
      co_await AppendAnswerOrProblem(desk, request, std::move(row), out);
    } else {
      out += web::ToJson(rows[i].request.error(), row_id);
    }
    out += ']';
  }
  out += "]}";
  co_return response;
}

}  // namespace

net::Task<web::Response> GetRecommend(DeskPointer desk, const web::Request& request) {
  const StatePointer state = desk->StateOf(request);
  if (!state) co_return web::ToResponse(NotReady(), request.request_id);
  auto asked = RequestOfQuery(request.query, state->PublishedShelf().catalogue);
  if (!asked) co_return web::ToResponse(asked.error(), request.request_id);
  if (const auto problem = CustomerNotAllowed(request, asked->customer))
    co_return web::ToResponse(*problem, request.request_id);
  asked->request_id = request.request_id;
  // The answer to HEAD is shown to nobody.
  if (request.method == "HEAD") asked->dry_run = true;
  co_return co_await AnswerOne(*desk, request, *std::move(asked));
}

net::Task<web::Response> GetCustomer(DeskPointer desk, const web::Request& request) {
  const StatePointer state = desk->StateOf(request);
  if (!state) co_return web::ToResponse(NotReady(), request.request_id);
  const features::Catalogue& catalogue = state->PublishedShelf().catalogue;
  const auto key = KeyOfText(request.PathParameter("customer_id"), catalogue);
  if (!key) co_return web::ToResponse(key.error(), request.request_id);
  if (const auto problem = CustomerNotAllowed(request, *key))
    co_return web::ToResponse(*problem, request.request_id);
  const auto place = static_cast<std::size_t>(request.loop_index);
  const auto found =
      co_await desk->places[place]->recommender.Describe(*key, web::DeadlineOf(request));
  if (!found)
    co_return web::ToResponse(ProblemOf(found.error(), request.request_id), request.request_id);
  web::Response response = JsonResponse({});
  AppendCustomer(response.body, key->Text(), found->record, catalogue);
  co_return response;
}

net::Task<web::Response> PostRecommend(DeskPointer desk, const web::Request& request) {
  const StatePointer state = desk->StateOf(request);
  if (!state) co_return web::ToResponse(NotReady(), request.request_id);
  if (const auto problem = web::JsonTypeProblem(request))
    co_return web::ToResponse(*problem, request.request_id);
  const auto strict = StrictOfQuery(request.query);
  if (!strict) co_return web::ToResponse(strict.error(), request.request_id);
  auto body = RequestOfBody(request.body, *strict, state->PublishedShelf().catalogue);
  if (!body) co_return web::ToResponse(body.error(), request.request_id);
  if (auto* rows = std::get_if<std::vector<BatchRow>>(&*body))
    co_return co_await AnswerBatch(*desk, request, std::move(*rows));
  recommend::Request one = std::get<recommend::Request>(*std::move(body));
  if (const auto problem = CustomerNotAllowed(request, one.customer))
    co_return web::ToResponse(*problem, request.request_id);
  one.request_id = request.request_id;
  co_return co_await AnswerOne(*desk, request, std::move(one));
}

namespace {

net::Task<web::Response> Write(const Desk& desk, const web::Request& request,
                               const StatePointer& state,
                               Taken<std::vector<events::Change>> changes) {
  if (!changes) co_return web::ToResponse(changes.error(), request.request_id);
  const std::size_t count = changes->size();
  const auto written = co_await net::FinishBy(
      web::DeadlineOf(request), desk.changes->Write(*std::move(changes), state->RetailerShape()));
  if (written && *written) co_return JsonResponse(fmt::format(R"({{"updated":{}}})", count));
  if (written && written->error().code == ErrorCode::kInvalidArgument)
    co_return web::ToResponse(web::ProblemOf(written->error()), request.request_id);
  web::Problem problem;
  problem.status = 503;
  problem.type = "unavailable";
  // A log that failed, or a connection that broke, may have it all the same.
  problem.detail =
      "changes cannot be taken now (see the server's log), and it is not known whether this one "
      "was; the same request again does no harm";
  co_return web::ToResponse(problem, request.request_id);
}

IsNewProduct NewProducts(const DeskPointer& desk) {
  return [desk](domain::ProductId product) { return desk->changes->IsNew(product); };
}

}  // namespace

net::Task<web::Response> PutInventory(DeskPointer desk, const web::Request& request) {
  const StatePointer state = desk->StateOf(request);
  if (!state) co_return web::ToResponse(NotReady(), request.request_id);
  if (const auto problem = web::JsonTypeProblem(request))
    co_return web::ToResponse(*problem, request.request_id);
  auto changes = ChangesOfInventory(request.body, *state, NewProducts(desk));
  co_return co_await Write(*desk, request, state, std::move(changes));
}

net::Task<web::Response> PutProduct(DeskPointer desk, const web::Request& request) {
  const StatePointer state = desk->StateOf(request);
  if (!state) co_return web::ToResponse(NotReady(), request.request_id);
  if (const auto problem = web::JsonTypeProblem(request))
    co_return web::ToResponse(*problem, request.request_id);
  auto changes = ChangesOfProduct(request.PathParameter("product_id"), request.body, *state,
                                  NewProducts(desk));
  co_return co_await Write(*desk, request, state, std::move(changes));
}

net::Task<web::Response> PutCustomer(DeskPointer desk, const web::Request& request) {
  const StatePointer state = desk->StateOf(request);
  if (!state) co_return web::ToResponse(NotReady(), request.request_id);
  if (const auto problem = web::JsonTypeProblem(request))
    co_return web::ToResponse(*problem, request.request_id);
  const auto key =
      KeyOfText(request.PathParameter("customer_id"), state->PublishedShelf().catalogue);
  if (!key) co_return web::ToResponse(key.error(), request.request_id);
  if (const auto problem = CustomerNotAllowed(request, *key))
    co_return web::ToResponse(*problem, request.request_id);
  domain::CustomerId customer = key->Number();
  if (key->IsText()) {
    // Numbers for new texts are given by an import.
    const auto place = static_cast<std::size_t>(request.loop_index);
    const auto found =
        co_await desk->places[place]->recommender.Describe(*key, web::DeadlineOf(request));
    if (!found)
      co_return web::ToResponse(ProblemOf(found.error(), request.request_id), request.request_id);
    customer = found->record.customer;
  }
  auto changes = ChangesOfCustomer(customer, request.body, *state);
  co_return co_await Write(*desk, request, state, std::move(changes));
}

namespace {

std::string HealthJson(const Desk& desk, const web::Request& request,
                       const serving::ServingState& state) {
  const serving::GenerationManifest& manifest = state.Manifest();
  const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::steady_clock::now() - desk.started);
  std::string out;
  fmt::format_to(std::back_inserter(out), R"({{"status":"ok","products_cached":{},"backend":)",
                 state.PublishedShelf().catalogue.products.size());
  web::AppendJsonString(out, desk.StoreName());
  fmt::format_to(
      std::back_inserter(out),
      R"(,"generation":{},"as_of":"{}","created":"{}","model":{{"ranking":{},"propensity":{}}})",
      manifest.generation, base::FormatIso(manifest.as_of), base::FormatIso(manifest.created),
      manifest.ranking_version, manifest.propensity_version);
  fmt::format_to(std::back_inserter(out), R"(,"customers":{},"uptime_s":{},"loops":{})",
                 manifest.customers, uptime.count(), desk.places.size());
  if (!manifest.example_customer.empty()) {
    out += R"(,"example_customer_id":)";
    if (state.PublishedShelf().catalogue.text_customer_ids) {
      web::AppendJsonString(out, manifest.example_customer);
    } else {
      out += manifest.example_customer;
    }
  }
  if (desk.impressions) {
    fmt::format_to(std::back_inserter(out), R"(,"impressions":{{"written":{},"dropped":{}}})",
                   desk.impressions->Written(), desk.impressions->Dropped());
  }
  fmt::format_to(std::back_inserter(out), R"(,"changes":{{"taken":{},"kept":{}}})",
                 desk.changes->Taken(), desk.changes->Kept());
  out += desk.StoresJson(request) + desk.DegradedJson(request) + '}';
  return out;
}

}  // namespace

net::Task<web::Response> GetHealth(DeskPointer desk, const web::Request& request) {
  const StatePointer state = desk->StateOf(request);
  if (!state) {
    web::Response response =
        JsonResponse(R"({"status":"not ready","products_cached":0,"backend":"none"})");
    response.status = 503;
    co_return response;
  }
  co_return JsonResponse(HealthJson(*desk, request, *state));
}

net::Task<web::Response> GetReady(DeskPointer desk, const web::Request& request) {
  if (desk->draining) {
    web::Problem problem;
    problem.status = 503;
    problem.type = "draining";
    problem.detail = "this server is about to stop; it still answers";
    co_return web::ToResponse(problem, request.request_id);
  }
  if (!desk->StateOf(request)) co_return web::ToResponse(NotReady(), request.request_id);
  co_return JsonResponse(R"({"status":"ready")" + desk->StoresJson(request) +
                         desk->DegradedJson(request) + '}');
}

net::Task<web::Response> GetAlive(DeskPointer, const web::Request&) {
  co_return JsonResponse(R"({"status":"alive"})");
}

namespace {

// The page's own script and style carry a nonce; the browser runs and loads nothing else.
web::Response Page() {
  static constexpr std::string_view kPlace = "{{nonce}}";
  std::random_device device;
  const std::string nonce =
      fmt::format("{:08x}{:08x}{:08x}{:08x}", device(), device(), device(), device());
  web::Response response;
  response.content_type = "text/html; charset=utf-8";
  std::string_view rest = embedded::kIndex.text;
  for (std::size_t at = rest.find(kPlace); at != std::string_view::npos; at = rest.find(kPlace)) {
    response.body.append(rest.substr(0, at)).append(nonce);
    rest.remove_prefix(at + kPlace.size());
  }
  response.body.append(rest);
  response.fields.emplace_back(
      "Content-Security-Policy",
      fmt::format(
          "default-src 'none'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; connect-src "
          "'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
          nonce));
  response.fields.emplace_back("Referrer-Policy", "no-referrer");
  response.fields.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace

net::Task<web::Response> GetPage(DeskPointer, const web::Request&) { co_return Page(); }

Desk::Desk(int loop_count, std::shared_ptr<events::ImpressionQueue> queue,
           std::chrono::milliseconds deadline, const MakeStores& stores,
           const std::optional<recommend::RemoteRankerOptions>& remote_ranking)
    : impressions(std::move(queue)), request_deadline(deadline) {
  for (int i = 0; i < loop_count; ++i) {
    std::unique_ptr<recommend::Ranker> ranker;
    if (remote_ranking) ranker = std::make_unique<recommend::RemoteRanker>(*remote_ranking);
    places.push_back(std::make_unique<Place>(impressions.get(),
                                             stores ? stores(i) : recommend::Recommender::Stores{},
                                             std::move(ranker)));
    places.back()->recommender.SetCatchUp(
        [this, i](std::uint64_t position, net::Deadline at) { return CatchUp(i, position, at); });
  }
}

net::Task<void> Desk::CatchUp(int loop_index, std::uint64_t position, net::Deadline deadline) {
  Place& place = *places[static_cast<std::size_t>(loop_index)];
  if (!changes->Follows()) co_return;  // It is not to be had.
  changes->Hurry(position);
  while (place.recommender.Shelf()->Until() < position && !deadline.Passed()) {
    if (!place.newer) {
      const auto left = deadline.At() - std::chrono::steady_clock::now();
      place.newer = co_await net::Alarm::After(left);
    }
    const std::shared_ptr<net::Alarm> newer = place.newer;
    co_await newer->Wait();
    if (place.newer == newer) place.newer.reset();
  }
}

void Desk::Take(int loop_index, const ShelfPointer& shelf, const std::string& stands_in) {
  Place& place = *places[static_cast<std::size_t>(loop_index)];
  place.recommender.SetShelf(shelf, !stands_in.empty());
  place.stands_in = stands_in;
  if (place.newer) std::exchange(place.newer, nullptr)->Ring();
}

namespace {

// Tables hold another generation between a publication and their sync; that is no trouble before somebody should have
// synced them.
constexpr std::chrono::minutes kSyncPatience{5};

std::string WhatIsWrongWith(const serving::RungHealth& store) {
  if (store.IsLeftOut()) return fmt::format("{} is left out: {}", store.name, store.last_error);
  if (store.another_generation_for < kSyncPatience) return {};
  return fmt::format(
      "{} has held another generation than this server for {} minutes: {}; `aisle store sync` "
      "brings it",
      store.name,
      std::chrono::duration_cast<std::chrono::minutes>(store.another_generation_for).count(),
      store.last_error);
}

}  // namespace

std::string Desk::StoresJson(const web::Request& request) const {
  std::string out;
  for (const serving::RungHealth& store :
       places[static_cast<std::size_t>(request.loop_index)]->recommender.StoresHealth()) {
    out += out.empty() ? R"(,"stores":[{"name":)" : R"(,{"name":)";
    web::AppendJsonString(out, store.name);
    fmt::format_to(std::back_inserter(out), R"(,"breaker":"{}")", store.breaker);
    if (!store.last_error.empty()) {
      out += R"(,"last_error":)";
      web::AppendJsonString(out, store.last_error);
      fmt::format_to(std::back_inserter(out), R"(,"last_error_age_s":{})",
                     std::chrono::duration_cast<std::chrono::seconds>(store.error_age).count());
    }
    out += '}';
  }
  return out.empty() ? out : out + ']';
}

std::string Desk::DegradedJson(const web::Request& request) const {
  std::string out;
  const auto add = [&out](std::string_view what, std::string_view why) {
    if (why.empty()) return;
    fmt::format_to(std::back_inserter(out), R"({}{{"what":"{}","why":)",
                   out.empty() ? R"(,"degraded":[)" : ",", what);
    web::AppendJsonString(out, why);
    out += '}';
  };
  const Place& place = *places[static_cast<std::size_t>(request.loop_index)];
  add("generation", place.stands_in);
  add("model", place.recommender.RankerLeftOut());
  for (const serving::RungHealth& store : place.recommender.StoresHealth())
    add("store", WhatIsWrongWith(store));
  if (changes && changes->Ahead())
    add("changes", "they are stamped ahead of the clock: see the log");
  if (changes && !changes->Trouble().empty()) add("changes", "they are refused: see the log");
  if (changes) add("changes", changes->Behind());
  if (gate) add("tokens", gate->Trouble());
  if (impressions && impressions->Failing())
    add("impressions", fmt::format("they are {}: see the log", impressions->WhenRefused()));
  if (certificate) add("certificate", certificate->Trouble());
  return out.empty() ? out : out + ']';
}

}  // namespace aisle::api
