// What a connection needs of the bytes below it, and where such streams come from: TCP and Unix
// sockets are two kinds, TLS over either is a third, and connection.cc knows none of them. Private to
// the server.
//
// A connection owns its stream and drops it to close it. It lets it shake hands first, then waits for one
// thing at a time: it never reads while it writes.
//
//   threads  one event loop.
//   errors   none are told apart: a stream that broke has ended, and whoever waits reads 0 or false.
//   cost     one virtual call and one task per read or write, never per byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/event_loops.h"
#include "net/task.h"
#include "web/address.h"
#include "web/client_counts.h"

namespace aisle::web {

// Who can be at the other end.
enum class Reach : std::uint8_t {
  kNetwork,   // Whoever reaches the port.
  kLoopback,  // A program of this machine; also a page in its browser, hence the loopback guard.
  kFile,      // A program that may open the socket's file: no browser.
};

class Stream {
 public:
  virtual ~Stream() = default;

  // Whatever must be agreed on before the first byte. False: it was not, the stream broke, or Cancel().
  virtual net::Task<bool> ShakeHands() = 0;
  // Reads at least one byte. 0: the other side sends no more, the stream broke, or Cancel().
  virtual net::Task<std::size_t> ReadSome(std::span<char> into) = 0;
  // Writes all of `head`, then all of `body`; both must live until then. False: the stream broke, or
  // Cancel().
  virtual net::Task<bool> WriteAll(std::string_view head, std::string_view body) = 0;
  // The other side reads an end after what was written; reading goes on.
  virtual net::Task<void> FinishSending() = 0;
  // Ends what is being waited for. Does not wait.
  virtual void Cancel() = 0;

  // Something has arrived that was not read.
  virtual bool HasInput() const = 0;
  virtual Reach ReachedBy() const = 0;
  virtual bool IsEncrypted() const { return false; }
  virtual std::string Peer() const = 0;  // For logs: "127.0.0.1:51234".
  // Whose connections are counted together; nothing: nobody's, they are not counted.
  virtual std::optional<ClientKey> Client() const = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;

  // The next stream; null: Close() was called. kUnavailable: no descriptor or memory, or a client
  // that gave up again; asking later may succeed.
  virtual net::Task<Result<std::unique_ptr<Stream>>> Accept() = 0;
  virtual void Close() = 0;
};

// One for every loop, in their order, all at one address.
using Listeners = std::vector<std::unique_ptr<Listener>>;

// `address` then names the port that was picked. kUnavailable: the port is taken, or the address is
// not ours.
Result<Listeners> ListenOnTcp(net::EventLoops& loops, Address& address);
// kUnavailable: a program listens there, a file of another kind is there, or it cannot be made.
Result<Listeners> ListenOnUnix(net::EventLoops& loops, const Address& address);
// On sockets that somebody else made and keeps; all loops accept from the one. `at`: where it listens.
Result<Listeners> ListenOnHandedTcp(net::EventLoops& loops, int descriptor, const Address& at);
Result<Listeners> ListenOnHandedUnix(net::EventLoops& loops, int descriptor, const Address& at);

}  // namespace aisle::web
