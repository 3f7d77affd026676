// Who may ask what: every route of both tables, asked by everybody there is. The lists are made of the tables, so a new
// route is asked too, and one whose role was forgotten does not compile.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "access/file_token_store.h"
#include "api/model_service/open_service_testing.h"
#include "api/model_service/service_route_table.h"
#include "api/open_shop_testing.h"
#include "api/route_table.h"
#include "api/tokens_testing.h"

namespace aisle::api {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::HasSubstr;
using web::Role;

// 401, 403, or what a handler says.
constexpr int kByTheHandler = 0;

int Wanted(const web::Route& route, const Asker& asker) {
  if (route.role == Role::kPublic) return kByTheHandler;
  if (!asker.role) return 401;
  return *asker.role < route.role ? 403 : kByTheHandler;
}

void ExpectTheMatrix(const std::vector<web::Route>& table, const std::vector<Asker>& askers,
                     const std::function<web::Client()>& connect) {
  std::map<int, int> seen;
  for (const web::Route& route : table) {
    const web::Example& example = route.examples.front();
    for (const Asker& asker : askers) {
      SCOPED_TRACE(fmt::format("{} {} by {}", route.method, route.pattern, asker.name));
      web::Client client = connect();
      const web::ClientAnswer answer =
          AskAs(client, asker.field, route.method, example.target, example.body);
      const int wanted = Wanted(route, asker);
      ++seen[wanted];
      if (wanted == kByTheHandler) {
        EXPECT_THAT(answer.status, testing::Not(AnyOf(401, 403))) << answer.body;
      } else {
        EXPECT_EQ(answer.status, wanted) << answer.body;
        EXPECT_EQ(answer.Find("WWW-Authenticate").starts_with("Bearer realm=\"aisle\""), true);
        EXPECT_THAT(answer.body, HasSubstr("urn:problem-type:aisle:"));
      }
      EXPECT_THAT(answer.body, testing::Not(HasSubstr(asker.secret)))
          << "a secret is in the answer";
    }
  }
  EXPECT_GT(seen[kByTheHandler], 10);
  EXPECT_GT(seen[401], 10);
}

class AccessMatrix : public testing::Test {
 protected:
  TokenFolder tokens;
};

TEST_F(AccessMatrix, OfTheProduct) {
  const std::vector<Asker> askers = tokens.Everybody();
  const OpenShop shop(tokens.Options());
  const auto table = RouteTable(std::make_shared<Desk>(0, nullptr, 70ms));
  // POST /v1/session of its example is of no good token: 401 by its handler, which is not the gate's.
  std::vector<web::Route> gated;
  for (const web::Route& route : table) {
    if (route.method != "POST" || route.pattern != "/v1/session") gated.push_back(route);
  }
  EXPECT_EQ(gated.size() + 1, table.size());
  ExpectTheMatrix(gated, askers, [&] { return shop.Connect(); });
  // All roles stand in it.
  for (const Role role : {Role::kPublic, Role::kReader, Role::kWriter, Role::kAdmin}) {
    EXPECT_TRUE(std::ranges::any_of(table, [&](const auto& route) { return route.role == role; }))
        << web::RoleName(role);
  }
}

TEST_F(AccessMatrix, OfTheModelService) {
  const std::vector<Asker> askers = tokens.Everybody();
  const NamedModel model("dart.json");
  ModelServerOptions options;
  options.models = {model.Text()};
  options.access = tokens.Options();
  const OpenService service(std::move(options));
  ExpectTheMatrix(ServiceRouteTable(std::make_shared<ServiceDesk>(0, ServiceOptions{})), askers,
                  [&] { return service.Connect(); });
}

TEST_F(AccessMatrix, WithoutTokensEverybodyMayDoEverythingOnLoopback) {
  const OpenShop shop(tokens.Options());
  for (const web::Route& route : RouteTable(std::make_shared<Desk>(0, nullptr, 70ms))) {
    web::Client client = shop.Connect();
    const web::Example& example = route.examples.front();
    EXPECT_EQ(AskAs(client, "", route.method, example.target, example.body).status, 200)
        << route.pattern;
  }
}

// Every route that names a customer in its path, its query or its body, by a token for others.
TEST_F(AccessMatrix, ATokenForSomeCustomersIsForNoOthers) {
  const std::string for_one = tokens.Make(Role::kWriter, {.customers = web::IdRange{7, 7}});
  const OpenShop shop(tokens.Options());
  int asked = 0;
  for (const web::Route& route : RouteTable(std::make_shared<Desk>(0, nullptr, 70ms))) {
    if (route.role != Role::kReader && route.role != Role::kWriter) continue;
    for (const web::Example& example : route.examples) {
      const bool names_one = example.target.find("customer") != std::string_view::npos ||
                             example.body.find("customer_id") != std::string_view::npos;
      if (!names_one || example.status != 200) continue;
      SCOPED_TRACE(fmt::format("{} {} {}", route.method, example.target, example.body));
      ++asked;
      web::Client client = shop.Connect();
      const auto answer = AskAs(client, "Authorization: Bearer " + for_one, route.method,
                                example.target, example.body);
      EXPECT_THAT(answer.body, HasSubstr("customer-not-allowed"));
      EXPECT_THAT(answer.body, testing::Not(HasSubstr("product_name")));
      EXPECT_THAT(answer.status, AnyOf(403, 200));  // A batch is answered row by row.
      EXPECT_EQ(answer.status == 200, answer.body.starts_with(R"({"data":[[)")) << answer.body;
    }
  }
  EXPECT_GE(asked, 6);
  web::Client client = shop.Connect();
  const auto own = AskAs(client, "Authorization: Bearer " + for_one, "GET",
                         "/recommend?customer_id=7&zip_code=10001");
  EXPECT_EQ(own.status, 200) << own.body;
}

TEST_F(AccessMatrix, ARowOfABatchIsRefusedAlone) {
  const std::string for_some =
      tokens.Make(Role::kReader, {.customers = web::IdRange{1'000'000, 1'000'001}});
  const OpenShop shop(tokens.Options());
  web::Client client = shop.Connect();
  const auto answer = AskAs(
      client, "Authorization: Bearer " + for_some, "POST", "/recommend",
      R"({"data":[[0,{"customer_id":1000000}],[1,{"customer_id":1000002}],[2,{"customer_id":1000001}]]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto json = Json(answer);
  const auto& rows = json.at("data").as_array();
  EXPECT_TRUE(rows[0].at(1).as_object().contains("recommendations"));
  EXPECT_EQ(rows[1].at(1).at("status").as_int64(), 403);
  EXPECT_TRUE(rows[2].at(1).as_object().contains("recommendations"));
}

}  // namespace
}  // namespace aisle::api
