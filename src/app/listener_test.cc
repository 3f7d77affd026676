#include "app/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/files.h"
#include "base/temp_folder_testing.h"

namespace aisle::app {
namespace {

namespace fs = std::filesystem;
using testing::Eq;
using testing::HasSubstr;
using testing::Optional;

// A listening socket of this process.
class Listening {
 public:
  explicit Listening(in_addr_t host) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(host);
    socklen_t length = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(descriptor_, raw, length), 0);
    EXPECT_EQ(listen(descriptor_, 1), 0);
    EXPECT_EQ(getsockname(descriptor_, raw, &length), 0);
    port_ = ntohs(address.sin_port);
  }
  explicit Listening(const fs::path& path) : descriptor_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(descriptor_, 1), 0);
  }
  ~Listening() { close(descriptor_); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  std::uint16_t Port() const { return port_; }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

std::string ThisProcess() { return fmt::format("process {} (", getpid()); }

TEST(Listener, AProcessIsNamedThatListensThereAndNobodyWhenItIsGone) {
  web::Address address{.host = "127.0.0.1"};
  {
    const Listening listening(INADDR_LOOPBACK);
    address.port = listening.Port();
    EXPECT_THAT(WhoListens(address), Optional(HasSubstr(ThisProcess())));
    EXPECT_THAT(WhoListens({.host = "127.0.0.2", .port = address.port}), Eq(std::nullopt));
  }
  EXPECT_THAT(WhoListens(address), Eq(std::nullopt));
}

TEST(Listener, WhoListensEverywhereListensThere) {
  const Listening listening(INADDR_ANY);
  EXPECT_THAT(WhoListens({.host = "127.0.0.1", .port = listening.Port()}),
              Optional(HasSubstr(ThisProcess())));
}

TEST(Listener, AUnixSocketHasItsProcess) {
  const base::TempFolder folder;
  const fs::path path = folder.Path() / "aisle.sock";
  const Listening listening(path);
  EXPECT_THAT(WhoListens({.host = "", .path = path.string()}), Optional(HasSubstr(ThisProcess())));
  EXPECT_THAT(WhoListens({.host = "", .path = path.string() + "2"}), Eq(std::nullopt));
}

// As the kernel writes them, of processes that this user may not look into.
TEST(Listener, AProcessThatCannotBeSeenIsSaidToBeThat) {
  const base::TempFolder proc;
  fs::create_directories(proc.Path() / "net");
  fs::create_directories(proc.Path() / "17" / "fd");
  const std::string head =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n";
  ASSERT_TRUE(base::WriteFileAtomic(
      proc.Path() / "net" / "tcp",
      head + "   0: 0100007F:1F40 0200007F:9C40 01 00000000:00000000 00:00000000 00000000    33  "
             "      0 4711 1\n   1: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 "
             "00000000    33        0 4712 1\n"));
  ASSERT_TRUE(base::WriteFileAtomic(
      proc.Path() / "net" / "tcp6",
      head + "   0: 00000000000000000000000001000000:1F41 00000000000000000000000000000000:0000 0A "
             "00000000:00000000 00:00000000 00000000     0        0 4713 1\n"));
  EXPECT_THAT(WhoListens({.host = "127.0.0.1", .port = 8000}, proc.Path()),
              Optional(HasSubstr("a process of user 33 whose number cannot be seen")));
  EXPECT_THAT(WhoListens({.host = "::1", .port = 8001}, proc.Path()),
              Optional(HasSubstr("of user 0 ")));
  EXPECT_THAT(WhoListens({.host = "127.0.0.1", .port = 8001}, proc.Path()), Eq(std::nullopt));
  fs::create_symlink("socket:[4712]", proc.Path() / "17" / "fd" / "5");
  ASSERT_TRUE(base::WriteFileAtomic(proc.Path() / "17" / "comm", "nginx\n"));
  EXPECT_THAT(WhoListens({.host = "127.0.0.1", .port = 8000}, proc.Path()),
              Optional(Eq("process 17 (nginx)")));
}

}  // namespace
}  // namespace aisle::app
