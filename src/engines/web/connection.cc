#include "web/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <iterator>

#include "base/log.h"
#include "base/random.h"
#include "net/event_loops.h"
#include "web/client_deadline.h"
#include "web/compression.h"
#include "web/target.h"

namespace aisle::web {
namespace {

// A read begins with so many bytes; one that was filled is followed by a larger one, for bodies of megabytes.
constexpr std::size_t kReadBytes = 8 * 1024;
constexpr std::size_t kReadBytesMax = 256 * 1024;
// How long what is under way may take once the server stops; less than EventLoops::Join's grace.
constexpr std::chrono::milliseconds kStopPatience{2'000};
// So many requests of one connection that came together are answered before others get their turn on the loop.
constexpr std::size_t kPipelinedPerTurn = 16;

bool IsPlainId(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  });
}

Problem MakeProblem(int status, std::string_view type, std::string detail) {
  Problem problem;
  problem.status = status;
  problem.type = type;
  problem.detail = std::move(detail);
  return problem;
}

}  // namespace

const std::string& LoopState::Date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second) {
    static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                         "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    date = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                       kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                       kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900,
                       utc.tm_hour, utc.tm_min, utc.tm_sec);
    date_second = now;
  }
  return date;
}

std::string LoopState::NextRequestId() {
  return fmt::format("{:016x}", base::Mix(id_seed + ++id_count));
}

Connection::Connection(std::shared_ptr<LoopState> loop, std::unique_ptr<Stream> stream)
    : loop_(std::move(loop)),
      stream_(std::move(stream)),
      reader_(loop_->site->options.limits, [this](Request& head) { return FindRoute(head); }),
      place_(loop_->connections.size()),
      overloaded_(place_ >= loop_->site->options.connections_per_loop) {
  loop_->connections.push_back(this);
  client_ = stream_->Client();
  const Site& site = *loop_->site;
  crowded_ = client_ && site.clients->Enter(*client_) > site.options.connections_per_client;
}

Connection::~Connection() {
  if (client_) loop_->site->clients->Leave(*client_);
  loop_->connections[place_] = loop_->connections.back();
  loop_->connections[place_]->place_ = place_;
  loop_->connections.pop_back();
  if (loop_->stopping && loop_->connections.empty() && loop_->sweep_timer != nullptr)
    loop_->sweep_timer->cancel();
}

net::Task<void> Connection::Run() {
  WaitAtMost(loop_->site->options.handshake_timeout);
  const bool agreed = co_await stream_->ShakeHands();
  if (!agreed) co_return;
  for (;;) {
    const Got got = co_await ReadRequest();
    if (got == Got::kNothing) {
      WaitAtMost(loop_->site->options.drain_timeout);
      co_await stream_->FinishSending();
      co_return;
    }
    TakeRequestId();
    const Request& request = reader_.Received();
    const bool too_many = overloaded_ || crowded_;
    Response response;
    if (got == Got::kRefused) {
      response = by_head_ ? *std::move(by_head_) : Refusal();
    } else if (overloaded_) {
      response = ToResponse(MakeProblem(503, "overloaded", "too many connections are open"),
                            request.request_id);
    } else if (crowded_) {
      response = ToResponse(
          MakeProblem(429, "too-many-connections", "this client has too many connections open"),
          request.request_id);
    } else {
      deadline_ = net::SteadyTime::max();
      response = co_await Answer();
      co_await Compress(response);
    }
    const bool keep_alive = got == Got::kRequest && request.keep_alive && !too_many &&
                            !loop_->stopping && pipelined_ <= loop_->site->options.pipeline_depth;
    ComposeHead(response, keep_alive);
    const bool has_body = request.method != "HEAD";
    const bool written =
        co_await Write(head_, has_body ? std::string_view(response.body) : std::string_view());
    if (!written) co_return;
    if (!keep_alive) break;
  }
  co_await Drain();
}

std::size_t Connection::FindRoute(Request& request) {
  const auto client_deadline = ClientDeadlineOf(request);
  client_deadline_ = client_deadline ? Status() : std::unexpected(client_deadline.error());
  if (client_deadline) request.client_deadline = *client_deadline;
  target_ = {};
  if (request.target == "*") {
    request.path = request.target;
    return loop_->site->options.limits.body_bytes;
  }
  target_ = DecodeTarget(request.target, request.path, request.query);
  if (target_) {
    request.route =
        loop_->site->router.Find(request.method, RawPath(request.target), request.path_parameters);
  }
  return request.route == nullptr ? loop_->site->options.limits.body_bytes
                                  : request.route->limits.body_bytes;
}

RequestReader::State Connection::FeedArrived() {
  std::size_t consumed = 0;
  const auto state =
      reader_.Feed({input_.data() + input_begin_, input_end_ - input_begin_}, consumed);
  input_begin_ += consumed;
  if (state == RequestReader::State::kRefused) refusal_ = reader_.WhatIsWrong();
  return state;
}

