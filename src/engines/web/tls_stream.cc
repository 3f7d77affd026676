#include "web/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <utility>

namespace aisle::web {
namespace {

constexpr std::size_t kRecordBytes = 16 * 1024;       // Of plain bytes; the protocol's most.
constexpr std::size_t kFetchBytes = 16 * 1024 + 512;  // A whole record.
constexpr std::size_t kFlushBytes = 4 * kRecordBytes;

class TlsStream final : public Stream {
 public:
  TlsStream(std::unique_ptr<Stream> below, const TlsContext& context, bool as_client)
      : below_(std::move(below)), ssl_(SSL_new(context.get()), SSL_free) {
    AISLE_ASSERT(ssl_);
    arrived_ = BIO_new(BIO_s_mem());
    leaving_ = BIO_new(BIO_s_mem());
    AISLE_ASSERT(arrived_ != nullptr && leaving_ != nullptr);
    // Empty is not the end: more may come.
    BIO_set_mem_eof_return(arrived_, -1);
    BIO_set_mem_eof_return(leaving_, -1);
    SSL_set_bio(ssl_.get(), arrived_, leaving_);
    as_client ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
  }

  net::Task<bool> ShakeHands() override {
    for (;;) {
      ERR_clear_error();
      const int code = SSL_do_handshake(ssl_.get());
      const bool goes_on = code == 1 || WantsMore(code);
      const bool sent = co_await Flush();  // An alert, if it failed.
      if (!sent || !goes_on) break;
      if (code == 1) co_return true;
      const bool fetched = co_await Fetch();
      if (!fetched) break;
    }
    broken_ = true;
    co_await below_->FinishSending();
    co_return false;
  }

  net::Task<std::size_t> ReadSome(std::span<char> into) override {
    while (!broken_) {
      ERR_clear_error();
      std::size_t count = 0;
      const int code = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
      if (code == 1) co_return count;
      const bool goes_on = WantsMore(code);
      // The client's word that it is done leaves us free to answer.
      if (!goes_on && (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) == 0) broken_ = true;
      const bool sent = co_await Flush();
      if (!sent || !goes_on) co_return 0;
      const bool fetched = co_await Fetch();
      if (!fetched) co_return 0;
    }
    co_return 0;
  }

  net::Task<bool> WriteAll(std::string_view head, std::string_view body) override {
    if (!body.empty() && head.size() < kRecordBytes) {
      // The answer's head and the beginning of its body are one record.
      const std::size_t with_head = std::min(body.size(), kRecordBytes - head.size());
      together_.assign(head).append(body.substr(0, with_head));
      head = together_;
      body.remove_prefix(with_head);
    }
    for (std::string_view left : {head, body}) {
      while (!left.empty()) {
        const std::string_view piece = left.substr(0, kFlushBytes);
        left.remove_prefix(piece.size());
        if (!Encrypt(piece)) co_return false;
        if (BIO_ctrl_pending(leaving_) < kFlushBytes && !left.empty()) continue;
        const bool sent = co_await Flush();
        if (!sent) co_return false;
      }
    }
    co_return true;
  }

  net::Task<void> FinishSending() override {
    if (!broken_ && SSL_is_init_finished(ssl_.get()) == 1) {
      ERR_clear_error();
      SSL_shutdown(ssl_.get());
      co_await Flush();
    }
    co_await below_->FinishSending();
  }

  void Cancel() override { below_->Cancel(); }
  bool HasInput() const override {
    return SSL_pending(ssl_.get()) > 0 || BIO_ctrl_pending(arrived_) > 0 || below_->HasInput();
  }
  Reach ReachedBy() const override { return below_->ReachedBy(); }
  bool IsEncrypted() const override { return true; }
  std::string Peer() const override { return below_->Peer(); }
  std::optional<ClientKey> Client() const override { return below_->Client(); }

 private:
  bool WantsMore(int code) const { return SSL_get_error(ssl_.get(), code) == SSL_ERROR_WANT_READ; }
  bool Encrypt(std::string_view bytes) {
    if (broken_) return false;
    ERR_clear_error();
    std::size_t count = 0;
    // Memory takes all of it, and no client can begin a handshake between.
    if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count) == 1) return true;
    broken_ = true;
    return false;
  }
  // Sends what OpenSSL has written. False: the stream broke.
  net::Task<bool> Flush() {
    char* bytes = nullptr;
    const long count = BIO_get_mem_data(leaving_, &bytes);
    if (count <= 0) co_return true;
    const bool sent =
        co_await below_->WriteAll({bytes, static_cast<std::size_t>(count)}, std::string_view());
    BIO_reset(leaving_);
    if (!sent) broken_ = true;
    co_return sent;
  }
  // Reads more for OpenSSL. False: there is no more.
  net::Task<bool> Fetch() {
    if (fetched_.empty()) fetched_.resize(kFetchBytes);
    const std::size_t count = co_await below_->ReadSome(fetched_);
    if (count == 0) co_return false;
    co_return BIO_write(arrived_, fetched_.data(), static_cast<int>(count)) ==
        static_cast<int>(count);
  }

  std::unique_ptr<Stream> below_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  BIO* arrived_ = nullptr;  // Of ssl_: from the client, to be decrypted.
  BIO* leaving_ = nullptr;  // Of ssl_: encrypted, to be sent.
  std::string together_;
  std::vector<char> fetched_;
  bool broken_ = false;
};

}  // namespace

std::unique_ptr<Stream> OverTls(std::unique_ptr<Stream> below, const TlsContext& context) {
  return std::make_unique<TlsStream>(std::move(below), context, false);
}

std::unique_ptr<Stream> OverTlsAsClient(std::unique_ptr<Stream> below) {
  const TlsContext context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  AISLE_ASSERT(context);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  return std::make_unique<TlsStream>(std::move(below), context, true);
}

}  // namespace aisle::web
