// TLS over any stream, either side. Private to the server and to HttpClient.
//
//   threads  as streams: one event loop. The context may be shared by all.
//   errors   as streams: what breaks TLS's rules has ended. A client that speaks another version or protocol is told so
//            by an alert.
//   cost     about 35 KB while a connection is open; answers of up to 16 KB are one record and one write.
//   source   RFC 8446, RFC 5246; OpenSSL reads and writes memory, never the socket.
#pragma once

#include <memory>

#include "web/certificate_keeper.h"
#include "web/stream.h"

namespace aisle::web {

std::unique_ptr<Stream> OverTls(std::unique_ptr<Stream> below, const TlsContext& context);
// The client's side. It does not ask whose certificate it is shown: for a server that is known by its process.
std::unique_ptr<Stream> OverTlsAsClient(std::unique_ptr<Stream> below);

}  // namespace aisle::web
