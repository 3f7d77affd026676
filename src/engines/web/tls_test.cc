// A server that speaks TLS: with whom, what is refused, and certificates that change under it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "base/files.h"
#include "base/temp_folder_testing.h"
#include "web/certificate_testing.h"
#include "web/echo_server_testing.h"

namespace aisle::web {
namespace {

using testing::HasSubstr;

class Tls : public testing::Test {
 protected:
  ServerOptions Options() const {
    ServerOptions options;
    options.certificate = keeper_;
    return options;
  }
  base::TempFolder folder_;
  std::shared_ptr<CertificateKeeper> keeper_ = KeepCertificate(folder_.Path(), "shop.example");
};

// The certificate that a new connection is shown.
std::string Shown(const Running& running) { return running.Connect().Tls()->Subject(); }

TEST_F(Tls, IsSpokenInBothVersionsAndAgreesOnHttp) {
  const Running running(Options());
  EXPECT_TRUE(running.server->ListeningAt().Text().starts_with("https://127.0.0.1:"));
  for (const bool only_1_2 : {false, true}) {
    for (const std::string alpn : {"http/1.1", ""}) {
      auto client =
          Client::Connect(running.server->ListeningAt(), 10s, {.alpn = alpn, .only_1_2 = only_1_2});
      ASSERT_TRUE(client) << client.error().message;
      EXPECT_EQ(client->Tls()->Version(), only_1_2 ? "TLSv1.2" : "TLSv1.3");
      EXPECT_EQ(client->Tls()->Protocol(), alpn);
      EXPECT_EQ(client->Tls()->Subject(), "/CN=shop.example");
      for (int i = 0; i < 3; ++i) EXPECT_EQ(client->Get("/echo?a=1")->body, "a=1;");
    }
  }
}

TEST_F(Tls, OlderVersionsOtherProtocolsAndPlainHttpAreNotAnswered) {
  base::TempFolder other;
  TlsOptions only_1_3 = WritePair(other.Path(), MakeCertificate("strict.example"));
  only_1_3.only_1_3 = true;
  ServerOptions strict_options;
  strict_options.certificate = *CertificateKeeper::Start(only_1_3);
  const Running strict(std::move(strict_options));
  const Running running(Options());
  const auto refused = [](const Running& by, const TlsAsk& ask) {
    const auto client = Client::Connect(by.server->ListeningAt(), 10s, ask);
    return client ? std::string("not refused") : client.error().message;
  };
  EXPECT_THAT(refused(running, {.below_1_2 = true}), HasSubstr("protocol version"));
  EXPECT_THAT(refused(strict, {.only_1_2 = true}), HasSubstr("protocol version"));
  EXPECT_THAT(refused(running, {.alpn = "h2"}), HasSubstr("no application protocol"));
  Client plain = running.ConnectPlainly();
  const auto answer = plain.Get("/echo?a=1");
  EXPECT_FALSE(answer) << answer->status;
  running.ExpectWell();
  strict.ExpectWell();
}

TEST_F(Tls, LongBodiesGoBothWays) {
  const Running running(Options());
  Client client = running.Connect();
  const std::string body(900'000, 'b');
  EXPECT_EQ(client.Post("/echo", body)->body, body);
  EXPECT_EQ(client.Get("/long")->body.size(), 32U * 1024 * 1024);
  EXPECT_EQ(client.Get("/echo?a=1")->body, "a=1;");
}

TEST_F(Tls, BytesMayComeOneByOne) {
  const Running running(Options());
  Client client = running.Connect();
  for (const char byte :
       std::string("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nab"))
    ASSERT_TRUE(client.Send({&byte, 1}));
  EXPECT_EQ(client.Receive()->body, "ab");
}

TEST_F(Tls, AHandshakeThatDoesNotGoOnIsCutOff) {
  ServerOptions options = Options();
  options.handshake_timeout = 100ms;
  const Running running(std::move(options));
  Client silent = running.ConnectPlainly();
  Client half = running.ConnectPlainly();
  ASSERT_TRUE(half.Send("\x16\x03\x01\x02"));  // The beginning of a first message.
  EXPECT_TRUE(silent.ClosedByServer());
  EXPECT_TRUE(half.ClosedByServer());
  running.ExpectWell();
}

TEST_F(Tls, WhoIsLetGoIsToldSo) {
  ServerOptions options = Options();
  options.idle_timeout = 100ms;
  Running running(std::move(options));
  Client idle = running.Connect();
  EXPECT_EQ(idle.Get("/echo?a=1")->status, 200);
  EXPECT_TRUE(idle.ClosedByServer());  // By word, or else it would be an error.
  Client busy = running.Connect();
  ASSERT_TRUE(busy.Send("GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  busy.FinishSending();
  EXPECT_EQ(busy.Receive()->body, "slow");
  EXPECT_TRUE(busy.ClosedByServer());
}

TEST_F(Tls, StopAnswersWhatIsUnderWay) {
  Running running(Options(), 2);
  Client idle = running.Connect();
  Client busy = running.Connect();
  for (Client* client : {&idle, &busy}) EXPECT_EQ(client->Get("/echo")->status, 200);
  ASSERT_TRUE(busy.Send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  std::this_thread::sleep_for(50ms);
  running.loops.Stop();
  EXPECT_TRUE(idle.ClosedByServer());
  EXPECT_EQ(busy.Receive()->body, "slow");
  busy.FinishSending();
  EXPECT_TRUE(running.loops.Join(10s));
}

TEST_F(Tls, IsForTcpAndNeedsACertificate) {
  net::EventLoops loops(1, "test");
  ServerOptions options = Options();
  options.listen = "unix:" + (folder_.Path() / "aisle.sock").string();
  const auto on_unix = Server::Start(loops, options, EchoRouter());
  ASSERT_FALSE(on_unix);
  EXPECT_EQ(on_unix.error().code, ErrorCode::kInvalidArgument);
  const auto without = Server::Start(loops, {.listen = "https://127.0.0.1:0"}, EchoRouter());
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().message, HasSubstr("without a certificate"));
}

// Waits until it is so; false after ten seconds.
template <typename Condition>
bool Becomes(Condition condition) {
  for (int i = 0; i < 2000 && !condition(); ++i) std::this_thread::sleep_for(5ms);
  return condition();
}

TEST_F(Tls, ANewPairIsTakenWhileOpenConnectionsGoOn) {
  TlsOptions options = WritePair(folder_.Path(), MakeCertificate("first.example"));
  options.look_every = 5ms;
  const auto keeper = *CertificateKeeper::Start(options);
  const Running running({.certificate = keeper});
  Client old = running.Connect();
  EXPECT_EQ(Shown(running), "/CN=first.example");
  WritePair(folder_.Path(), MakeCertificate("second.example"));
  EXPECT_TRUE(Becomes([&] { return Shown(running) == "/CN=second.example"; }));
  EXPECT_EQ(keeper->Trouble(), "");
  EXPECT_THAT(keeper->Line(), testing::StartsWith("CN = second.example, until "));
  EXPECT_EQ(old.Get("/echo?a=1")->body, "a=1;");
  EXPECT_EQ(old.Tls()->Subject(), "/CN=first.example");
}

TEST_F(Tls, ABrokenNewPairChangesNothingAndIsSaid) {
  TlsOptions options = WritePair(folder_.Path(), MakeCertificate("first.example"));
  options.look_every = 5ms;
  const auto keeper = *CertificateKeeper::Start(options);
  const Running running({.certificate = keeper});
  const PemPair next = MakeCertificate("second.example");
  // In the middle of being replaced, then nonsense, then nothing.
  ASSERT_TRUE(base::WriteFileAtomic(options.certificate, next.certificate));
  EXPECT_TRUE(Becomes([&] { return !keeper->Trouble().empty(); }));
  EXPECT_EQ(Shown(running), "/CN=first.example");
  ASSERT_TRUE(base::WriteFileAtomic(options.certificate, "nonsense"));
  std::filesystem::remove(options.key);
  keeper->LookNow();
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(Shown(running), "/CN=first.example");
  EXPECT_THAT(keeper->Trouble(), HasSubstr("is not taken: see the log"));
  WritePair(folder_.Path(), next);
  EXPECT_TRUE(Becomes([&] { return Shown(running) == "/CN=second.example"; }));
  EXPECT_EQ(keeper->Trouble(), "");
}

TEST_F(Tls, OneThatIsToldLooksAtOnce) {
  TlsOptions options = WritePair(folder_.Path(), MakeCertificate("first.example"));
  options.look_every = 1h;
  const auto keeper = *CertificateKeeper::Start(options);
  WritePair(folder_.Path(), MakeCertificate("second.example"));
  keeper->LookNow();
  EXPECT_TRUE(Becomes([&] { return keeper->Line().starts_with("CN = second.example"); }));
}

TEST_F(Tls, APairThatCannotBeUsedIsAnErrorAtTheStartThatNamesTheFile) {
  const PemPair pair = MakeCertificate("shop.example");
  const PemPair other = MakeCertificate("other.example");
  const auto error = [&](const PemPair& with) {
    const auto keeper = CertificateKeeper::Start(WritePair(folder_.Path(), with));
    return keeper ? "none" : keeper.error().message;
  };
  EXPECT_EQ(error(pair), "none");
  EXPECT_EQ(error({pair.certificate + other.certificate, pair.key}), "none");
  EXPECT_THAT(error({pair.certificate, other.key}), HasSubstr("key.pem is not the key of "));
  EXPECT_THAT(error({"", pair.key}), HasSubstr("certificate.pem holds no certificate"));
  EXPECT_THAT(error({pair.certificate + other.certificate.substr(0, 200), pair.key}),
              HasSubstr("a certificate of "));
  EXPECT_THAT(error({pair.certificate, Encrypted(pair.key)}),
              HasSubstr("holds no key without a password"));
  const auto missing = CertificateKeeper::Start(
      {.certificate = folder_.Path() / "nowhere.pem", .key = folder_.Path() / "key.pem"});
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
}

TEST_F(Tls, ACertificateThatHasEndedIsServedAndSaid) {
  const auto keeper =
      *CertificateKeeper::Start(WritePair(folder_.Path(), MakeCertificate("old.example", -60s)));
  const Running running({.certificate = keeper});
  EXPECT_EQ(Shown(running), "/CN=old.example");
  EXPECT_THAT(keeper->Trouble(), HasSubstr("the certificate ended at "));
}

}  // namespace
}  // namespace aisle::web
