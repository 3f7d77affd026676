#include "access/gatekeeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "access/file_token_store.h"
#include "base/files.h"
#include "base/log.h"

namespace aisle::access {
namespace {

// Looks that somebody waits for come no more often than this.
constexpr std::chrono::milliseconds kLooksApart{100};
// So many requests may wait for one; the others are refused at once.
constexpr std::size_t kWaitingMax = 64;
// Refusals that are noted between two looks; the others are counted.
constexpr std::size_t kRefusedMax = 16;

std::shared_ptr<const web::Principal> Everybody() {
  static const auto kEverybody =
      std::make_shared<const web::Principal>(web::Principal{.id = "", .role = web::Role::kAdmin});
  return kEverybody;
}

// Of what it may hold between quotation marks.
std::string Quotable(std::string text) {
  std::ranges::replace(text, '"', '\'');
  std::ranges::replace(text, '\\', '/');
  return text;
}

void Refuse(web::Gate::Verdict& verdict, int status, std::string_view type, std::string detail,
            std::string_view challenge = {}) {
  web::Problem problem;
  problem.status = status;
  problem.type = type;
  problem.detail = std::move(detail);
  if (status == 401 || status == 403) problem.field = "Authorization";
  if (status == 401) problem.accepted = "Authorization: Bearer aisle_...";
  if (!challenge.empty()) {
    verdict.fields.emplace_back(
        "WWW-Authenticate",
        fmt::format("Bearer realm=\"aisle\", error=\"{}\", error_description=\"{}\"", challenge,
                    Quotable(problem.detail)));
  } else if (status == 401) {
    verdict.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"aisle\"");
  }
  verdict.refused = std::move(problem);
}

// Where a server may listen, by what is known of its tokens; those are kept at `where`.
Result<web::Address> MayListen(std::string_view listen, TokenBook::State state,
                               const std::string& where) {
  AISLE_TRY(web::Address address, web::ParseAddress(listen));
  AISLE_TRY(const web::Address at, web::WhereItListens(address));
  if (state == TokenBook::State::kClosed || at.IsLoopback() || at.IsUnix()) return address;
  const std::string named =
      address.handed ? fmt::format("{} ({})", listen, at.Text()) : std::string(listen);
  if (state == TokenBook::State::kUnknown) {
    return Fail(ErrorCode::kUnavailable,
                fmt::format("{} is not loopback, and the tokens cannot be read that it would need; "
                            "{} does not answer",
                            named, where));
  }
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("{} is not loopback: without access tokens this server listens on "
                          "127.0.0.1, [::1] or a Unix socket only; `aisle tokens create` makes one",
                          named));
}

bool IsSafe(std::string_view method) { return method == "GET" || method == "HEAD"; }

}  // namespace

Gatekeeper::Gatekeeper(net::EventLoops& loops, GatekeeperOptions options)
    : loops_(loops),
      options_(std::move(options)),
      books_(std::make_shared<std::vector<BookPointer>>(static_cast<std::size_t>(loops.LoopCount()),
                                                        std::make_shared<const TokenBook>())) {}

Gatekeeper::~Gatekeeper() { Close(); }

void Gatekeeper::Close() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

void Gatekeeper::Stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
}

Result<std::shared_ptr<Gatekeeper>> Gatekeeper::Start(net::EventLoops& loops,
                                                      GatekeeperOptions options) {
  std::shared_ptr<Gatekeeper> gate(new Gatekeeper(loops, std::move(options)));
  auto records = gate->options_.store->Read();
  if (!records) {
    const bool may_come = records.error().code == ErrorCode::kUnavailable ||
                          records.error().code == ErrorCode::kFailedPrecondition;
    if (gate->options_.remembered.empty() || !may_come) return std::unexpected(records.error());
    gate->SetTrouble("tokens cannot be read: see the log",
                     fmt::format("tokens cannot be read: {}", records.error().message));
    if (const auto text = base::ReadFile(gate->options_.remembered)) {
      records = ReadRecords(*text);
      if (!records) {
        base::LogWarning("{}: {}", gate->options_.remembered.string(), records.error().message);
      }
    }
  }
  if (records) gate->Take(*records);
  gate->thread_ = std::thread([raw = gate.get()] { raw->Watch(); });
  return gate;
}

Gatekeeper::BookPointer Gatekeeper::Newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

