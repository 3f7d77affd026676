#include "postgres/cluster_testing.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/files.h"
#include "net/event_loops.h"
#include "postgres/connection.h"

namespace aisle::postgres {
namespace {

const std::filesystem::path kTool = AISLE_SOURCE_DIR "/tools/postgres-dev";

// What the command printed, its complaints among it.
std::string Run(const std::string& command) {
  std::string said;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen((command + " 2>&1").c_str(), "re"),
                                                   pclose);
  AISLE_ASSERT(pipe != nullptr);
  std::array<char, 4096> part{};
  while (const std::size_t count = fread(part.data(), 1, part.size(), pipe.get()))
    said.append(part.data(), count);
  return said;
}

std::string ValueOf(const std::string& said, const std::string& key) {
  const std::size_t at = ("\n" + said).find("\n" + key + "=");
  if (at == std::string::npos) return "";
  const std::size_t start = at + key.size() + 1;
  return said.substr(start, said.find('\n', start) - start);
}

}  // namespace

void WhenThisProcessEnds(const std::string& command) {
  // The end of a pipe tells it, which the kernel closes whatever happens to us.
  int ends[2];
  AISLE_ASSERT(pipe2(ends, O_CLOEXEC) == 0);
  const pid_t child = fork();
  AISLE_ASSERT(child >= 0);
  if (child == 0) {
    // Nobody's child, so that who ends our process with all its children does not end this one.
    setsid();
    if (fork() != 0) _exit(0);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    const std::string script = "read gone; " + command + " >/dev/null 2>&1";
    // Held by nobody who waits for our output to end.
    const int nothing = open("/dev/null", O_WRONLY);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    execl("/bin/sh", "sh", "-c", script.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ends[0]);  // The other end stays open for as long as we live.
  waitpid(child, nullptr, 0);
}

Result<Cluster*> Cluster::Shared() {
  static const Result<std::unique_ptr<Cluster>> kShared = []() -> Result<std::unique_ptr<Cluster>> {
    if (!std::filesystem::exists("/usr/lib/postgresql/15/bin/postgres"))
      return Fail(ErrorCode::kNotFound, "Debian's postgresql-15 is not installed");
    std::string folder = (std::filesystem::temp_directory_path() / "aisle-pg-XXXXXX").string();
    AISLE_ASSERT(mkdtemp(folder.data()) != nullptr);
    AISLE_ASSERT(chmod(folder.c_str(), 0711) == 0);  // The server may be another user.
    std::unique_ptr<Cluster> cluster(new Cluster(std::filesystem::path(folder) / "pg"));
    WhenThisProcessEnds(
        fmt::format("'{}' down '{}/pg'; rm -rf '{}'", kTool.string(), folder, folder));
    cluster->Up();
    // What a power failure would cost is nobody's loss here.
    cluster->RunScript("ALTER SYSTEM SET fsync = off");
    cluster->RunScript("SELECT pg_reload_conf()");
    return cluster;
  }();
  if (!kShared) return std::unexpected(kShared.error());
  return kShared->get();
}

void Cluster::Up() {
  const std::string said = Run(fmt::format("'{}' up '{}'", kTool.string(), folder_.string()));
  const std::string port = ValueOf(said, "port");
  // What it said tells why.
  if (port.empty()) std::fprintf(stderr, "%s\n", said.c_str());
  AISLE_ASSERT(!port.empty());
  port_ = static_cast<std::uint16_t>(std::stoi(port));
}

void Cluster::Down() { Run(fmt::format("'{}' down '{}'", kTool.string(), folder_.string())); }

ConnectionSettings Cluster::Settings(std::string dbname) const {
  ConnectionSettings settings;
  settings.hosts = {{.name = "localhost", .port = port_}};
  settings.dbname = std::move(dbname);
  settings.user = "postgres";
  settings.connect_timeout = std::chrono::seconds{30};  // Of a machine that does other things too.
  settings.sslrootcert = (folder_ / "tls/ca.crt").string();
  settings.password = {PasswordSource::Kind::kFile, (folder_ / "postgres.password").string()};
  return settings;
}

ConnectionSettings Cluster::SocketSettings(std::string dbname) const {
  ConnectionSettings settings = Settings(std::move(dbname));
  settings.hosts.front().name = (folder_ / "socket").string();
  return settings;
}

std::string Cluster::Password() const { return ReadPassword(Settings().password).value_or(""); }

void Cluster::RunScript(const std::string& sql) const {
  Status done;
  net::RunToEnd([](ConnectionSettings settings, std::string text, Status& out) -> net::Task<void> {
    auto connection = co_await Connection::Open(std::move(settings), net::Deadline());
    if (!connection) {
      out = std::unexpected(connection.error());
      co_return;
    }
    out = co_await connection->RunScript(std::move(text), net::Deadline());
  }(Settings(), sql, done));
  if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
  AISLE_ASSERT(done.has_value());
}

std::string Cluster::NewDatabase() {
  std::string name = fmt::format("test_{}", ++databases_);
  RunScript("CREATE DATABASE " + name);
  return name;
}

}  // namespace aisle::postgres
