#include "web/certificate_keeper.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <ctime>
#include <string_view>
#include <utility>

#include "base/files.h"
#include "base/log.h"

namespace aisle::web {
namespace {

constexpr const char* kSuitesOf12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr std::string_view kAlpn = "\x08http/1.1";

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio BioOf(std::string_view bytes) {
  return {BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())), BIO_free};
}

// A key that is encrypted is refused; without this OpenSSL would ask at the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

std::unexpected<Error> Broken(std::string_view what) {
  const char* why = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  return Fail(ErrorCode::kInvalidArgument,
              why == nullptr ? std::string(what) : fmt::format("{}: {}", what, why));
}

std::string SubjectOf(const X509* certificate) {
  const Bio out(BIO_new(BIO_s_mem()), BIO_free);
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0,
                     XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(bytes)};
}

base::Timestamp EndOf(const X509* certificate) {
  std::tm utc{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &utc) != 1) return {};
  return base::FromMicros(std::int64_t{1'000'000} * ::timegm(&utc));
}

// Speaks HTTP/1.1, or with a client that does not say what it wants. To whoever wants something else it says so, so
// that nobody takes our bytes for those of another protocol.
int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes,
                   const unsigned char* offered, unsigned int offered_bytes, void*) {
  unsigned char* found = nullptr;
  const int code = SSL_select_next_proto(
      &found, chosen_bytes, reinterpret_cast<const unsigned char*>(kAlpn.data()),
      static_cast<unsigned int>(kAlpn.size()), offered, offered_bytes);
  *chosen = found;
  return code == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

TlsContext NewContext(bool only_1_3) {
  TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  AISLE_ASSERT(context);
  SSL_CTX* raw = context.get();
  bool set = SSL_CTX_set_min_proto_version(raw, only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1;
  set = set && SSL_CTX_set_cipher_list(raw, kSuitesOf12) == 1;
  AISLE_ASSERT(set);
  // A client may not begin anew within a connection; one that ends without a word was cut off.
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  // Sessions are the client's to keep (tickets): nothing is shared between loops, and nothing grows.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 1);
  SSL_CTX_set_alpn_select_cb(raw, ChooseProtocol, nullptr);
  return context;
}

}  // namespace

Result<std::shared_ptr<CertificateKeeper>> CertificateKeeper::Start(TlsOptions options) {
  std::shared_ptr<CertificateKeeper> keeper(new CertificateKeeper(std::move(options)));
  AISLE_CHECK(keeper->Take());
  keeper->thread_ = std::thread([raw = keeper.get()] { raw->Watch(); });
  return keeper;
}

CertificateKeeper::~CertificateKeeper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

TlsContext CertificateKeeper::Context() const {
  const std::lock_guard lock(mutex_);
  return pair_.context;
}

void CertificateKeeper::LookNow() {
  {
    const std::lock_guard lock(mutex_);
    look_now_ = true;
  }
  wake_.notify_all();
}

std::string CertificateKeeper::Trouble() const {
  const std::lock_guard lock(mutex_);
  if (!broken_.empty()) return "the new certificate or key is not taken: see the log";
  if (pair_.until < base::Now())
    return fmt::format("the certificate ended at {}", base::FormatTimestamp(pair_.until));
  return {};
}

std::string CertificateKeeper::Line() const {
  const std::lock_guard lock(mutex_);
  return fmt::format("{}, until {}", pair_.subject, base::FormatTimestamp(pair_.until));
}

CertificateKeeper::Seen CertificateKeeper::See() const {
  Seen seen;
  auto mark = seen.marks.begin();
  for (const auto* path : {&options_.certificate, &options_.key}) {
    struct stat found{};
    if (::stat(path->c_str(), &found) != 0) found = {};
    *mark++ = std::int64_t{1'000'000'000} * found.st_mtim.tv_sec + found.st_mtim.tv_nsec;
    *mark++ = static_cast<std::int64_t>(found.st_ino);
    *mark++ = static_cast<std::int64_t>(found.st_dev);
    *mark++ = static_cast<std::int64_t>(found.st_size);
  }
  return seen;
}

Result<CertificateKeeper::Pair> CertificateKeeper::Load() const {
  AISLE_TRY(const std::string chain_text, base::ReadFile(options_.certificate));
  AISLE_TRY(const std::string key_text, base::ReadFile(options_.key));
  ERR_clear_error();
  Pair pair;
  pair.context = NewContext(options_.only_1_3);
  const Bio chain = BioOf(chain_text);
  const Certificate own(PEM_read_bio_X509(chain.get(), nullptr, NoPassword, nullptr), X509_free);
  if (!own) return Broken(fmt::format("{} holds no certificate", options_.certificate.string()));
  if (SSL_CTX_use_certificate(pair.context.get(), own.get()) != 1)
    return Broken(fmt::format("{} cannot be used", options_.certificate.string()));
  for (;;) {
    Certificate next(PEM_read_bio_X509(chain.get(), nullptr, NoPassword, nullptr), X509_free);
    if (!next) {
      // Behind the last one there is nothing, or what is no certificate at all.
      if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return Broken(fmt::format("a certificate of {} is broken", options_.certificate.string()));
      ERR_clear_error();
      break;
    }
    if (SSL_CTX_add0_chain_cert(pair.context.get(), next.get()) != 1)
      return Broken(fmt::format("{} cannot be used", options_.certificate.string()));
    (void)next.release();  // The context's own now.
  }
  const Key key(PEM_read_bio_PrivateKey(BioOf(key_text).get(), nullptr, NoPassword, nullptr),
                EVP_PKEY_free);
  if (!key) return Broken(fmt::format("{} holds no key without a password", options_.key.string()));
  // Compares the key with the certificate.
  if (SSL_CTX_use_PrivateKey(pair.context.get(), key.get()) != 1)
    return Broken(fmt::format("{} is not the key of {}", options_.key.string(),
                              options_.certificate.string()));
  pair.subject = SubjectOf(own.get());
  pair.until = EndOf(own.get());
  return pair;
}

Status CertificateKeeper::Take() {
  const Seen seen = See();  // Before it reads: what changes meanwhile is seen at the next look.
  auto loaded = Load();
  const std::lock_guard lock(mutex_);
  if (!loaded) {
    broken_ = loaded.error().message;
    return std::unexpected(loaded.error());
  }
  pair_ = *std::move(loaded);
  broken_.clear();
  seen_ = seen;
  return {};
}

void CertificateKeeper::Watch() {
  for (;;) {
    std::string was_broken;
    Seen was_seen;
    bool must = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, options_.look_every, [&] { return stopping_ || look_now_; });
      if (stopping_) return;
      must = std::exchange(look_now_, false) || !broken_.empty();
      was_broken = broken_;
      was_seen = seen_;
    }
    if (!must && See() == was_seen) continue;
    const Status taken = Take();
    if (taken) {
      base::LogInfo("TLS: {}", Line());
    } else if (taken.error().message != was_broken) {
      base::LogError("TLS: {}; the certificate in use stays", taken.error().message);
    }
  }
}

}  // namespace aisle::web
