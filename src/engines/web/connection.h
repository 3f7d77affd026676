// One connection of a server, and what the connections of one loop share. Private to the server.
//
// A Connection lives in the coroutine that serves it. It registers itself with its loop, whose
// sweeper ends what has passed its deadline: one timer per loop instead of one per read.
//
//   threads  one event loop; LoopState outlives its connections because each holds it.
#pragma once

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/deadline.h"
#include "web/client_counts.h"
#include "web/server.h"
#include "web/stream.h"

namespace aisle::web {

class Connection;

// What all loops of a server share: immutable once it listens, but for the counts.
struct Site {
  ServerOptions options;
  Router router;
  std::unique_ptr<ClientCounts> clients = std::make_unique<ClientCounts>();
};

// Holds no Asio object: those live in coroutines, which end with their loop at the latest.
struct LoopState {
  std::shared_ptr<const Site> site;
  int loop_index = 0;
  std::vector<Connection*> connections;
  bool stopping = false;
  Listener* listener = nullptr;                      // While accepting.
  boost::asio::steady_timer* sweep_timer = nullptr;  // While sweeping.
  std::uint64_t id_seed = 0;
  std::uint64_t id_count = 0;
  std::time_t date_second = 0;
  std::string date;

  // "Tue, 24 Nov 2026 05:03:52 GMT"
  const std::string& Date();
  std::string NextRequestId();
};

class Connection {
 public:
  Connection(std::shared_ptr<LoopState> loop, std::unique_ptr<Stream> stream);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  net::Task<void> Run();
  // Ends what is being waited for if its deadline has passed.
  void Sweep(net::SteadyTime now);
  // The server stops: an idle connection ends now, others after what they are doing.
  void Stop();

 private:
  enum class Got : std::uint8_t { kRequest, kRefused, kNothing };

  // The head is whole: finds the route, which says how long the body may be.
  std::size_t FindRoute(Request& request);
  net::Task<Got> ReadRequest();
  // Feeds what has arrived to the reader.
  RequestReader::State FeedArrived();
  // What is answered by the head alone, whatever the body is; nothing: the handler is asked.
  std::optional<Response> AnswerByHead();
  // The head is whole: asks the gate; once more after it has looked again.
  void AskGate(bool looked);
  Response Refusal();
  net::Task<Response> Answer();
  net::Task<Response> Handle(const Request& request);
  net::Task<void> Compress(Response& response);
  // False: the client is gone.
  net::Task<bool> Write(std::string_view head, std::string_view body);
  net::Task<void> Drain();
  // Where the next bytes go, behind those that were not consumed.
  std::span<char> Room();
  void ComposeHead(const Response& response, bool keep_alive);
  void TakeRequestId();
  void WaitAtMost(std::chrono::milliseconds wait);
  void WaitUntil(net::SteadyTime moment);

  std::shared_ptr<LoopState> loop_;
  std::unique_ptr<Stream> stream_;
  RequestReader reader_;
  Problem refusal_;
  std::optional<Response> by_head_;       // In place of refusal_.
  std::optional<Gate::Verdict> verdict_;  // Of the gate; nothing: it was not asked.
  Status target_;                         // Whether the target could be decoded.
  Status client_deadline_;                // Whether what the client said of its deadline was sound.
  std::vector<char> input_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  std::size_t read_bytes_ = 0;  // Of the next read.
  std::string head_;            // Of the answer.
  net::SteadyTime deadline_ = net::SteadyTime::max();
  std::size_t place_;                // In loop_->connections.
  std::optional<ClientKey> client_;  // That it is counted for.
  std::size_t pipelined_ = 0;        // Requests since the last read that had arrived whole by then.
  bool idle_ = false;
  bool expired_ = false;
  bool overloaded_;
  bool crowded_ = false;  // Its client has too many.
};

}  // namespace aisle::web
