#include "web/http_client.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <exception>
#include <iterator>
#include <optional>

#include "net/finish_by.h"
#include "web/socket_stream.h"
#include "web/tls_stream.h"

namespace aisle::web {
namespace asio = boost::asio;
namespace {

using Socket = asio::generic::stream_protocol::socket;
using Endpoint = asio::generic::stream_protocol::endpoint;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 64 * 1024;

Endpoint EndpointOf(const Address& address) {
  if (address.IsUnix()) return asio::local::stream_protocol::endpoint(address.path);
  return asio::ip::tcp::endpoint(asio::ip::make_address(address.host), address.port);
}

// A connection that waits for its next request.
class Kept {
 public:
  explicit Kept(int descriptor) : descriptor_(descriptor) {}
  Kept(Kept&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Kept& operator=(Kept&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Kept() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int Release() { return std::exchange(descriptor_, -1); }
  // Nothing has come and it is not closed: what comes now belongs to no request of ours.
  bool IsQuiet() const {
    char byte = 0;
    return ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
  }

 private:
  int descriptor_;
};

}  // namespace

struct HttpClient::Impl {
  explicit Impl(HttpClientOptions given)
      : options(std::move(given)),
        host(options.address.IsUnix()
                 ? "localhost"
                 : Address{.host = options.address.host, .port = options.address.port}.Text()) {}

  HttpClientOptions options;
  std::string host;
  std::vector<Kept> kept;
  std::size_t under_way = 0;

  std::optional<Kept> TakeKept();
  std::string HeadOf(const HttpAsk& ask) const;
  std::unexpected<Error> Unavailable(std::string_view what) const {
    return Fail(ErrorCode::kUnavailable,
                fmt::format("{}: {}", UrlOf(options.address.Text()), what));
  }
};

namespace {

using ImplPointer = std::shared_ptr<HttpClient::Impl>;

// Counts a request for as long as its task lives.
class UnderWay {
 public:
  explicit UnderWay(ImplPointer impl) : impl_(std::move(impl)) { ++impl_->under_way; }
  ~UnderWay() { --impl_->under_way; }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

 private:
  ImplPointer impl_;
};

net::Task<Status> Connect(const HttpClient::Impl& impl, Socket& socket) {
  const auto [error] = co_await socket.async_connect(EndpointOf(impl.options.address), kAwait);
  if (error) co_return impl.Unavailable(error.message());
  if (!impl.options.address.IsUnix()) {
    const int on = 1;
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  co_return Status();
}

// What became of a request on one connection. Stale: it ended before any byte of an answer.
struct Exchanged {
  Result<HttpAnswer> answer;
  bool stale = false;
  bool again = false;  // The connection can be used again.
};

// What came of a read; 0 bytes: why there are none.
struct Read {
  std::size_t count = 0;
  std::string why = {};
};

class PlainWire {
 public:
  explicit PlainWire(Socket& socket) : socket_(socket) {}
  net::Task<bool> Write(const std::string& head, const std::string& body) {
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head), asio::buffer(body)};
    const auto [failed, written] = co_await asio::async_write(socket_, buffers, kAwait);
    co_return !failed;
  }
  net::Task<Read> ReadSome(std::span<char> into) {
    const auto [error, count] =
        co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), kAwait);
    if (!error && count > 0) co_return Read{.count = count};
    co_return Read{.why =
                       error == asio::error::eof ? "it closed without an answer" : error.message()};
  }

 private:
  Socket& socket_;
};

class TlsWire {
 public:
  explicit TlsWire(Socket& socket)
      : stream_(OverTlsAsClient(std::make_unique<SocketStream<asio::generic::stream_protocol>>(
            std::move(socket), Reach::kNetwork, [](const Socket&) { return std::string(); }))) {}
  net::Task<bool> ShakeHands() { return stream_->ShakeHands(); }
  net::Task<bool> Write(const std::string& head, const std::string& body) {
    return stream_->WriteAll(head, body);
  }
  net::Task<Read> ReadSome(std::span<char> into) {
    const std::size_t count = co_await stream_->ReadSome(into);
    co_return Read{.count = count, .why = "it closed without an answer"};
  }

