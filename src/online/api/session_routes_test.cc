// Signing in and out by a browser, and tokens that change while a server runs.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "api/open_shop_testing.h"
#include "api/tokens_testing.h"
#include "base/files.h"

namespace aisle::api {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using web::Role;

constexpr const char* kOwnPage = "Origin: http://localhost";
constexpr const char* kAsk = "/recommend?customer_id=1000000&zip_code=10001";

class Session : public testing::Test {
 protected:
  web::ClientAnswer Ask(const std::string& field, std::string_view method, std::string_view target,
                        std::string_view body = {}) const {
    web::Client client = shop->Connect();
    return AskAs(client, field, method, target, body);
  }
  static std::string Body(const std::string& token) {
    return fmt::format(R"({{"token":"{}"}})", token);
  }
  void Open() { shop = std::make_unique<OpenShop>(tokens.Options()); }
  void Wait(const std::function<bool()>& until) {
    for (int i = 0; i < 10'000 && !until(); ++i) std::this_thread::sleep_for(1ms);
    EXPECT_TRUE(until());
  }

  TokenFolder tokens;
  std::unique_ptr<OpenShop> shop;
};

TEST_F(Session, ABrowserSignsInAsksAndSignsOut) {
  const std::string token = tokens.Make(Role::kWriter);
  Open();
  EXPECT_EQ(Json(Ask("", "GET", "/v1/session")).at("token_needed").as_bool(), true);
  EXPECT_TRUE(Json(Ask("", "GET", "/v1/session")).at("role").is_null());
  const auto in = Ask(kOwnPage, "POST", "/v1/session", Body(token));
  ASSERT_EQ(in.status, 200) << in.body;
  EXPECT_EQ(Text(Json(in).at("role")), "writer");
  EXPECT_THAT(in.body, Not(HasSubstr(token)));
  const std::string set(in.Find("Set-Cookie"));
  EXPECT_THAT(set, HasSubstr("; HttpOnly; SameSite=Strict; Max-Age=3"));  // 3,600 s or just under.
  const std::string cookie = "Cookie: " + set.substr(0, set.find(';'));
  EXPECT_EQ(Ask(cookie, "GET", kAsk).status, 200);
  EXPECT_EQ(Text(Json(Ask(cookie, "GET", "/v1/session")).at("token")),
            access::ParseToken(token)->id);
  const std::string change = R"({"items":[{"product_id":1,"region":"Northeast","qty_on_hand":0}]})";
  EXPECT_EQ(Ask(cookie + "\r\n" + kOwnPage, "PUT", "/v1/inventory", change).status, 200);
  EXPECT_EQ(Ask(cookie, "PUT", "/v1/inventory", change).status, 403);
  // Another server of this machine is another site, though the loopback guard lets its pages ask.
  EXPECT_EQ(Ask(cookie + "\r\nOrigin: http://localhost:9", "PUT", "/v1/inventory", change).status,
            403);
  const auto out = Ask(cookie + "\r\n" + kOwnPage, "DELETE", "/v1/session");
  EXPECT_EQ(out.status, 200);
  EXPECT_THAT(std::string(out.Find("Set-Cookie")), HasSubstr("aisle_session=; "));
}

TEST_F(Session, ASignInThatIsNoneIsRefused) {
  const std::string token = tokens.Make(Role::kReader);
  Open();
  EXPECT_EQ(Ask("Origin: http://localhost:9", "POST", "/v1/session", Body(token)).status, 403);
  EXPECT_EQ(Ask("", "POST", "/v1/session", Body(access::NewToken()->Text())).status, 401);
  EXPECT_EQ(Ask("", "POST", "/v1/session", R"({"token":5})").status, 400);
  EXPECT_EQ(Ask("", "POST", "/v1/session", R"({"token":"x","more":1})").status, 400);
  EXPECT_EQ(Ask("", "POST", "/v1/session", R"([])").status, 400);
  EXPECT_EQ(Ask("", "POST", "/v1/session", std::string(2000, ' ')).status, 413);
  const auto mistyped = Ask("", "POST", "/v1/session", Body(token.substr(0, 40)));
  EXPECT_EQ(mistyped.status, 401);
  EXPECT_THAT(mistyped.body, HasSubstr("cut off"));
  EXPECT_TRUE(mistyped.Find("Set-Cookie").empty());
}

TEST_F(Session, TokensChangeWithoutARestart) {
  Open();
  EXPECT_EQ(Ask("", "GET", kAsk).status, 200);
  const std::string token = tokens.Make(Role::kReader);
  Wait([&] { return Ask("", "GET", kAsk).status == 401; });
  const std::string field = "Authorization: Bearer " + token;
  EXPECT_EQ(Ask(field, "GET", kAsk).status, 200);
  EXPECT_EQ(Ask("", "GET", "/").status, 200);
  EXPECT_EQ(Ask("", "GET", "/readyz").status, 200);
  // One that the server has not seen yet is looked for at once.
  const std::string second = tokens.Make(Role::kReader);
  EXPECT_EQ(Ask("Authorization: Bearer " + second, "GET", kAsk).status, 200);
  tokens.Change(token, [](access::TokenRecord& record) { record.revoked = base::Now(); });
  Wait([&] { return Ask(field, "GET", kAsk).status == 401; });
  EXPECT_EQ(Ask("Authorization: Bearer " + second, "GET", kAsk).status, 200);
}

TEST_F(Session, ATokenThatAsksTooOftenIsToldWhenToComeAgain) {
  const std::string token = tokens.Make(Role::kReader, {.requests_per_second = 1});
  Open();
  const std::string field = "Authorization: Bearer " + token;
  Wait([&] { return Ask(field, "GET", kAsk).status == 429; });
  const auto answer = Ask(field, "GET", kAsk);
  EXPECT_EQ(answer.Find("Retry-After"), "1") << answer.body;
}

TEST_F(Session, AnAdministratorSeesTokensWithoutSecretsAndARefusalIsNoted) {
  const std::string admin = tokens.Make(Role::kAdmin);
  const std::string reader = tokens.Make(Role::kReader, {.customers = web::IdRange{1, 2}});
  Open();
  const auto answer = Ask("Authorization: Bearer " + admin, "GET", "/v1/tokens");
  ASSERT_EQ(answer.status, 200);
  const auto json = Json(answer);
  const auto& list = json.at("tokens").as_array();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(Text(list[1].at("customers")), "1-2");
  EXPECT_EQ(Text(list[1].at("state")), "good");
  for (const std::string& token : {admin, reader}) {
    const std::string secret = access::ParseToken(token)->secret;
    EXPECT_THAT(answer.body, Not(HasSubstr(secret)));
    EXPECT_THAT(answer.body, Not(HasSubstr(access::HexOf(access::HashOf(secret)))));
  }
  EXPECT_EQ(Ask("Authorization: Bearer " + reader, "GET", "/v1/tokens").status, 403);
  auto store = tokens.Store();
  Wait([&] { return store.ReadLog(100)->back().action == "refused"; });
  EXPECT_EQ(store.ReadLog(100)->back().detail, "GET /v1/tokens: role-too-low");
}

TEST_F(Session, ADamagedFileOfTokensStopsAStartAndNoServerThatRuns) {
  const std::string token = tokens.Make(Role::kReader);
  Open();
  ASSERT_TRUE(base::WriteFileAtomic(tokens.Path() / "tokens.json", "{}"));
  const auto degraded = [&] { return Ask("", "GET", "/readyz").body; };
  Wait([&] { return degraded().find(R"("what":"tokens")") != std::string::npos; });
  EXPECT_EQ(Ask("Authorization: Bearer " + token, "GET", kAsk).status, 200);
  EXPECT_EQ(Ask("", "GET", kAsk).status, 401);
  net::EventLoops loops(1, "second");
  ServerOptions options = shop->Options();
  options.access = tokens.Options();
  const auto second = ProductServer::Start(loops, options);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("tokens.json"));
}

}  // namespace
}  // namespace aisle::api
