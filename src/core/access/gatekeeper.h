// The gate of a server that knows tokens: who asks, by what stands in a store of tokens, and whether they may.
//
//   AISLE_TRY(web_options.gate, StartGate(loops, options.listen, GatekeeperOptions{.store = store}));
//
// While the store has never had a token the gate is open: everybody may do everything, so such a server listens on
// loopback or a Unix socket only. From the first token on all routes but the public ones need one, on a Unix socket
// too (a proxy may stand before it), and that does not end while the server runs, whatever becomes of the store: a
// token that was revoked or is past its time keeps its record. A thread looks at the store twice a second and posts
// what changed to every loop; so a token is revoked everywhere within a second. A token that is not known yet is
// looked for at once, ten times a second at most, and its request waits for that.
//
// What a browser sends by itself (a cookie) changes nothing unless the page it is on is the server's own.
//
//   missing  a store that does not answer: what was known before counts; at the start that is the file `remembered`;
//            without one, 503 until it answers, and no listening but on loopback and Unix sockets.
//   threads  Start() and MayListenAt() on the thread that owns the loops; Admit() and Look() on a loop, without locks;
//            Trouble() and Stop() anywhere. It must be stopped before the loops go.
//   errors   Start: as the store's Read(), but for kUnavailable and kFailedPrecondition where `remembered` is named.
//            Answers: 401 (with WWW-Authenticate, RFC 6750), 403, 429, 503, as web/gate.h says.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "access/credentials.h"
#include "access/token_book.h"
#include "access/token_store.h"
#include "net/elsewhere.h"
#include "net/event_loops.h"
#include "web/address.h"
#include "web/gate.h"

namespace aisle::access {

struct GatekeeperOptions {
  std::shared_ptr<TokenStore> store;
  // Where what was read is kept for a start while the store does not answer; empty: the store is on this machine.
  std::filesystem::path remembered = {};
  std::chrono::milliseconds look_every{500};
};

class Gatekeeper : public web::Gate {
 public:
  static Result<std::shared_ptr<Gatekeeper>> Start(net::EventLoops& loops,
                                                   GatekeeperOptions options);
  ~Gatekeeper() override;
  Gatekeeper(const Gatekeeper&) = delete;
  Gatekeeper& operator=(const Gatekeeper&) = delete;
  // Does not wait for the thread; Close() and the destructor do. Connections of a loop may hold the gate for as long as
  // the loop is there, so a server closes it.
  void Stop();
  void Close();

  // The address, if a server with these tokens may listen there. Before the loops run.
  Result<web::Address> MayListenAt(std::string_view listen) const;
  // What it stands on, for the log of a server: "Access by token: 3 of 4 can be used (...)".
  std::string Line() const;

  Verdict Admit(const web::Request& request, bool looked) override;
  net::Task<void> LookAgain() override;

  // Whom a token's text stands for, for a sign-in. Not counted by its meter.
  struct Seen {
    std::shared_ptr<const web::Principal> principal = {};
    base::Timestamp expires{};
    std::string why = {};  // Where there is no principal, for who sent it.
    bool may_be_new = false;
    Meter* meter = nullptr;
    std::int64_t requests_per_second = 0;
  };
  Seen Look(std::string_view token, int loop_index) const;
  const TokenBook& BookOf(int loop_index) const {
    return *(*books_)[static_cast<std::size_t>(loop_index)];
  }
  // Why the store cannot be read, in words for whoever asks over HTTP; empty: it can.
  std::string Trouble() const;

 private:
  using BookPointer = std::shared_ptr<const TokenBook>;
  Gatekeeper(net::EventLoops& loops, GatekeeperOptions options);
  void Watch();
  void ReadStore();
  BookPointer Newest() const;
  void Take(const std::vector<TokenRecord>& records);
  void SetTrouble(const std::string& trouble, const std::string& log);
  void Audit(const web::Request& request, const Verdict& verdict);

  net::EventLoops& loops_;
  const GatekeeperOptions options_;
  // By loop, each of its loop's thread alone; what was posted there may outlive the gate.
  std::shared_ptr<std::vector<BookPointer>> books_;
  std::string newest_text_;  // Of the thread that looks; before that, of Start().

  mutable std::mutex mutex_;  // What follows.
  BookPointer newest_ = std::make_shared<TokenBook>();
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<net::Give<bool>> waiting_;
  std::vector<AuditEntry> refused_;
  std::size_t refused_more_ = 0;
  std::string trouble_;
  std::thread thread_;
};

// The gate of a server that is to listen at `listen`; null without `options`, where everybody may do everything. This
// is the place that decides where a server may listen: kInvalidArgument: it has no tokens, and `listen` is neither
// loopback nor a Unix socket; the others as Gatekeeper's.
Result<std::shared_ptr<Gatekeeper>> StartGate(net::EventLoops& loops, std::string_view listen,
                                              const std::optional<GatekeeperOptions>& options);
// gate->Line(), also of none.
std::string LineOf(const Gatekeeper* gate);

}  // namespace aisle::access
