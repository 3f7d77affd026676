// Listening on a Unix socket: one socket in the file system, which all loops accept from.
//
// The file of one that was handed over is its maker's. Ours is made for its owner alone (0600): who may open it may ask. A file that a killed server
// left behind is taken away; a socket that somebody listens on, or a file of another kind, is not.
// The file goes with the last listener, if it is still ours.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <cstring>

#include "web/socket_stream.h"
#include "web/stream.h"

namespace aisle::web {
namespace asio = boost::asio;
using Unix = asio::local::stream_protocol;
namespace {

constexpr mode_t kOwnerOnly = 0600;

std::unexpected<Error> Unavailable(const Address& address, std::string_view why) {
  return Fail(ErrorCode::kUnavailable, fmt::format("cannot listen on {}: {}", address.Text(), why));
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int Value() const { return value_; }

 private:
  int value_;
};

sockaddr_un NameOf(const Address& address) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  AISLE_ASSERT(address.path.size() < sizeof name.sun_path);
  std::memcpy(name.sun_path, address.path.data(), address.path.size());
  return name;
}

// Takes away what a server that was killed left behind.
Status RemoveStale(const Address& address) {
  struct stat found{};
  if (::lstat(address.path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) return Unavailable(address, "there is a file that is not a socket");
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un name = NameOf(address);
  const int code = ::connect(probe.Value(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
  // Full of waiting clients (EAGAIN) is alive, too; another's file (EACCES) is not ours to judge.
  if (code == 0 || errno != ECONNREFUSED) {
    return Unavailable(
        address, "the socket is taken; stop the program that listens there, or choose another");
  }
  if (::unlink(address.path.c_str()) != 0) return Unavailable(address, std::strerror(errno));
  return {};
}

// The file of the socket, until the last listener lets go of it.
class SocketFile {
 public:
  explicit SocketFile(std::string path) : path_(std::move(path)) {
    if (::lstat(path_.c_str(), &made_) != 0) made_ = {};
  }
  ~SocketFile() {
    struct stat now{};
    if (::lstat(path_.c_str(), &now) == 0 && now.st_ino == made_.st_ino &&
        now.st_dev == made_.st_dev)
      ::unlink(path_.c_str());
  }
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

 private:
  std::string path_;
  struct stat made_{};
};

std::string PeerOf(const Unix::socket&) { return "a Unix socket's client"; }

class UnixListener final : public Listener {
 public:
  UnixListener(Unix::acceptor acceptor, std::shared_ptr<const SocketFile> file)
      : acceptor_(std::move(acceptor)), file_(std::move(file)) {}

  net::Task<Result<std::unique_ptr<Stream>>> Accept() override {
    auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) co_return nullptr;
    if (error) co_return Fail(ErrorCode::kUnavailable, error.message());
    co_return std::make_unique<SocketStream<Unix>>(std::move(socket), Reach::kFile, PeerOf);
  }
  void Close() override {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    file_.reset();
  }

 private:
  Unix::acceptor acceptor_;
  std::shared_ptr<const SocketFile> file_;
};

Result<Listeners> ListenersOf(net::EventLoops& loops, int descriptor, const Address& address,
                              const std::shared_ptr<const SocketFile>& file) {
  Listeners listeners;
  for (int i = 0; i < loops.LoopCount(); ++i) {
    Unix::acceptor acceptor(loops.Loop(i));
    boost::system::error_code error;
    acceptor.assign(Unix(), ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0), error);
    if (error) return Unavailable(address, error.message());
    listeners.push_back(std::make_unique<UnixListener>(std::move(acceptor), file));
  }
  return listeners;
}

}  // namespace

Result<Listeners> ListenOnUnix(net::EventLoops& loops, const Address& address) {
  AISLE_CHECK(RemoveStale(address));
  const Descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un name = NameOf(address);
  // The mode of a socket that has no name yet becomes that of its file, so nobody else ever has it.
  if (made.Value() < 0 || ::fchmod(made.Value(), kOwnerOnly) != 0 ||
      ::bind(made.Value(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
    return Unavailable(address, std::strerror(errno));
  const auto file = std::make_shared<const SocketFile>(address.path);
  if (::listen(made.Value(), SOMAXCONN) != 0) return Unavailable(address, std::strerror(errno));
  return ListenersOf(loops, made.Value(), address, file);
}

Result<Listeners> ListenOnHandedUnix(net::EventLoops& loops, int descriptor, const Address& at) {
  return ListenersOf(loops, descriptor, at, nullptr);
}

}  // namespace aisle::web
