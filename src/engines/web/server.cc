#include "web/server.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <vector>

#include "base/log.h"
#include "web/connection.h"
#include "web/handed_socket.h"
#include "web/tls_stream.h"

namespace aisle::web {
namespace asio = boost::asio;
namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kSweepEvery{250};
// Above a cap, so many connections more are taken to be told so; the rest is closed unread.
constexpr std::size_t kOverloadedMax = 256;
constexpr std::size_t kCrowdedMax = 16;

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

net::Task<void> Serve(std::shared_ptr<LoopState> loop, std::unique_ptr<Stream> stream) {
  Connection connection(std::move(loop), std::move(stream));
  co_await connection.Run();
}

// No connection is made of a stream of which there are far too many.
bool IsFarTooMany(const LoopState& loop, const Stream& stream) {
  const ServerOptions& options = loop.site->options;
  if (loop.connections.size() >= options.connections_per_loop + kOverloadedMax) return true;
  const auto client = stream.Client();
  return client && loop.site->clients->Of(*client) >= options.connections_per_client + kCrowdedMax;
}

net::Task<void> Accept(std::shared_ptr<LoopState> loop, std::unique_ptr<Listener> listener) {
  const Shown shown(loop->listener, *listener);
  while (!loop->stopping) {
    Result<std::unique_ptr<Stream>> accepted = co_await listener->Accept();
    if (!accepted) {
      // Out of descriptors or memory; a client that gave up again is no reason to wait, but rare.
      base::LogWarning("accept on loop {}: {}", loop->loop_index, accepted.error().message);
      co_await net::Sleep(std::chrono::milliseconds{100});
      continue;
    }
    if (*accepted == nullptr) co_return;
    std::unique_ptr<Stream> stream = *std::move(accepted);
    if (IsFarTooMany(*loop, *stream)) continue;
    if (const auto& certificate = loop->site->options.certificate)
      stream = OverTls(std::move(stream), certificate->Context());
    asio::co_spawn(co_await asio::this_coro::executor, Serve(loop, std::move(stream)),
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
  if (loop.listener != nullptr) loop.listener->Close();
  for (Connection* connection : loop.connections) connection->Stop();
  if (loop.connections.empty() && loop.sweep_timer != nullptr) loop.sweep_timer->cancel();
}

// `address` then names where it listens.
Result<Listeners> Listen(net::EventLoops& loops, Address& address) {
  if (!address.handed)
    return address.IsUnix() ? ListenOnUnix(loops, address) : ListenOnTcp(loops, address);
  AISLE_TRY(const HandedSocket socket, FindHandedSocket(*address.handed));
  address = socket.address;
  return address.IsUnix() ? ListenOnHandedUnix(loops, socket.descriptor, address)
                          : ListenOnHandedTcp(loops, socket.descriptor, address);
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
  if (address.tls && !options.certificate) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} cannot be served without a certificate", address.Text()));
  }
  AISLE_TRY(Listeners listeners, Listen(loops, address));
  if (options.certificate && address.IsUnix()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is a Unix socket and a certificate is set: TLS is for TCP; the "
                            "socket's file is its guard",
                            options.listen));
  }
  address.tls = options.certificate != nullptr;

  auto site = std::make_shared<Site>();
  site->options = std::move(options);
  site->router = std::move(router);
  auto impl = std::make_unique<Impl>();
  impl->address = std::move(address);
  for (int i = 0; i < loops.LoopCount(); ++i) {
    auto state = std::make_shared<LoopState>();
    state->site = site;
    state->loop_index = i;
    state->id_seed = RandomSeed();
    loops.Spawn(i, SweepConnections(state, loops.Loop(i)));
    loops.Spawn(i, Accept(state, std::move(listeners[static_cast<std::size_t>(i)])));
    impl->loop_states.push_back(std::move(state));
  }
  loops.OnStop([&loops, states = impl->loop_states] {
    for (int i = 0; i < loops.LoopCount(); ++i)
      loops.Post(i, [state = states[static_cast<std::size_t>(i)]] { StopLoop(*state); });
  });
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

}  // namespace aisle::web
