#include "app/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <sstream>
#include <vector>

#include "base/files.h"

namespace aisle::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListening = "0A";        // Of net/tcp: TCP_LISTEN.
constexpr std::string_view kAccepting = "00010000";  // Of net/unix: SO_ACCEPTCON.

struct Socket {
  std::string inode;
  std::string user;  // Empty: the table does not say.
};

std::vector<std::string> Words(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// An address as net/tcp writes it: its words of four bytes as numbers of this machine. Empty: it is none.
std::string Digits(int family, const std::string& host) {
  std::array<std::uint32_t, 4> words{};
  if (inet_pton(family, host.c_str(), words.data()) != 1) return {};
  std::string digits;
  for (std::size_t i = 0; i < (family == AF_INET ? 1U : 4U); ++i)
    digits += fmt::format("{:08X}", words[i]);
  return digits;
}

bool IsAny(std::string_view digits) {
  return std::ranges::all_of(digits, [](char digit) { return digit == '0'; });
}

std::optional<Socket> TcpSocket(const fs::path& table, std::string_view digits,
                                std::uint16_t port) {
  std::istringstream lines(base::ReadFile(table).value_or(""));
  const std::string at_port = fmt::format(":{:04X}", port);
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> words = Words(line);
    if (words.size() < 10 || words[3] != kListening || !words[1].ends_with(at_port)) continue;
    const std::string_view local =
        std::string_view(words[1]).substr(0, words[1].size() - at_port.size());
    if (local == digits || IsAny(local)) return Socket{words[9], words[7]};
  }
  return std::nullopt;
}

std::optional<Socket> UnixSocket(const fs::path& table, const std::string& path) {
  std::istringstream lines(base::ReadFile(table).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> words = Words(line);
    if (words.size() > 7 && words[3] == kAccepting && line.ends_with(" " + path))
      return Socket{words[6], ""};
  }
  return std::nullopt;
}

std::optional<Socket> Find(const web::Address& address, const fs::path& proc) {
  if (address.IsUnix()) return UnixSocket(proc / "net" / "unix", address.path);
  if (const std::string digits = Digits(AF_INET, address.host); !digits.empty()) {
    if (auto found = TcpSocket(proc / "net" / "tcp", digits, address.port)) return found;
    // A listener of IPv6 may take connections of IPv4 as well.
    return TcpSocket(proc / "net" / "tcp6", Digits(AF_INET6, "::ffff:" + address.host),
                     address.port);
  }
  return TcpSocket(proc / "net" / "tcp6", Digits(AF_INET6, address.host), address.port);
}

bool Holds(const fs::path& process, const std::string& link) {
  std::error_code code;
  for (fs::directory_iterator entry(process / "fd", code);
       !code && entry != fs::directory_iterator(); entry.increment(code)) {
    std::error_code ignored;
    if (fs::read_symlink(entry->path(), ignored) == link) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> WhoListens(const web::Address& address, const fs::path& proc) {
  const auto socket = Find(address, proc);
  if (!socket) return std::nullopt;
  const std::string link = fmt::format("socket:[{}]", socket->inode);
  std::error_code code;
  for (fs::directory_iterator entry(proc, code); !code && entry != fs::directory_iterator();
       entry.increment(code)) {
    const std::string pid = entry->path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    if (!Holds(entry->path(), link)) continue;
    std::string name = base::ReadFile(entry->path() / "comm").value_or("");
    if (name.ends_with('\n')) name.pop_back();
    return fmt::format("process {} ({})", pid, name);
  }
  return fmt::format("a process{} whose number cannot be seen from here",
                     socket->user.empty() ? "" : " of user " + socket->user);
}

Error NamingTheHolder(Error error, const std::string& listen) {
  if (error.code != ErrorCode::kUnavailable) return error;
  const auto address = web::ParseAddress(listen);
  if (!address || (!address->IsUnix() && address->port == 0)) return error;
  if (const auto holder = WhoListens(*address))
    error.message += fmt::format("; {} listens there", *holder);
  return error;
}

}  // namespace aisle::app
