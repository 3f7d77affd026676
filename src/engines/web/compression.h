// Answers in fewer bytes, for whoever takes them: gzip.
//
// bench/RESULTS.md says from which size and over which network it pays; below the server's compress_bytes nothing is
// compressed. Every answer that could have been says so (Vary), so that a cache keeps both forms apart.
//
//   order    deterministic: equal bodies give equal bytes.
//   threads  one event loop, which others get their turn on every 64 KB.
//   cost     about 4 ms a MB, and 25 microseconds to begin.
//   source   RFC 1952 (gzip), RFC 9110 12.5.3 (Accept-Encoding). zstd would be faster; few HTTP clients ask for it, and
//            its headers are one more package.
#pragma once

#include <string>
#include <string_view>

#include "net/task.h"
#include "web/message.h"

namespace aisle::web {

// Whether the field's value, empty when there is none, lets us send gzip: named, or by `*`, with a weight above 0.
bool TakesGzip(std::string_view accept_encoding);

// Text that nobody has encoded yet.
bool IsCompressible(const Response& response);

// `body` must live until it is done.
net::Task<std::string> Gzip(std::string_view body);

}  // namespace aisle::web