 private:
  std::unique_ptr<Stream> stream_;
};

template <typename Wire>
net::Task<Exchanged> Exchange(const HttpClient::Impl& impl, Wire& wire, const std::string& head,
                              const std::string& body) {
  const bool written = co_await wire.Write(head, body);
  // A server may answer before it has read everything, and close: then there is something to read.
  ResponseReader reader(impl.options.limits);
  std::string input;
  std::size_t filled = 0;
  for (;;) {
    input.resize(std::max(input.size(), filled + kReadBytes));
    const Read read = co_await wire.ReadSome({input.data() + filled, input.size() - filled});
    const std::size_t count = read.count;
    if (count == 0) {
      if (!reader.Started())
        co_return Exchanged{.answer = impl.Unavailable(read.why), .stale = true};
      co_return Exchanged{.answer = impl.Unavailable("it cut its answer off")};
    }
    filled += count;
    std::size_t consumed = 0;
    const auto state = reader.Feed(std::string_view(input.data(), filled), consumed);
    input.erase(0, consumed);
    filled -= consumed;
    if (state == ResponseReader::State::kRefused)
      co_return Exchanged{.answer =
                              impl.Unavailable("its answer is not sound: " + reader.WhatIsWrong())};
    if (state == ResponseReader::State::kNeedMore) continue;
    const bool again = reader.Received().keep_alive && filled == 0 && written;
    co_return Exchanged{.answer = std::move(reader.Received()), .again = again};
  }
}

net::Task<Result<HttpAnswer>> SendOwned(ImplPointer impl, HttpAsk ask) {
  const UnderWay counted(impl);
  const std::string head = impl->HeadOf(ask);
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    Socket socket(executor);
    auto kept = impl->TakeKept();
    if (kept) {
      boost::system::error_code error;
      socket.assign(EndpointOf(impl->options.address).protocol(), kept->Release(), error);
      if (error) co_return impl->Unavailable(error.message());
    } else {
      AISLE_CO_CHECK(co_await Connect(*impl, socket));
    }
    if (impl->options.address.tls) {
      TlsWire wire(socket);
      const bool agreed = co_await wire.ShakeHands();
      if (!agreed) co_return impl->Unavailable("it did not shake hands over TLS");
      Exchanged exchanged = co_await Exchange(*impl, wire, head, ask.body);
      co_return std::move(exchanged.answer);
    }
    PlainWire wire(socket);
    Exchanged exchanged = co_await Exchange(*impl, wire, head, ask.body);
    if (exchanged.stale && kept) continue;
    if (exchanged.again && impl->kept.size() < impl->options.kept_max) {
      boost::system::error_code error;
      const int descriptor = socket.release(error);
      if (!error) impl->kept.emplace_back(descriptor);
    }
    co_return std::move(exchanged.answer);
  }
}

}  // namespace

std::optional<Kept> HttpClient::Impl::TakeKept() {
  while (!kept.empty()) {
    Kept last = std::move(kept.back());
    kept.pop_back();
    if (last.IsQuiet()) return last;
  }
  return std::nullopt;
}

std::string HttpClient::Impl::HeadOf(const HttpAsk& ask) const {
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n", ask.method,
                                 ask.target, host, ask.body.size());
  if (!ask.body.empty())
    fmt::format_to(std::back_inserter(head), "Content-Type: {}\r\n", ask.content_type);
  for (const auto& [name, value] : ask.fields) {
    AISLE_ASSERT(value.find_first_of("\r\n") == std::string::npos);
    fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
  }
  return head + "\r\n";
}

HttpClient::HttpClient(HttpClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(options))) {}
HttpClient::~HttpClient() = default;

const Address& HttpClient::To() const { return impl_->options.address; }
std::size_t HttpClient::KeptCount() const { return impl_->kept.size(); }

net::Task<Result<HttpAnswer>> HttpClient::Send(HttpAsk ask, net::Deadline deadline) {
  const ImplPointer impl = impl_;
  if (impl->under_way >= impl->options.requests_max)
    co_return impl->Unavailable("too many requests are under way");
  auto answer = co_await net::FinishBy(deadline, SendOwned(impl, std::move(ask)));
  if (!answer) co_return impl->Unavailable("it did not answer in time");
  co_return *std::move(answer);
}

}  // namespace aisle::web
