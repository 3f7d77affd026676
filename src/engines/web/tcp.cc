// Listening on TCP: a listener of its own for every loop, all on one port (SO_REUSEPORT), or one socket that was handed
// over, which all loops accept from.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "web/socket_stream.h"
#include "web/stream.h"

namespace aisle::web {
namespace asio = boost::asio;
using asio::ip::tcp;
namespace {

std::string PeerOf(const tcp::socket& socket) {
  boost::system::error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return "a client that is gone";
  return Address{.host = peer.address().to_string(), .port = peer.port()}.Text();
}

std::optional<ClientKey> ClientOf(const tcp::socket& socket) {
  boost::system::error_code error;
  const asio::ip::address client = socket.remote_endpoint(error).address();
  if (error) return std::nullopt;
  if (client.is_v4()) return 0xffff'ffff'0000'0000U | client.to_v4().to_uint();
  const asio::ip::address_v6::bytes_type bytes = client.to_v6().to_bytes();
  // A socket of IPv6 may take connections of IPv4 as well: ::ffff:10.0.0.1
  const std::size_t begin = client.to_v6().is_v4_mapped() ? 12 : 0;
  const std::size_t end = begin == 0 ? 8 : 16;
  ClientKey key = begin == 0 ? 0 : 0xffff'ffffU;
  for (std::size_t i = begin; i < end; ++i) key = key << 8U | bytes[i];
  return key;
}

class TcpListener final : public Listener {
 public:
  TcpListener(tcp::acceptor acceptor, Reach reach)
      : acceptor_(std::move(acceptor)), reach_(reach) {}

  net::Task<Result<std::unique_ptr<Stream>>> Accept() override {
    auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) co_return nullptr;
    if (error) co_return Fail(ErrorCode::kUnavailable, error.message());
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const std::optional<ClientKey> client = ClientOf(socket);
    co_return std::make_unique<SocketStream<tcp>>(std::move(socket), reach_, PeerOf, client);
  }
  void Close() override {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  tcp::acceptor acceptor_;
  Reach reach_;
};

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

Result<tcp::acceptor> ListenOn(asio::io_context& context, const Address& address,
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

}  // namespace

Result<Listeners> ListenOnTcp(net::EventLoops& loops, Address& address) {
  tcp::endpoint endpoint(asio::ip::make_address(address.host), address.port);
  if (address.port != 0) AISLE_CHECK(ProbePort(loops.Loop(0), address, endpoint));
  const Reach reach = address.IsLoopback() ? Reach::kLoopback : Reach::kNetwork;
  Listeners listeners;
  for (int i = 0; i < loops.LoopCount(); ++i) {
    AISLE_TRY(tcp::acceptor acceptor, ListenOn(loops.Loop(i), address, endpoint));
    boost::system::error_code error;
    endpoint = acceptor.local_endpoint(error);  // With the port that was picked, for all loops.
    if (error) return Unavailable(address, error);
    listeners.push_back(std::make_unique<TcpListener>(std::move(acceptor), reach));
  }
  address.port = endpoint.port();
  return listeners;
}

Result<Listeners> ListenOnHandedTcp(net::EventLoops& loops, int descriptor, const Address& at) {
  const Reach reach = at.IsLoopback() ? Reach::kLoopback : Reach::kNetwork;
  const bool is_v6 = at.host.find(':') != std::string::npos;
  Listeners listeners;
  for (int i = 0; i < loops.LoopCount(); ++i) {
    tcp::acceptor acceptor(loops.Loop(i));
    boost::system::error_code error;
    acceptor.assign(is_v6 ? tcp::v6() : tcp::v4(), ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0), error);
    if (error) return Unavailable(at, error);
    listeners.push_back(std::make_unique<TcpListener>(std::move(acceptor), reach));
  }
  return listeners;
}

}  // namespace aisle::web
