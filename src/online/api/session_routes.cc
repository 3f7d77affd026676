#include "api/session_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>

#include "access/gatekeeper.h"
#include "base/clock.h"
#include "web/json_body.h"
#include "web/json_text.h"
#include "web/router.h"

namespace aisle::api {
namespace {

// A browser that is left open is signed out after this; a token that ends before, with it.
constexpr std::chrono::hours kSession{12};

web::Response JsonAnswer(std::string body) {
  web::Response response;
  response.body = std::move(body);
  response.fields.emplace_back("Cache-Control", "no-store");
  return response;
}

web::Problem ProblemOf(int status, std::string_view type, std::string detail, std::string field) {
  web::Problem problem;
  problem.status = status;
  problem.type = type;
  problem.detail = std::move(detail);
  problem.field = std::move(field);
  return problem;
}

std::string TextOrNull(std::string_view text) {
  if (text.empty()) return "null";
  std::string out;
  web::AppendJsonString(out, text);
  return out;
}

// Who asks, as JSON. Nobody: `token` and `role` are null.
std::string SessionJson(const Desk& desk, const web::Request& request,
                        const web::Principal* principal) {
  const bool needed = desk.gate && desk.gate->BookOf(request.loop_index).GetState() !=
                                       access::TokenBook::State::kOpen;
  const bool open = !needed && principal == nullptr;
  const std::string_view role = open                   ? web::RoleName(web::Role::kAdmin)
                                : principal == nullptr ? std::string_view()
                                                       : web::RoleName(principal->role);
  const bool narrowed = principal != nullptr && principal->customers;
  return fmt::format(R"({{"token_needed":{},"token":{},"role":{},"customers":{}}})", needed,
                     TextOrNull(principal == nullptr ? "" : principal->id), TextOrNull(role),
                     TextOrNull(narrowed ? access::TextOf(*principal->customers) : ""));
}

std::expected<std::string, web::Problem> TokenOfBody(const web::Request& request) {
  if (auto problem = web::JsonTypeProblem(request)) return std::unexpected(*std::move(problem));
  const auto body = web::ParseJson(request.body);
  if (!body) return std::unexpected(body.error());
  const boost::json::value* token = body->is_object() && body->get_object().size() == 1
                                        ? body->get_object().if_contains("token")
                                        : nullptr;
  if (token == nullptr || !token->is_string()) {
    web::Problem problem =
        ProblemOf(400, "invalid-argument", "the body is not an object with a token", "token");
    problem.accepted = R"({"token": "aisle_..."})";
    return std::unexpected(std::move(problem));
  }
  return std::string(std::string_view(token->get_string()));
}

}  // namespace

net::Task<web::Response> PostSession(DeskPointer desk, const web::Request& request) {
  // Nobody is to be signed in by a page of somebody else's.
  if (!request.Find("Origin").empty() && !access::IsOfOwnPage(request)) {
    const auto problem =
        ProblemOf(403, "wrong-origin", "pages of other sites may not sign in here", "Origin");
    co_return web::ToResponse(problem, request.request_id);
  }
  const auto token = TokenOfBody(request);
  if (!token) co_return web::ToResponse(token.error(), request.request_id);
  const bool open = !desk->gate || desk->gate->BookOf(request.loop_index).GetState() ==
                                       access::TokenBook::State::kOpen;
  if (open) co_return JsonAnswer(SessionJson(*desk, request, nullptr));
  auto seen = desk->gate->Look(*token, request.loop_index);
  if (seen.may_be_new) {
    co_await desk->gate->LookAgain();
    seen = desk->gate->Look(*token, request.loop_index);
  }
  if (!seen.principal) {
    const auto problem = ProblemOf(401, "invalid-token", seen.why, "token");
    web::Response response = web::ToResponse(problem, request.request_id);
    response.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"aisle\"");
    co_return response;
  }
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(seen.expires - base::Now());
  const std::int64_t seconds =
      std::clamp<std::int64_t>(left.count(), 1, std::chrono::seconds(kSession).count());
  web::Response response = JsonAnswer(SessionJson(*desk, request, seen.principal.get()));
  response.fields.emplace_back("Set-Cookie",
                               access::SessionCookie(*token, seconds, request.encrypted));
  co_return response;
}

net::Task<web::Response> GetSession(DeskPointer desk, const web::Request& request) {
  co_return JsonAnswer(SessionJson(*desk, request, request.principal.get()));
}

net::Task<web::Response> DeleteSession(DeskPointer desk, const web::Request& request) {
  if (!request.Find("Origin").empty() && !access::IsOfOwnPage(request)) {
    const auto problem =
        ProblemOf(403, "wrong-origin", "pages of other sites may not sign out here", "Origin");
    co_return web::ToResponse(problem, request.request_id);
  }
  const bool open = !desk->gate || desk->gate->BookOf(request.loop_index).GetState() ==
                                       access::TokenBook::State::kOpen;
  web::Response response =
      JsonAnswer(SessionJson(*desk, request, open ? request.principal.get() : nullptr));
  response.fields.emplace_back("Set-Cookie", access::EndedCookie(request.encrypted));
  co_return response;
}

net::Task<web::Response> GetTokens(DeskPointer desk, const web::Request& request) {
  std::string out = R"({"tokens":[)";
  const base::Timestamp now = base::Now();
  std::vector<access::TokenRecord> records;
  if (desk->gate) records = desk->gate->BookOf(request.loop_index).Records();
  for (const access::TokenRecord& record : records) {
    out += out.ends_with('[') ? "" : ",";
    out += fmt::format(R"({{"id":"{}","name":)", record.id);
    web::AppendJsonString(out, record.name);
    fmt::format_to(
        std::back_inserter(out),
        R"(,"role":"{}","created":"{}","expires":"{}","customers":{},"requests_per_second":{},"state":"{}"}})",
        web::RoleName(record.role), base::FormatIso(record.created),
        base::FormatIso(record.expires),
        TextOrNull(record.customers ? access::TextOf(*record.customers) : ""),
        record.requests_per_second, record.StateName(now));
  }
  co_return JsonAnswer(out + "]}");
}

}  // namespace aisle::api
