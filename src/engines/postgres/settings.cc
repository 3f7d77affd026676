#include "postgres/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "base/files.h"
#include "postgres/libpq.h"

namespace aisle::postgres {
namespace {

constexpr std::array<std::string_view, 6> kSessions = {"any",     "read-write", "read-only",
                                                       "primary", "standby",    "prefer-standby"};
constexpr std::array<std::string_view, 4> kSslModes = {"disable", "require", "verify-ca",
                                                       "verify-full"};

std::string Listed(const auto& names) { return fmt::format("{}", fmt::join(names, ", ")); }

// Text between commas; an empty text is one empty part.
std::vector<std::string> Parts(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

Result<int> ParseCount(std::string_view key, std::string_view text, int low, int high) {
  int value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value < low || value > high) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("connection: {} '{}' is no number of {} to {}", key, text, low, high));
  }
  return value;
}

Result<std::vector<Host>> ParseHosts(std::string_view hosts, std::string_view ports) {
  std::vector<Host> parsed;
  const std::vector<std::string> port_texts = Parts(ports);
  for (std::string& name : Parts(hosts)) {
    if (name.empty()) return Fail(ErrorCode::kInvalidArgument, "connection: a host without a name");
    parsed.push_back({.name = std::move(name)});
  }
  if (port_texts.size() != 1 && port_texts.size() != parsed.size()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("connection: {} hosts and {} ports", parsed.size(), port_texts.size()));
  }
  for (std::size_t i = 0; i < parsed.size(); ++i) {
    const std::string& text = port_texts[port_texts.size() == 1 ? 0 : i];
    if (text.empty()) continue;
    AISLE_TRY(const int port, ParseCount("port", text, 1, 65535));
    parsed[i].port = static_cast<std::uint16_t>(port);
  }
  return parsed;
}

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

// libpq's message is not passed on: it quotes the text, and a password may be in it.
Result<Options> ReadOptions(const std::string& text) {
  char* message = nullptr;
  Options options(PQconninfoParse(text.c_str(), &message), &PQconninfoFree);
  PQfreemem(message);
  if (!options) {
    return Fail(ErrorCode::kInvalidArgument,
                "connection: what was given is neither a URL (postgresql://user@host:port/dbname) "
                "nor keywords (host=... dbname=... user=...) that libpq can read");
  }
  return options;
}

Status TakeOption(std::string_view key, std::string value, ConnectionSettings& settings) {
  if (key == "dbname") {
    settings.dbname = std::move(value);
  } else if (key == "user") {
    settings.user = std::move(value);
  } else if (key == "target_session_attrs") {
    settings.target_session_attrs = std::move(value);
  } else if (key == "sslmode") {
    settings.sslmode = std::move(value);
  } else if (key == "sslrootcert") {
    settings.sslrootcert = std::move(value);
  } else if (key == "application_name") {
    settings.application_name = std::move(value);
  } else if (key == "connect_timeout") {
    AISLE_TRY(const int seconds, ParseCount(key, value, 1, 3600));
    settings.connect_timeout = std::chrono::seconds{seconds};
  } else {
    return FailField(
        ErrorCode::kInvalidArgument, std::string(key),
        fmt::format("connection: '{}' is not among the keys that aisle takes: host, port, "
                    "dbname, user, target_session_attrs, sslmode, sslrootcert, "
                    "application_name, connect_timeout",
                    key));
  }
  return {};
}

}  // namespace

Result<ConnectionSettings> ParseConnection(std::string_view text) {
  AISLE_TRY(const Options options, ReadOptions(std::string(text)));
  ConnectionSettings settings;
  std::string hosts;
  std::string ports;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    const std::string_view key = option->keyword;
    if (option->val == nullptr) continue;
    if (key == "password" || key == "sslpassword") {
      return FailField(
          ErrorCode::kInvalidArgument, std::string(key),
          "connection: a password does not belong into this text, which ends in logs and "
          "process lists; name a variable or a file that holds it, or use PGPASSFILE");
    }
    if (key == "host") {
      hosts = option->val;
    } else if (key == "port") {
      ports = option->val;
    } else {
      AISLE_CHECK(TakeOption(key, option->val, settings));
    }
  }
  if (!hosts.empty()) {
    AISLE_TRY(settings.hosts, ParseHosts(hosts, ports));
  } else if (!ports.empty()) {
    return FailField(ErrorCode::kInvalidArgument, "port", "connection: a port without a host");
  }
  AISLE_CHECK(CheckSettings(settings));
  return settings;
}

Result<StatementNames> ParseStatementNames(std::string_view text) {
  if (text == "auto") return StatementNames::kAuto;
  if (text == "named") return StatementNames::kNamed;
  if (text == "unnamed") return StatementNames::kUnnamed;
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("prepared statements '{}': auto, named or unnamed", text));
}

Status CheckSettings(const ConnectionSettings& settings) {
  const auto wrong = [](std::string field, const std::string& text) -> Status {
    return FailField(ErrorCode::kInvalidArgument, std::move(field), "connection: " + text);
  };
  if (std::ranges::find(kSessions, settings.target_session_attrs) == kSessions.end()) {
    return wrong("target_session_attrs",
                 fmt::format("target_session_attrs '{}': {}", settings.target_session_attrs,
                             Listed(kSessions)));
  }
  if (!settings.sslmode.empty() &&
      std::ranges::find(kSslModes, settings.sslmode) == kSslModes.end()) {
    return wrong("sslmode", fmt::format("sslmode '{}': {} (one that may silently do without "
                                        "encryption is not offered)",
                                        settings.sslmode, Listed(kSslModes)));
  }
  if (settings.dbname.empty()) return wrong("dbname", "no dbname");
  // libpq would read such a dbname as another connection text, with whatever is in it.
  if (settings.dbname.find('=') != std::string::npos ||
      settings.dbname.find("://") != std::string::npos)
    return wrong("dbname", "a dbname with '=' or '://' in it");
  for (const Host& host : settings.hosts) {
    if (host.name.empty() || host.name.find(',') != std::string::npos || host.port == 0)
      return wrong("host", fmt::format("'{}:{}' is no host with a port", host.name, host.port));
  }
  if (settings.connect_timeout <= std::chrono::milliseconds{0})
    return wrong("connect_timeout", "a connect_timeout of nothing");
  return {};
}

std::string Describe(const ConnectionSettings& settings) {
  std::vector<std::string> hosts;
  for (const Host& host : settings.hosts)
    hosts.push_back(fmt::format("{}:{}", host.name, host.port));
  return fmt::format("{}{}{}/{}", settings.user, settings.user.empty() ? "" : "@",
                     hosts.empty() ? "(local socket)" : Listed(hosts), settings.dbname);
}

Result<std::string> ReadPassword(const PasswordSource& source) {
  const auto missing = [&](std::string_view what) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("connection: no password in the {} {}", what, source.where));
  };
  if (source.kind == PasswordSource::Kind::kEnvironment) {
    const char* const value = std::getenv(source.where.c_str());
    if (value == nullptr || *value == '\0') return missing("variable");
    return std::string(value);
  }
  if (source.kind == PasswordSource::Kind::kFile) {
    auto text = base::ReadFile(source.where);
    if (!text)
      return Fail(ErrorCode::kFailedPrecondition, "connection: password: " + text.error().message);
    std::string line = text->substr(0, text->find_first_of("\r\n"));
    if (line.empty()) return missing("first line of the file");
    return line;
  }
  return std::string();
}

}  // namespace aisle::postgres
