// Connecting: one host after another, one address after another, each under its share of the time.
//
// libpq could try several hosts by itself, but in asynchronous use it neither limits the time of
// each nor looks names up without blocking. So every attempt here has one address, and libpq keeps
// what it is good at: TLS, passwords, and whether the server is of the kind asked for.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <utility>
#include <vector>

#include "net/finish_by.h"
#include "postgres/link.h"
#include "postgres/sql_state.h"

namespace aisle::postgres {
namespace asio = boost::asio;
namespace {

using Addresses = std::vector<std::string>;

struct Endpoint {
  Host host;
  std::string address;  // Empty for a socket.
};

// On the resolver's own thread. Empty: there are none.
net::Task<Addresses> LookUp(std::string name) {
  const auto executor = co_await asio::this_coro::executor;
  Addresses addresses;
  boost::system::error_code error;
  if (asio::ip::make_address(name, error); !error) {
    addresses.push_back(std::move(name));
    co_return addresses;
  }
  asio::ip::tcp::resolver resolver(executor);
  const auto [failed, found] =
      co_await resolver.async_resolve(name, "", asio::as_tuple(asio::use_awaitable));
  if (failed) co_return addresses;
  for (const auto& entry : found) {
    std::string address = entry.endpoint().address().to_string();
    if (std::ranges::find(addresses, address) == addresses.end())
      addresses.push_back(std::move(address));
  }
  co_return addresses;
}

struct Attempt {
  Attempt(const ConnectionSettings& all, const std::string& secret, Endpoint where,
          std::string kind)
      : settings(all), password(secret), endpoint(std::move(where)), session(std::move(kind)) {}

  const ConnectionSettings& settings;
  const std::string& password;
  Endpoint endpoint;
  std::string session;  // target_session_attrs of this round.