net::Task<Connection::Got> Connection::ReadRequest() {
  reader_.Reset();
  reader_.Received().request_id.clear();
  verdict_.reset();
  read_bytes_ = kReadBytes;
  const ServerOptions& options = loop_->site->options;
  net::SteadyTime begun{};
  bool has_begun = false;
  bool has_head = false;
  ++pipelined_;
  // Who has sent many at once is not the only one to be answered.
  if (pipelined_ % kPipelinedPerTurn == 0) co_await net::Sleep(std::chrono::nanoseconds{0});
  const bool unwanted = overloaded_ || crowded_;
  WaitAtMost(unwanted ? options.drain_timeout : options.idle_timeout);
  for (;;) {
    const auto state = FeedArrived();
    // A connection too many is told so, whoever asks.
    if (reader_.Received().route != nullptr && !verdict_ && !unwanted) {
      AskGate(false);
      if (verdict_->may_be_new) {
        co_await options.gate->LookAgain();
        AskGate(true);
      }
    }
    if (state == RequestReader::State::kDone) co_return Got::kRequest;
    // What is refused for who asks has its body left unread.
    if (state == RequestReader::State::kRefused || (verdict_ && verdict_->refused))
      co_return Got::kRefused;
    if (reader_.Started() && !has_begun) {
      has_begun = true;
      begun = std::chrono::steady_clock::now();
      WaitAtMost(std::min(options.head_timeout, options.request_timeout));
    }
    if (reader_.HasHead() && !has_head) {
      has_head = true;
      WaitUntil(begun + options.request_timeout);
    }
    if (!has_begun && loop_->stopping) co_return Got::kNothing;
    if (reader_.TakeContinue()) {
      by_head_ = unwanted ? std::nullopt : AnswerByHead();
      if (by_head_) co_return Got::kRefused;
      const bool written = co_await Write("HTTP/1.1 100 Continue\r\n\r\n", {});
      if (!written) co_return Got::kNothing;
      WaitAtMost(options.request_timeout);
    }
    idle_ = !has_begun;
    const std::span<char> room = Room();
    const std::size_t count = co_await stream_->ReadSome(room);
    idle_ = false;
    pipelined_ = 0;
    input_end_ += count;
    if (count == room.size()) read_bytes_ = std::min(2 * read_bytes_, kReadBytesMax);
    if (count > 0) continue;
    if (!has_begun) co_return Got::kNothing;
    refusal_ = expired_
                   ? MakeProblem(408, "request-timeout", "the request did not arrive in time")
                   : MakeProblem(400, "malformed-request", "the request ended before it was whole");
    co_return Got::kRefused;
  }
}

void Connection::AskGate(bool looked) {
  Request& request = reader_.Received();
  request.loop_index = loop_->loop_index;
  request.encrypted = stream_->IsEncrypted();
  verdict_.emplace();
  Gate* const gate = loop_->site->options.gate.get();
  const bool guarded = stream_->ReachedBy() == Reach::kLoopback && LoopbackProblem(request);
  if (gate == nullptr || guarded) return;
  *verdict_ = gate->Admit(request, looked);
  request.principal = verdict_->principal;
}

Response Connection::Refusal() {
  const bool by_gate = verdict_ && verdict_->refused;
  const Problem& problem = by_gate ? *verdict_->refused : refusal_;
  Response response = ToResponse(problem, reader_.Received().request_id);
  if (by_gate)
    response.fields.insert(response.fields.end(), verdict_->fields.begin(), verdict_->fields.end());
  return response;
}

std::span<char> Connection::Room() {
  if (input_begin_ == input_end_) {
    input_begin_ = input_end_ = 0;
  } else if (input_begin_ > 0) {
    std::memmove(input_.data(), input_.data() + input_begin_, input_end_ - input_begin_);
    input_end_ -= input_begin_;
    input_begin_ = 0;
  }
  if (input_.size() < input_end_ + read_bytes_ / 2) input_.resize(input_end_ + read_bytes_);
  return {input_.data() + input_end_, input_.size() - input_end_};
}

std::optional<Response> Connection::AnswerByHead() {
  Request& request = reader_.Received();
  if (request.request_id.empty()) TakeRequestId();
  const Router& router = loop_->site->router;
  if (stream_->ReachedBy() == Reach::kLoopback) {
    if (const auto problem = LoopbackProblem(request))
      return ToResponse(*problem, request.request_id);
  }
  if (!target_) {
    return ToResponse(MakeProblem(400, "malformed-target", target_.error().message),
                      request.request_id);
  }
  if (!client_deadline_) {
    Problem problem = MakeProblem(400, "invalid-argument", client_deadline_.error().message);
    problem.field = kDeadlineField;
    problem.accepted = "milliseconds from 1 to 9999999999, once";
    return ToResponse(problem, request.request_id);
  }
  if (request.route != nullptr) return std::nullopt;
  if (request.method == "OPTIONS") {
    Response response;
    if (std::string allow = router.AllowedAt(request.target); !allow.empty()) {
      response.status = 204;
      response.fields.emplace_back("Allow", std::move(allow));
      return response;
    }
  }
  const Router::Miss miss = router.WhyNot(request);
  Response response = ToResponse(miss.problem, request.request_id);
  if (!miss.allow.empty()) response.fields.emplace_back("Allow", miss.allow);
  return response;
}

