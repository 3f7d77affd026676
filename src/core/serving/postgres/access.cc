#include "serving/postgres/access.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "postgres/statement.h"

namespace aisle::serving {
namespace {

constexpr int kPrefixMin = 8;

std::unexpected<Error> Refused(const std::string& network, std::string_view why) {
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' {}; name the networks that your machines are in, like 10.20.0.0/16",
                          network, why));
}

Status CheckNetwork(const std::string& network) {
  const std::size_t slash = network.find('/');
  if (slash == std::string::npos) return Refused(network, "is no network: its length is missing");
  const std::string address = network.substr(0, slash);
  int prefix = -1;
  const char* const end = network.data() + network.size();
  const auto [stop, code] = std::from_chars(network.data() + slash + 1, end, prefix);
  std::array<unsigned char, 16> bytes{};
  const bool is_v4 = inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
  const bool is_v6 = !is_v4 && inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1;
  const int bits = is_v4 ? 32 : 128;
  if ((!is_v4 && !is_v6) || code != std::errc() || stop != end || prefix < 0 || prefix > bits)
    return Refused(network, "is no network");
  if (prefix < kPrefixMin) return Refused(network, "is wider than /8");
  for (int bit = prefix; bit < bits; ++bit) {
    if ((bytes[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) != 0)
      return Refused(network, fmt::format("has bits set beyond /{}", prefix));
  }
  return {};
}

std::string Begin(const StoreNames& names) {
  return fmt::format("# aisle store {}: begin", names.schema);
}
std::string End(const StoreNames& names) {
  return fmt::format("# aisle store {}: end", names.schema);
}

}  // namespace

Result<std::string> AccessBlock(const StoreNames& names, const StoreAccess& access) {
  std::string block =
      Begin(names) + "  (written by aisle store access; the first line that fits counts)\n";
  const std::string database = postgres::QuoteName(access.dbname);
  const auto lines = [&](const std::string& role,
                         const std::vector<std::string>& networks) -> Status {
    for (const std::string& network : networks) {
      AISLE_CHECK(CheckNetwork(network));
      block += fmt::format("hostssl  {}  {}  {}  scram-sha-256\n", database, role, network);
    }
    block += fmt::format("host     all  {}  all  reject\n", role);
    return {};
  };
  AISLE_CHECK(lines(names.reader, access.reader_networks));
  AISLE_CHECK(lines(names.writer, access.batch_networks));
  AISLE_CHECK(lines(names.owner, access.batch_networks));
  return block + End(names) + "\n";
}

std::string WithAccessBlock(std::string_view file, const StoreNames& names,
                            std::string_view block) {
  std::string rest(file);
  const std::size_t begin = rest.find(Begin(names));
  const std::size_t end = begin == std::string::npos ? begin : rest.find(End(names), begin);
  if (end != std::string::npos) {
    const std::size_t line_end = std::min(rest.find('\n', end), rest.size() - 1);
    rest.erase(begin, line_end + 1 - begin);
  }
  return std::string(block) + rest;
}

}  // namespace aisle::serving