  std::string Target() const {
    return fmt::format("{}:{}/{}", endpoint.host.name, endpoint.host.port, settings.dbname);
  }
};

PGconn* StartConnecting(const Attempt& attempt) {
  const ConnectionSettings& settings = attempt.settings;
  const bool is_socket = attempt.endpoint.address.empty();
  const std::string port = std::to_string(attempt.endpoint.host.port);
  const std::string sslmode = is_socket                  ? "disable"
                              : settings.sslmode.empty() ? "verify-full"
                                                         : settings.sslmode;
  // All that libpq could otherwise take from its environment and that decides whom we speak to and
  // how. An empty value is one that was not given.
  const std::array<std::pair<const char*, const char*>, 14> options = {{
      {"host", attempt.endpoint.host.name.c_str()},
      {"hostaddr", attempt.endpoint.address.c_str()},
      {"port", port.c_str()},
      {"dbname", settings.dbname.c_str()},
      {"user", settings.user.c_str()},
      {"password", attempt.password.c_str()},
      {"target_session_attrs", attempt.session.c_str()},
      {"sslmode", sslmode.c_str()},
      {"sslrootcert", settings.sslrootcert.c_str()},
      {"application_name", settings.application_name.c_str()},
      {"client_encoding", "UTF8"},
      {"gssencmode", "disable"},  // Asking for a ticket blocks.
      {"keepalives_idle", "30"},
      {"tcp_user_timeout", "30000"},
  }};
  std::array<const char*, options.size() + 1> keys{};
  std::array<const char*, options.size() + 1> values{};
  for (std::size_t i = 0; i < options.size(); ++i) std::tie(keys[i], values[i]) = options[i];
  return PQconnectStartParams(keys.data(), values.data(), 0);
}

// Which of the backends behind this connection answers: a pooler invents a process id of its own.
net::Task<Result<bool>> IsPooled(Link& link, net::Deadline deadline) {
  Turn turn(link);
  if (PQsendQueryParams(link.Handle(), "SELECT pg_catalog.pg_backend_pid()", 0, nullptr, nullptr,
                        nullptr, nullptr, 0) == 0 ||
      PQpipelineSync(link.Handle()) == 0)
    co_return std::unexpected(link.Broke("cannot send"));
  int answered = 0;
  ++link.syncs_expected;
  std::optional<Error> failed;
  while (link.syncs_expected > 0) {
    AISLE_CO_TRY(const PgResult result, co_await link.NextResult(deadline));
    if (!result) continue;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_PIPELINE_SYNC) --link.syncs_expected;
    if (status == PGRES_TUPLES_OK) answered = std::atoi(PQgetvalue(result.get(), 0, 0));
    if (status == PGRES_FATAL_ERROR && !failed) failed = ErrorOfResult(result.get(), link.Secret());
    if (PQstatus(link.Handle()) != CONNECTION_OK) break;
  }
  if (failed) co_return std::unexpected(*failed);
  turn.Done();
  co_return answered != PQbackendPID(link.Handle());
}

net::Task<Status> FinishOpening(Link& link, const Attempt& attempt, net::Deadline deadline) {
  PGconn* const handle = link.Handle();
  PQsetErrorVerbosity(handle, PQERRORS_DEFAULT);
  if (PQsetnonblocking(handle, 1) != 0 || PQenterPipelineMode(handle) == 0)
    co_return std::unexpected(link.Broke("cannot be used"));
  link.Attach();
  const std::string& session = attempt.settings.target_session_attrs;
  link.wants_primary = session == "read-write" || session == "primary";
  link.facts = {.host = attempt.endpoint.host.name,
                .port = attempt.endpoint.host.port,
                .server_version = PQserverVersion(handle),
                .process_id = PQbackendPID(handle),
                .tls = PQsslInUse(handle) != 0};
  AISLE_CO_TRY(link.facts.behind_pooler, co_await IsPooled(link, deadline));
  const StatementNames names = attempt.settings.statements;
  link.facts.names_statements = names == StatementNames::kNamed ||
                                (names == StatementNames::kAuto && !link.facts.behind_pooler);
  co_return Status();
}

net::Task<Result<std::shared_ptr<Link>>> Try(Attempt attempt, net::Deadline deadline) {
  // libpq would go to that address instead, without TLS.
  if (attempt.endpoint.address.empty() && std::getenv("PGHOSTADDR") != nullptr) {
    co_return Fail(ErrorCode::kFailedPrecondition,
                   fmt::format("postgres {}: PGHOSTADDR is set, and libpq would take it for this "
                               "socket's address: unset it",
                               attempt.Target()));
  }
  PGconn* const handle = StartConnecting(attempt);
  if (handle == nullptr)
    co_return Fail(ErrorCode::kUnavailable, "postgres: no memory for a connection");
  auto link = std::make_shared<Link>(co_await asio::this_coro::executor, handle, attempt.Target());
  PQsetErrorVerbosity(handle,
                      PQERRORS_VERBOSE);  // With SQLSTATE, which is not to be had otherwise.
  PostgresPollingStatusType polled =
      PQstatus(handle) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (polled != PGRES_POLLING_OK) {
    if (polled == PGRES_POLLING_FAILED) {
      Error error = ErrorOfConnecting(PQerrorMessage(handle), link->Secret());
      link->Close();
      co_return std::unexpected(std::move(error));
    }
    const auto what = polled == PGRES_POLLING_READING ? Link::For::kRead : Link::For::kWrite;
    if (!co_await link->Wait(what, deadline)) {
      link->Close();
      co_return Fail(ErrorCode::kUnavailable,
                     fmt::format("postgres {}: no connection in time", attempt.Target()));
    }
    link->Detach();  // The next step may close this socket and open another.
    polled = PQconnectPoll(handle);
  }
  if (Status finished = co_await FinishOpening(*link, attempt, deadline); !finished) {
    link->Close();
    co_return std::unexpected(std::move(finished).error());
  }
  co_return link;
}

// Hosts with their addresses, in order; of those without, why.
net::Task<std::vector<Endpoint>> FindEndpoints(const std::vector<Host>& hosts,
                                               net::Deadline deadline, std::string& failures) {
  std::vector<Endpoint> endpoints;
  for (const Host& host : hosts) {
    if (host.IsSocket()) {
      endpoints.push_back({host, ""});
      continue;
    }
    const auto addresses = co_await net::FinishBy(deadline, LookUp(host.name));
    if (!addresses || addresses->empty()) {
      failures += fmt::format("; postgres: host {} {}", host.name,
                              addresses ? "has no address" : "was not looked up in time");
      continue;
    }
    for (const std::string& address : *addresses) endpoints.push_back({host, address});
  }
  co_return endpoints;
}

}  // namespace

net::Task<Result<std::shared_ptr<Link>>> OpenLink(ConnectionSettings settings,
                                                  net::Deadline deadline) {
  AISLE_CO_CHECK(CheckSettings(settings));
  AISLE_CO_TRY(const std::string password, ReadPassword(settings.password));
  if (settings.hosts.empty()) settings.hosts.push_back({.name = "/var/run/postgresql"});
  const net::Deadline by = deadline.Within(net::Deadline::After(settings.connect_timeout));
  std::string failures;
  ErrorCode code = ErrorCode::kUnavailable;
  const std::vector<Endpoint> endpoints = co_await FindEndpoints(settings.hosts, by, failures);

  std::vector<std::string> rounds = {settings.target_session_attrs};
  if (rounds.front() == "prefer-standby") rounds = {"standby", "any"};
  std::size_t left = endpoints.size() * rounds.size();
  for (const std::string& session : rounds) {
    for (const Endpoint& endpoint : endpoints) {
      // One that does not answer must leave time for the others.
      const net::Deadline share = net::Deadline::After(by.Left() / static_cast<int>(left--));
      const Attempt attempt(settings, password, endpoint, session);
      auto link = co_await Try(attempt, by.Within(share));
      if (link) co_return link;
      if (link.error().code != ErrorCode::kUnavailable) code = link.error().code;
      failures += "; " + link.error().message;
    }
  }
  co_return Fail(code, failures.empty() ? "postgres: no host" : failures.substr(2));
}

}  // namespace aisle::postgres
