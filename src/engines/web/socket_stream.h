// A stream over a socket of the kernel: TCP's or a Unix domain's. Private to the listeners.
//
//   threads  one event loop.
//   cost     an answer that the kernel takes at once is one system call and waits for nothing.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "web/stream.h"

namespace aisle::web {

template <typename Protocol>
class SocketStream final : public Stream {
 public:
  using Socket = typename Protocol::socket;
  using PeerText = std::string (*)(const Socket& socket);

  SocketStream(Socket socket, Reach reach, PeerText peer_text, std::optional<ClientKey> client = {})
      : socket_(std::move(socket)), reach_(reach), peer_text_(peer_text), client_(client) {
    boost::system::error_code ignored;
    socket_.non_blocking(true, ignored);
  }

  net::Task<bool> ShakeHands() override { co_return true; }

  net::Task<std::size_t> ReadSome(std::span<char> into) override {
    const auto [error, count] =
        co_await socket_.async_read_some(boost::asio::buffer(into.data(), into.size()), kAwait);
    co_return error ? 0 : count;
  }

  net::Task<bool> WriteAll(std::string_view head, std::string_view body) override {
    std::array<boost::asio::const_buffer, 2> buffers = {boost::asio::buffer(head),
                                                        boost::asio::buffer(body)};
    // Nearly always the kernel takes it all at once, and nothing has to be waited for.
    boost::system::error_code failed;
    const std::size_t written = socket_.write_some(buffers, failed);
    if (failed && failed != boost::asio::error::would_block &&
        failed != boost::asio::error::try_again)
      co_return false;
    if (written == head.size() + body.size()) co_return true;
    const std::size_t of_head = std::min(written, head.size());
    buffers[0] += of_head;
    buffers[1] += written - of_head;
    const auto [error, count] = co_await boost::asio::async_write(socket_, buffers, kAwait);
    co_return !error;
  }

  net::Task<void> FinishSending() override {
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    co_return;
  }

  void Cancel() override {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }

  bool HasInput() const override {
    boost::system::error_code ignored;
    return socket_.available(ignored) > 0;
  }
  Reach ReachedBy() const override { return reach_; }
  std::string Peer() const override { return peer_text_(socket_); }
  std::optional<ClientKey> Client() const override { return client_; }

 private:
  static constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);

  Socket socket_;
  Reach reach_;
  PeerText peer_text_;
  std::optional<ClientKey> client_;
};

}  // namespace aisle::web
