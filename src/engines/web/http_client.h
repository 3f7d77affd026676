// Asks one server over HTTP/1.1, on one event loop: connections are kept and used again.
//
//   HttpClient client({.address = address});
//   AISLE_CO_TRY(const HttpAnswer answer, co_await client.Send({.target = "/predict", .body = rows}, deadline));
//
// One deadline holds for all of it: connecting, sending, and the whole answer. Whoever answers too late, cuts its
// answer off, says another length, or sends what nobody asked for loses the connection; what it sent is never taken
// for another answer. A kept connection that the server has closed meanwhile is replaced, if no byte of an
// answer came, so requests must be safe to repeat.
//
// Over TLS (an address that says so) it believes whoever answers: that is for the server of this machine, which is
// known by its process. There each request has a connection of its own.
//
//   threads  one event loop. Tasks may outlive the client, and the client the loop: connections that wait for their
//            next request are plain descriptors.
//   errors   kUnavailable: refused, too late, cut off, malformed, or too many requests at once; named. Any status
//            of an answer is an answer.
//   cost     a request takes and gives back a descriptor (two calls of epoll_ctl); its body is sent from where it
//            lies.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"
#include "web/address.h"
#include "web/response_reader.h"

namespace aisle::web {

struct HttpAsk {
  std::string_view method = "POST";                    // Of static storage.
  std::string target;                                  // "/v2/models/ranking/infer"
  std::string_view content_type = "application/json";  // Of static storage.
  // More fields: names and values of our own making, without line ends.
  std::vector<std::pair<std::string_view, std::string>> fields = {};
  std::string body = {};
};

struct HttpClientOptions {
  Address address;
  AnswerLimits limits = {};
  std::size_t requests_max = 256;  // Under way at once.
  std::size_t kept_max = 16;       // Connections that wait.
};

class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  net::Task<Result<HttpAnswer>> Send(HttpAsk ask, net::Deadline deadline);

  const Address& To() const;
  // Connections that wait for their next request.
  std::size_t KeptCount() const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;  // Shared with the requests under way.
};

}  // namespace aisle::web
