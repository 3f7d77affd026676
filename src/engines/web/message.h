// A request as a handler sees it, and the response it gives back.
//
// The views of a Request point into its connection's memory and hold until the handler's task has
// ended; what must live longer is copied. Head fields keep their order and spelling; Find() compares
// names without regard to case.
//
//   missing  Find() gives an empty view for a field that is absent (or empty).
//   threads  plain data, one event loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/deadline.h"

namespace aisle::web {

struct Field {
  std::string_view name;
  std::string_view value;
};

// One pair of the query string, percent-decoded.
struct Parameter {
  std::string name;
  std::string value;
};

struct Route;      // route.h
struct Principal;  // gate.h

struct Request {
  std::string_view method;  // "GET", as sent.
  std::string_view target;  // "/recommend?top_n=5", as sent.
  int http_minor = 1;       // HTTP/1.0 or HTTP/1.1.
  bool keep_alive = true;
  std::vector<Field> fields;
  std::string body;

  std::string path;              // Decoded: "/recommend".
  std::vector<Parameter> query;  // Decoded, in order, repetitions included.

  const Route* route = nullptr;            // The one that answers; a handler always has it.
  std::vector<Parameter> path_parameters;  // Of its pattern, decoded.

  net::Deadline client_deadline;  // After it the client waits no more (client_deadline.h).

  std::string request_id;  // Never empty: the client's X-Request-Id, or one of ours.
  int loop_index = 0;      // The event loop that runs the handler.
  bool encrypted = false;  // It came over TLS.
  // Who asks; null: the server has no gate (gate.h), or the route is public and nobody said who they are.
  std::shared_ptr<const Principal> principal;

  std::string_view Find(std::string_view field_name) const;
  // What stands in the path where the route's pattern says {name}; the pattern must have it.
  std::string_view PathParameter(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string_view content_type = "application/json";  // Of static storage.
  std::string body;
  // More fields: names and values of our own making, without line ends.
  std::vector<std::pair<std::string_view, std::string>> fields;
};

// Equal but for the case of ASCII letters.
bool EqualFold(std::string_view a, std::string_view b);

// "Not Found"; empty for a status that this server never sends.
std::string_view ReasonPhrase(int status);

}  // namespace aisle::web