net::Task<Response> Connection::Answer() {
  Request& request = reader_.Received();
  request.loop_index = loop_->loop_index;
  if (verdict_ && verdict_->refused) co_return Refusal();
  if (auto response = AnswerByHead()) co_return *std::move(response);
  if (request.client_deadline.Passed()) {
    const Problem problem =
        MakeProblem(504, "deadline-passed", "the client's deadline passed before it was answered");
    co_return ToResponse(problem, request.request_id);
  }
  co_return co_await Handle(request);
}

net::Task<Response> Connection::Handle(const Request& request) {
  const Route& route = *request.route;
  try {
    Response response = co_await route.handler(request);
    co_return response;
  } catch (const std::exception& error) {
    base::LogError("request {} of {}: {} {} failed: {}", request.request_id, stream_->Peer(),
                   route.method, route.pattern, error.what());
  } catch (...) {
    base::LogError("request {} of {}: {} {} failed with an unknown exception", request.request_id,
                   stream_->Peer(), route.method, route.pattern);
  }
  const Problem problem = ProblemOf({ErrorCode::kInternal, {}});
  co_return ToResponse(problem, request.request_id);
}

net::Task<void> Connection::Compress(Response& response) {
  const std::size_t from = loop_->site->options.compress_bytes;
  if (from == 0 || response.body.size() < from || !IsCompressible(response)) co_return;
  response.fields.emplace_back("Vary", "Accept-Encoding");
  if (!TakesGzip(reader_.Received().Find("Accept-Encoding"))) co_return;
  response.body = co_await Gzip(response.body);
  response.fields.emplace_back("Content-Encoding", "gzip");
}

net::Task<bool> Connection::Write(std::string_view head, std::string_view body) {
  WaitAtMost(loop_->site->options.write_timeout);
  return stream_->WriteAll(head, body);
}

net::Task<void> Connection::Drain() {
  WaitAtMost(loop_->site->options.drain_timeout);
  co_await stream_->FinishSending();
  std::size_t left = loop_->site->options.drain_bytes;
  for (;;) {
    input_begin_ = input_end_ = 0;
    const std::size_t count = co_await stream_->ReadSome(Room());
    if (count == 0 || count >= left) co_return;
    left -= count;
  }
}

void Connection::ComposeHead(const Response& response, bool keep_alive) {
  const Request& request = reader_.Received();
  head_.clear();
  fmt::format_to(std::back_inserter(head_), "HTTP/1.1 {} {}\r\nDate: {}\r\nX-Request-Id: {}\r\n",
                 response.status, ReasonPhrase(response.status), loop_->Date(), request.request_id);
  // 204 says that there is nothing, not that there are 0 bytes of it.
  if (response.status != 204) {
    fmt::format_to(std::back_inserter(head_),
                   "Content-Type: {}\r\nContent-Length: {}\r\n"
                   "X-Content-Type-Options: nosniff\r\n",
                   response.content_type, response.body.size());
  }
  for (const auto& [name, value] : response.fields) {
    AISLE_ASSERT(value.find_first_of("\r\n") == std::string::npos);
    fmt::format_to(std::back_inserter(head_), "{}: {}\r\n", name, value);
  }
  if (!keep_alive) {
    head_ += "Connection: close\r\n";
  } else if (request.http_minor == 0) {
    head_ += "Connection: keep-alive\r\n";
  }
  head_ += "\r\n";
}

void Connection::TakeRequestId() {
  Request& request = reader_.Received();
  const std::string_view given = request.Find("X-Request-Id");
  if (IsPlainId(given)) {
    request.request_id = given;
  } else {
    request.request_id = loop_->NextRequestId();
  }
}

void Connection::WaitAtMost(std::chrono::milliseconds wait) {
  WaitUntil(std::chrono::steady_clock::now() + wait);
}

void Connection::WaitUntil(net::SteadyTime moment) {
  expired_ = false;
  if (loop_->stopping) moment = std::min(moment, std::chrono::steady_clock::now() + kStopPatience);
  deadline_ = moment;
}

void Connection::Sweep(net::SteadyTime now) {
  if (now < deadline_) return;
  expired_ = true;
  deadline_ = net::SteadyTime::max();
  stream_->Cancel();
}

void Connection::Stop() {
  // A request that has reached us is answered.
  if (idle_ && !stream_->HasInput()) {
    stream_->Cancel();
  } else if (deadline_ != net::SteadyTime::max()) {
    deadline_ = std::min(deadline_, std::chrono::steady_clock::now() + kStopPatience);
  }
}

}  // namespace aisle::web
