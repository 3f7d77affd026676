// A server on a Unix socket: who may open its file, whose file it is, and when it goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/temp_folder_testing.h"
#include "web/client_testing.h"
#include "web/server.h"

namespace aisle::web {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

Router OneRoute() {
  return Router({{.method = "GET",
                  .pattern = "/loop",
                  .role = Role::kPublic,
                  .handler = [](const Request& request) -> net::Task<Response> {
                    Response response;
                    response.body = std::to_string(request.loop_index);
                    co_return response;
                  }}});
}

class UnixSocket : public testing::Test {
 protected:
  fs::path Path() const { return folder_.Path() / "aisle.sock"; }
  std::string Listen() const { return "unix:" + Path().string(); }

 private:
  base::TempFolder folder_;
};

struct Running {
  explicit Running(const std::string& listen, int loop_count = 1) : loops(loop_count, "unix") {
    auto started = Server::Start(loops, {.listen = listen}, OneRoute());
    if (!started) {
      error = started.error();
      return;
    }
    server = *std::move(started);
    loops.Start();
  }
  ~Running() {
    loops.Stop();
    loops.Join(10s);
  }
  Error error;
  std::unique_ptr<Server> server;
  net::EventLoops loops;
};

// A socket file as a server that was killed leaves it.
void LeaveStale(const fs::path& path) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.c_str(), path.string().size());
  AISLE_ASSERT(::bind(descriptor, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
  ::close(descriptor);
}

TEST_F(UnixSocket, AnswersOnEveryLoopWithoutAHostOfLoopback) {
  {
    const Running running(Listen(), 2);
    ASSERT_TRUE(running.server) << running.error.message;
    EXPECT_EQ(running.server->ListeningAt().Text(), Listen());
    std::vector<Client> clients;
    for (int i = 0; i < 50; ++i) {
      auto client = Client::Connect(running.server->ListeningAt());
      ASSERT_TRUE(client) << client.error().message;
      clients.push_back(*std::move(client));
    }
    for (Client& client : clients) {
      ASSERT_TRUE(client.Send("GET /loop HTTP/1.1\r\nHost: shop.example\r\n\r\n"));
      const auto answer = client.Receive();
      ASSERT_TRUE(answer) << answer.error().message;
      EXPECT_EQ(answer->status, 200);
      EXPECT_THAT(answer->body, testing::AnyOf("0", "1"));
    }
    EXPECT_EQ(clients.front().Get("/loop")->status, 200);
  }
  EXPECT_FALSE(fs::exists(Path()));
}

TEST_F(UnixSocket, ItsFileIsItsOwnersAlone) {
  const mode_t before = ::umask(0);
  const Running running(Listen());
  ::umask(before);
  ASSERT_TRUE(running.server) << running.error.message;
  struct stat found{};
  ASSERT_EQ(::lstat(Path().c_str(), &found), 0);
  EXPECT_TRUE(S_ISSOCK(found.st_mode));
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
}

TEST_F(UnixSocket, WhatAKilledServerLeftIsTakenAway) {
  LeaveStale(Path());
  const Running running(Listen());
  ASSERT_TRUE(running.server) << running.error.message;
  EXPECT_EQ(Client::Connect(running.server->ListeningAt())->Get("/loop")->status, 200);
}

TEST_F(UnixSocket, ASocketInUseAndAFileThatIsNoneStay) {
  const Running running(Listen());
  const Running second(Listen());
  EXPECT_FALSE(second.server);
  EXPECT_EQ(second.error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(second.error.message, HasSubstr("the socket is taken"));
  EXPECT_EQ(Client::Connect(running.server->ListeningAt())->Get("/loop")->status, 200);

  const fs::path file = Path().string() + ".txt";
  std::ofstream(file) << "precious";
  const Running over_a_file("unix:" + file.string());
  EXPECT_THAT(over_a_file.error.message, HasSubstr("not a socket"));
  EXPECT_EQ(fs::file_size(file), 8U);
  const Running nowhere("unix:" + Path().string() + "/deeper/aisle.sock");
  EXPECT_EQ(nowhere.error.code, ErrorCode::kUnavailable);
}

TEST_F(UnixSocket, AServerLeavesTheFileOfItsSuccessor) {
  {
    const Running running(Listen());
    ASSERT_TRUE(running.server);
    fs::remove(Path());
    LeaveStale(Path());
  }
  EXPECT_TRUE(fs::exists(Path()));
}

}  // namespace
}  // namespace aisle::web
