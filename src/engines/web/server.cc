#include "web/server.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <random>
#include <vector>

#include "base/log.h"
#include "web/connection.h"

namespace aisle::web {
namespace asio = boost::asio;
using asio::ip::tcp;
namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kSweepEvery{250};
// Above the cap, so many connections more are taken to be told so; the rest is closed unread.
constexpr std::size_t kOverloadedMax = 256;

// Points at an Asio object of this coroutine for as long as the coroutine lives.
template <typename T>
class Shown {
 public:
  Shown(T*& place, T& object) : place_(place) { place_ = &object; }
  ~Shown() { place_ = nullptr; }
  Shown(const Shown&) = delete;
  Shown& operator=(const Shown&) = delete;

 private:
  T*& place_;
};

net::Task<void> Serve(std::shared_ptr<LoopState> loop, tcp::socket socket) {
  Connection connection(std::move(loop), std::move(socket));
  co_await connection.Run();
}

net::Task<void> Accept(std::shared_ptr<LoopState> loop, tcp::acceptor acceptor) {
  const Shown shown(loop->acceptor, acceptor);
  while (!loop->stopping) {
    auto [error, socket] = co_await acceptor.async_accept(kAwait);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      // Out of descriptors or memory; a client that gave up again is no reason to wait, but rare.
      base::LogWarning("accept on loop {}: {}", loop->loop_index, error.message());
      co_await net::Sleep(std::chrono::milliseconds{100});
      continue;
    }
    if (loop->connections.size() >= loop->site->options.connections_per_loop + kOverloadedMax)
      continue;
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.non_blocking(true, ignored);
    asio::co_spawn(acceptor.get_executor(), Serve(loop, std::move(socket)),
                   [](const std::exception_ptr& failure) {
                     if (failure) std::rethrow_exception(failure);  // Logged by the loop.
                   });
  }
}

net::Task<void> SweepConnections(std::shared_ptr<LoopState> loop, asio::io_context& context) {
  asio::steady_timer timer(context);
  const Shown shown(loop->sweep_timer, timer);
  while (!loop->stopping || !loop->connections.empty()) {
    timer.expires_after(kSweepEvery);
    co_await timer.async_wait(kAwait);
    const auto now = std::chrono::steady_clock::now();
    for (Connection* connection : loop->connections) connection->Sweep(now);
  }
}

void StopLoop(LoopState& loop) {
  loop.stopping = true;
  boost::system::error_code ignored;
  if (loop.acceptor != nullptr) loop.acceptor->close(ignored);
  for (Connection* connection : loop.connections) connection->Stop();
  if (loop.connections.empty() && loop.sweep_timer != nullptr) loop.sweep_timer->cancel();
}

std::unexpected<Error> Unavailable(const Address& address, const boost::system::error_code& error) {
  return Fail(ErrorCode::kUnavailable,
              error == asio::error::address_in_use
                  ? fmt::format("cannot listen on {}: the port is taken; stop the program that "
                                "listens there, or choose another port (0 picks a free one)",
                                address.Text())
                  : fmt::format("cannot listen on {}: {}", address.Text(), error.message()));
}

// Binds without SO_REUSEPORT for a moment: with it, a second server would silently share the port.
Status ProbePort(asio::io_context& context, const Address& address, const tcp::endpoint& endpoint) {
  boost::system::error_code error;
  tcp::acceptor probe(context);
  probe.open(endpoint.protocol(), error);
  if (!error) probe.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) probe.bind(endpoint, error);
  if (!error) probe.listen(1, error);
  if (error) return Unavailable(address, error);
  return {};
}

Result<tcp::acceptor> Listen(asio::io_context& context, const Address& address,
                             const tcp::endpoint& endpoint) {
  boost::system::error_code error;
  tcp::acceptor acceptor(context);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) {
    const int on = 1;
    if (::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
      error.assign(errno, boost::system::system_category());
  }
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (error) return Unavailable(address, error);
  return acceptor;
}

std::uint64_t RandomSeed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

}  // namespace

struct Server::Impl {
  Address address;
  std::vector<std::shared_ptr<LoopState>> loop_states;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
const Address& Server::ListeningAt() const { return impl_->address; }

Result<std::unique_ptr<Server>> Server::Start(net::EventLoops& loops, ServerOptions options,
                                              Router router) {
  AISLE_TRY(Address address, ParseAddress(options.listen));
  tcp::endpoint endpoint(asio::ip::make_address(address.host), address.port);
  if (address.port != 0) AISLE_CHECK(ProbePort(loops.Loop(0), address, endpoint));
  std::vector<tcp::acceptor> acceptors;
  for (int i = 0; i < loops.LoopCount(); ++i) {
    AISLE_TRY(tcp::acceptor acceptor, Listen(loops.Loop(i), address, endpoint));
    boost::system::error_code error;
    endpoint = acceptor.local_endpoint(error);  // With the port that was picked, for all loops.
    if (error) return Unavailable(address, error);
    acceptors.push_back(std::move(acceptor));
  }
  address.port = endpoint.port();

  auto site = std::make_shared<Site>();
  site->options = std::move(options);
  site->router = std::move(router);
  site->loopback_only = address.IsLoopback();
  auto impl = std::make_unique<Impl>();
  impl->address = std::move(address);
  for (int i = 0; i < loops.LoopCount(); ++i) {
    auto state = std::make_shared<LoopState>();
    state->site = site;
    state->loop_index = i;
    state->id_seed = RandomSeed();
    loops.Spawn(i, SweepConnections(state, loops.Loop(i)));
    loops.Spawn(i, Accept(state, std::move(acceptors[static_cast<std::size_t>(i)])));
    impl->loop_states.push_back(std::move(state));
  }
  loops.OnStop([&loops, states = impl->loop_states] {
    for (int i = 0; i < loops.LoopCount(); ++i)
      loops.Post(i, [state = states[static_cast<std::size_t>(i)]] { StopLoop(*state); });
  });
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

}  // namespace aisle::web
