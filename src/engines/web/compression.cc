#include "web/compression.h"

#include <zlib.h>

#include <algorithm>
#include <chrono>

#include "base/result.h"
#include "net/event_loops.h"

namespace aisle::web {
namespace {

// Fastest: the answer waits for it (bench/RESULTS.md).
constexpr int kLevel = 1;
constexpr int kGzipWindow = 15 + 16;  // The largest window, and gzip's wrapping.
constexpr int kMemory = 8;            // zlib's default.
constexpr std::size_t kTurnBytes = 64 * 1024;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The part before the next `separator`, which is taken off.
std::string_view TakeUntil(char separator, std::string_view& rest) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return Trim(part);
}

// Of "gzip;q=0.5". A weight is 0 if it has no digit but zeros: "0", "0.000".
bool HasWeight(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view one = TakeUntil(';', parameters);
    if (one.size() < 2 || (one[0] != 'q' && one[0] != 'Q') || one[1] != '=') continue;
    return one.substr(2).find_first_not_of("0.") != std::string_view::npos;
  }
  return true;
}

class Deflater {
 public:
  Deflater() {
    const int made =
        ::deflateInit2(&stream_, kLevel, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY);
    AISLE_ASSERT(made == Z_OK);
  }
  ~Deflater() { ::deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // The room that any body of so many bytes fits in.
  std::size_t Bound(std::size_t bytes) { return ::deflateBound(&stream_, bytes); }
  void Add(std::string_view bytes, bool last, std::string& out, std::size_t& filled) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size() - filled, 1U << 30U));
    const uInt room = stream_.avail_out;
    const int code = ::deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
    AISLE_ASSERT(last ? code == Z_STREAM_END : code == Z_OK && stream_.avail_in == 0);
    filled += room - stream_.avail_out;
  }

 private:
  z_stream stream_{};
};

}  // namespace

bool TakesGzip(std::string_view accept_encoding) {
  bool by_star = false;
  while (!accept_encoding.empty()) {
    std::string_view item = TakeUntil(',', accept_encoding);
    const std::string_view name = TakeUntil(';', item);
    if (EqualFold(name, "gzip") || EqualFold(name, "x-gzip")) return HasWeight(item);
    if (name == "*") by_star = HasWeight(item);
  }
  return by_star;
}

bool IsCompressible(const Response& response) {
  const bool text = response.content_type.starts_with("application/json") ||
                    response.content_type.starts_with("application/problem+json") ||
                    response.content_type.starts_with("text/");
  return text &&
         std::none_of(response.fields.begin(), response.fields.end(),
                      [](const auto& field) { return EqualFold(field.first, "Content-Encoding"); });
}

net::Task<std::string> Gzip(std::string_view body) {
  Deflater deflater;
  std::string out(deflater.Bound(body.size()), '\0');
  std::size_t filled = 0;
  while (body.size() > kTurnBytes) {
    deflater.Add(body.substr(0, kTurnBytes), false, out, filled);
    body.remove_prefix(kTurnBytes);
    co_await net::Sleep(std::chrono::nanoseconds{0});
  }
  deflater.Add(body, true, out, filled);
  out.resize(filled);
  co_return out;
}

}  // namespace aisle::web
