// Bytes whose end two readers could see in two places, or that are no HTTP, each with the status it is refused with:
// the framing suite. The reader is asked for them in memory; a server on every kind of stream, alone and with a second
// request behind them that must not be answered.
//
//   order    as the reader's head comment names them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aisle::web {

struct RefusedCase {
  std::string bytes;
  int status;
};

inline std::string HeadWith(std::string_view fields) {
  return "POST / HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n";
}

inline std::vector<RefusedCase> FramingCases() {
  using namespace std::string_literals;
  std::vector<RefusedCase> cases = {
      {"GET / HTTP/1.1\r\n\r\n", 400},                        // No Host.
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},               // Empty.
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},  // Twice.
      {HeadWith("Content-Length: 1\r\nContent-Length: 1\r\n") + "a", 400},
      {HeadWith("Content-Length: 1\r\nContent-Length: 2\r\n") + "ab", 400},
      {HeadWith("Content-Length: 1, 1\r\n") + "a", 400},
      {HeadWith("Content-Length: +1\r\n") + "a", 400},
      {HeadWith("Content-Length: -1\r\n"), 400},
      {HeadWith("Content-Length: 99999999999999999999999\r\n"), 400},
      {HeadWith("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400},
      {HeadWith("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400},
      {HeadWith("Transfer-Encoding: gzip\r\n"), 501},
      {HeadWith("Transfer-Encoding: gzip, chunked\r\n"), 501},
      {HeadWith("Transfer-Encoding: identity\r\n"), 501},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400},  // Folded.
      {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400},  // A bare line feed.
      // What is no HTTP.
      {"\x16\x03\x01 hello\r\n\r\n", 400},
      {"GET /\r\n\r\n", 400},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505},
      {"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n"s, 400},
  };
  // The body's chunks.
  for (const char* bad :
       {"zz\r\n", "2\r\nabc", "\r\n", ";a\r\n", "1\na\r\n", "1\r\na\n", "-1\r\n", "0x1\r\na",
        "1 \x01\r\n", "00000000000000001\r\na", "0\r\nA: \x01\r\n\r\n", "0\r\nA: b\n\r\n"})
    cases.push_back({HeadWith("Transfer-Encoding: chunked\r\n") + bad, 400});
  return cases;
}

}  // namespace aisle::web
