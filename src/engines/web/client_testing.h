// A small blocking HTTP/1.1 client, for tests of servers.
//
// One connection, one request at a time, over TLS if the address says so; Send() and Receive() give tests the bytes
// themselves.
//
//   threads  one.
//   errors   kUnavailable: refused, closed or silent for longer than the timeout; kInternal: the
//            answer is not HTTP.
//   source   RFC 9112; answers with Content-Length or closed by the server only (no chunked ones).
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "web/address.h"
#include "web/tls_client.h"

namespace aisle::web {

struct ClientAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;

  // Empty when absent.
  std::string_view Find(std::string_view field_name) const;
};

class Client {
 public:
  // `timeout` holds for connecting and for each wait after that.
  static Result<Client> Connect(const Address& address,
                                std::chrono::milliseconds timeout = std::chrono::seconds{10},
                                const TlsAsk& tls = {});
  Client(Client&& other) noexcept;
  Client& operator=(Client&&) = delete;
  ~Client();

  Result<ClientAnswer> Get(std::string_view target);
  Result<ClientAnswer> Post(std::string_view target, std::string_view body,
                            std::string_view content_type = "application/json");

  Result<ClientAnswer> Put(std::string_view target, std::string_view body,
                           std::string_view content_type = "application/json");

  Status Send(std::string_view bytes);
  // The next answer; of HEAD, only the head.
  Result<ClientAnswer> Receive(bool head_only = false);
  void FinishSending();
  // True when the server closes the connection without sending anything more; over TLS, when it says so.
  bool ClosedByServer();
  // Null without TLS.
  const TlsClient* Tls() const { return tls_ ? &*tls_ : nullptr; }

 private:
  Client(int descriptor, std::string host) : descriptor_(descriptor), host_(std::move(host)) {}
  Result<std::size_t> ReadSome(std::span<char> into);
  Status ReadMore();
  Result<ClientAnswer> WithBody(std::string_view method, std::string_view target,
                                std::string_view body, std::string_view content_type);

  int descriptor_ = -1;
  std::string host_;
  std::optional<TlsClient> tls_;
  std::string input_;
};

}  // namespace aisle::web
