// An HTTP/1.1 server on event loops: one listener and its connections per loop, nothing shared but
// the router.
//
//   AISLE_TRY(auto server, web::Server::Start(loops, {.listen = "127.0.0.1:8000"}, std::move(router)));
//   ... loops.Join() ...
//
// Connections are kept alive; pipelined requests are answered one after the other, in order. A
// connection that does not shake hands, asks for nothing, sends its request too slowly or does not take its
// answer is dropped (a request begun: answered 408 first). A request that is refused ends its connection: the
// sending side is shut down and a bounded rest is read over, so that the client sees the answer and
// not a reset. A client that waits for "100 Continue" gets it only if nothing in the head speaks against its
// request. When the loops stop, listeners close, idle connections close, requests under way are answered.
//
//   order    every answer carries X-Request-Id: the client's own if it is 1 to 64 letters, digits,
//            '.', '_' or '-', else one of ours.
//   threads  Start() on the thread that owns the loops, before or after EventLoops::Start(). The
//            server must outlive EventLoops::Join(). What handlers hold must live as long as the
//            loops: a handler that is dropped after the grace is destroyed with them.
//   errors   kInvalidArgument: `listen` is no address, or no socket was handed over, or a certificate is given for
//            a Unix socket, or https:// is asked for without one; kUnavailable: the port or the socket is taken, or the
//            address is not ours. An exception of a handler is answered 500 and logged.
//   cost     about 20 KB per connection, 35 KB more with TLS; one timer per loop.
//   source   RFC 9110, RFC 9112.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/event_loops.h"
#include "web/address.h"
#include "web/certificate_keeper.h"
#include "web/gate.h"
#include "web/request_reader.h"
#include "web/router.h"

namespace aisle::web {

struct ServerOptions {
  std::string listen = "127.0.0.1:8000";  // Port 0 picks a free one.
  // Null: without TLS.
  std::shared_ptr<const CertificateKeeper> certificate = {};
  Limits limits = {};
  std::chrono::milliseconds handshake_timeout{5'000};  // Of TLS.
  std::chrono::milliseconds idle_timeout{60'000};      // Between requests.
  std::chrono::milliseconds head_timeout{5'000};  // First byte of a request to the end of its head.
  std::chrono::milliseconds request_timeout{10'000};  // First to last byte of a request.
  std::chrono::milliseconds write_timeout{10'000};    // For a whole answer.
  std::chrono::milliseconds drain_timeout{2'000};
  std::size_t drain_bytes = 4 * 1024 * 1024;
  std::size_t connections_per_loop = 4096;  // Above, the answer is 503.
  // Above, the answer is 429. A Unix socket's clients are not counted.
  std::size_t connections_per_client = 1024;
  // So many requests may lie whole behind the one that is answered; the answer to the next closes the connection.
  std::size_t pipeline_depth = 128;
  // Texts of so many bytes are compressed for whoever takes gzip; 0: never.
  std::size_t compress_bytes = 16 * 1024;
  std::shared_ptr<Gate> gate = {};  // Null: everybody may do everything.
};

class Server {
 public:
  static Result<std::unique_ptr<Server>> Start(net::EventLoops& loops, ServerOptions options,
                                               Router router);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const Address& ListeningAt() const;  // With the port that was picked.

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::web
