// The certificate and the key that a server shows over TLS, looked after while it serves.
//
//   AISLE_TRY(auto keeper, CertificateKeeper::Start({.certificate = "chain.pem", .key = "key.pem"}));
//   options.certificate = keeper;             // of a Server: its connections are TLS
//   loops.OnHangup([keeper] { keeper->LookNow(); });
//
// A thread of its own looks at both files and takes a pair that changed; connections that are open keep the one they
// began with. A new pair that is broken (it does not parse, the key is another certificate's, a file is gone) changes
// nothing but Trouble() and the log, and is tried again at every look: a certificate that is replaced before its key
// is such a pair for a moment.
//
//   shapes   certificate: PEM, the server's own first, then those that it was signed by. key: PEM, not encrypted.
//   threads  any. Nobody but the thread reads files, after Start().
//   errors   Start: kInvalidArgument: the pair is broken; kNotFound: a file is not there.
//   cost     a look is two calls of stat; a pair that changed, a millisecond of that thread.
//   source   RFC 8446, RFC 5246, RFC 7301 (ALPN). Which suites of TLS 1.2: Mozilla's "intermediate", without DHE.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/result.h"

struct ssl_ctx_st;

namespace aisle::web {

struct TlsOptions {
  std::filesystem::path certificate;
  std::filesystem::path key;
  bool only_1_3 = false;  // Else TLS 1.2 too.
  std::chrono::milliseconds look_every{10'000};
};

// What a connection is encrypted with; OpenSSL's SSL_CTX.
using TlsContext = std::shared_ptr<ssl_ctx_st>;

class CertificateKeeper {
 public:
  // Loads the pair on this thread, then begins to look.
  static Result<std::shared_ptr<CertificateKeeper>> Start(TlsOptions options);
  ~CertificateKeeper();
  CertificateKeeper(const CertificateKeeper&) = delete;
  CertificateKeeper& operator=(const CertificateKeeper&) = delete;

  // Never null.
  TlsContext Context() const;
  // Has the thread read both files soon, changed or not. Does not wait.
  void LookNow();
  // What somebody has to do something about, in words without paths: a new pair that cannot be taken, or a
  // certificate that has ended. Empty: nothing.
  std::string Trouble() const;
  // "CN = shop.example, until 2027-01-31 12:00:00"
  std::string Line() const;

 private:
  // When, how large, which file: changes with whatever is put in its place.
  struct Seen {
    std::array<std::int64_t, 8> marks{};
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  struct Pair {
    TlsContext context;
    std::string subject;
    base::Timestamp until{};
  };

  explicit CertificateKeeper(TlsOptions options) : options_(std::move(options)) {}
  Seen See() const;
  Result<Pair> Load() const;
  Status Take();
  void Watch();

  const TlsOptions options_;
  mutable std::mutex mutex_;  // All below but the thread; held for a few instructions.
  std::condition_variable wake_;
  Pair pair_;
  std::string broken_;  // Why the pair in the files is not the one in use.
  Seen seen_;           // When pair_ was read.
  bool look_now_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace aisle::web