// Posted before the listeners are, a book is there before the first request is.
void Gatekeeper::Take(const std::vector<TokenRecord>& records) {
  std::string text = TextOf(records);
  if (text == newest_text_) return;
  const auto book = std::make_shared<const TokenBook>(records, *Newest());
  newest_text_ = std::move(text);
  {
    const std::lock_guard lock(mutex_);
    newest_ = book;
  }
  loops_.PostToEach([books = books_, book](int loop_index) {
    (*books)[static_cast<std::size_t>(loop_index)] = book;
  });
  if (options_.remembered.empty()) return;
  Status kept = MakePrivateFolder(options_.remembered.parent_path());
  if (kept) kept = WritePrivateFile(options_.remembered, newest_text_);
  // A full or read-only disk is no reason not to serve.
  if (!kept) base::LogWarning("tokens are not remembered: {}", kept.error().message);
}

Result<web::Address> Gatekeeper::MayListenAt(std::string_view listen) const {
  return MayListen(listen, Newest()->GetState(), options_.store->Where());
}

std::string Gatekeeper::Line() const {
  switch (Newest()->GetState()) {
    case TokenBook::State::kOpen:
      return "Access: open to whoever reaches this address, there are no tokens; `aisle tokens "
             "create` makes the first";
    case TokenBook::State::kUnknown:
      return "Access: nobody's before tokens can be read";
    case TokenBook::State::kClosed:
      break;
  }
  return fmt::format("Access by token: {} of {} can be used ({})", Newest()->LiveCount(base::Now()),
                     Newest()->Count(), options_.store->Where());
}

std::string Gatekeeper::Trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void Gatekeeper::SetTrouble(const std::string& trouble, const std::string& log) {
  {
    const std::lock_guard lock(mutex_);
    if (trouble == trouble_) return;
    trouble_ = trouble;
  }
  if (trouble.empty()) {
    base::LogInfo("{}", log);
  } else {
    base::LogWarning("{}", log);
  }
}

void Gatekeeper::ReadStore() {
  const auto records = options_.store->Read();
  if (!records) {
    SetTrouble("tokens cannot be read: see the log",
               fmt::format("tokens cannot be read, those known before count: {}",
                           records.error().message));
    return;
  }
  if (records->empty() && Newest()->GetState() == TokenBook::State::kClosed) {
    SetTrouble("the tokens are gone: see the log",
               fmt::format("{} has no tokens any more; those known before count until this server "
                           "is started again",
                           options_.store->Where()));
    return;
  }
  Take(*records);
  SetTrouble({}, "tokens can be read again");
}

void Gatekeeper::Watch() {
  auto looked = std::chrono::steady_clock::now();
  for (;;) {
    std::vector<net::Give<bool>> waiting;
    std::vector<AuditEntry> refused;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, options_.look_every, [&] { return stopping_ || !waiting_.empty(); });
      wake_.wait_until(lock, looked + kLooksApart, [&] { return stopping_; });
      waiting = std::exchange(waiting_, {});
      refused = std::exchange(refused_, {});
      if (refused_more_ > 0 && !refused.empty())
        refused.back().detail += fmt::format("; and {} more", std::exchange(refused_more_, 0));
      if (stopping_) {
        lock.unlock();
        for (const auto& give : waiting) give(false);
        return;
      }
    }
    looked = std::chrono::steady_clock::now();
    ReadStore();
    for (const auto& give : waiting) give(true);
    if (const Status noted = options_.store->Note(refused); !noted)
      base::LogWarning("the audit log cannot be written: {}", noted.error().message);
  }
}

net::Task<void> Gatekeeper::LookAgain() {
  co_await net::Elsewhere<bool>([this](const net::Give<bool>& give) {
    {
      const std::lock_guard lock(mutex_);
      if (!stopping_ && waiting_.size() < kWaitingMax) {
        waiting_.push_back(give);
        wake_.notify_all();
        return;
      }
    }
    give(false);
  });
}

Gatekeeper::Seen Gatekeeper::Look(std::string_view text, int loop_index) const {
  Seen seen;
  const auto token = ParseToken(text);
  if (!token) {
    seen.why = token.error().message;
    return seen;
  }
  const TokenBook::Entry* entry = nullptr;
  switch (BookOf(loop_index).Find(*token, base::Now(), entry)) {
    case TokenBook::Finding::kNotKnown:
      seen.why = "the token is not known";
      seen.may_be_new = true;
      break;
    case TokenBook::Finding::kRevoked:
      seen.why = "the token was revoked";
      break;
    case TokenBook::Finding::kExpired:
      seen.why = "the token has expired";
      break;
    case TokenBook::Finding::kGood:
      seen.principal = entry->principal;
      seen.expires = entry->record.expires;
      seen.meter = entry->meter.get();
      seen.requests_per_second = entry->record.requests_per_second;
      break;
  }
  return seen;
}

web::Gate::Verdict Gatekeeper::Admit(const web::Request& request, bool looked) {
  Verdict verdict;
  const web::Role needed = request.route->role;
  const bool is_public = needed == web::Role::kPublic;
  const TokenBook::State state = BookOf(request.loop_index).GetState();
  if (state == TokenBook::State::kOpen) {
    verdict.principal = Everybody();
    return verdict;
  }
  const auto shown = CredentialsOf(request);
  Seen seen;
  if (shown && !shown->token.empty() && state == TokenBook::State::kClosed)
    seen = Look(shown->token, request.loop_index);
  verdict.principal = seen.principal;
  if (is_public) return verdict;
  if (state == TokenBook::State::kUnknown) {
    Refuse(verdict, 503, "tokens-unknown", "the server cannot read its tokens yet");
  } else if (!shown) {
    Refuse(verdict, 401, "invalid-token", shown.error(), "invalid_request");
  } else if (shown->token.empty()) {
    Refuse(verdict, 401, "token-needed", "this needs an access token, and none was sent");
  } else if (!seen.principal) {
    Refuse(verdict, 401, "invalid-token", seen.why, "invalid_token");
    verdict.may_be_new = seen.may_be_new && !looked;
  } else if (shown->by_cookie && !IsSafe(request.method) && !IsOfOwnPage(request)) {
    Refuse(verdict, 403, "wrong-origin",
           "what changes something by a cookie must come from a page of this server's own");
    verdict.refused->field = "Origin";
  } else if (seen.principal->role < needed) {
    Refuse(verdict, 403, "role-too-low",
           fmt::format("this needs a token of role {}, and yours is of role {}",
                       web::RoleName(needed), web::RoleName(seen.principal->role)),
           "insufficient_scope");
  } else if (seen.requests_per_second > 0) {
    const auto wait = seen.meter->Take(seen.requests_per_second, std::chrono::steady_clock::now());
    if (wait.count() > 0) {
      Refuse(verdict, 429, "too-many-requests",
             fmt::format("the token may ask {} times a second", seen.requests_per_second));
      verdict.fields.emplace_back(
          "Retry-After", fmt::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()));
    }
  }
  const bool is_final = verdict.refused && !verdict.may_be_new && verdict.refused->status != 429;
  if (is_final && needed == web::Role::kAdmin) Audit(request, verdict);
  return verdict;
}

void Gatekeeper::Audit(const web::Request& request, const Verdict& verdict) {
  const std::lock_guard lock(mutex_);
  if (refused_.size() >= kRefusedMax) {
    ++refused_more_;
    return;
  }
  refused_.push_back({.at = base::Now(),
                      .action = "refused",
                      .by = verdict.principal ? "token " + verdict.principal->id : "nobody known",
                      .token = verdict.principal ? verdict.principal->id : "",
                      .detail = fmt::format("{} {}: {}", request.route->method,
                                            request.route->pattern, verdict.refused->type)});
}

Result<std::shared_ptr<Gatekeeper>> StartGate(net::EventLoops& loops, std::string_view listen,
                                              const std::optional<GatekeeperOptions>& options) {
  if (!options) {
    AISLE_TRY([[maybe_unused]] const auto local, MayListen(listen, TokenBook::State::kOpen, {}));
    return nullptr;
  }
  AISLE_TRY(auto gate, Gatekeeper::Start(loops, *options));
  AISLE_TRY([[maybe_unused]] const auto address, gate->MayListenAt(listen));
  loops.OnStop([weak = std::weak_ptr(gate)] {
    if (const auto at = weak.lock()) at->Stop();
  });
  return gate;
}

std::string LineOf(const Gatekeeper* gate) {
  return gate == nullptr ? "Access: open to whoever reaches this address" : gate->Line();
}

}  // namespace aisle::access
