// What holds for every route of the model service: it says all that must be said, its examples are answered as they
// say, and the README's table is the same.
#include "api/model_service/service_route_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/examples_testing.h"
#include "api/model_service/open_service_testing.h"

namespace aisle::api {
namespace {

std::vector<web::Route> Table() {
  return ServiceRouteTable(std::make_shared<ServiceDesk>(0, ServiceOptions{}));
}

TEST(ServiceRouteTable, EveryRouteSaysWhatItIs) {
  const std::vector<web::Route> table = Table();
  EXPECT_EQ(web::RouteTableProblem(table), "");
  EXPECT_GE(table.size(), 12U);
  for (const web::Route& route : table) {
    const std::string shown = fmt::format("{} {}", route.method, route.pattern);
    EXPECT_FALSE(route.summary.empty()) << shown;
    EXPECT_EQ(route.summary.find_first_of("|\n`"), std::string_view::npos) << shown;
    ASSERT_FALSE(route.examples.empty()) << shown;
    EXPECT_EQ(route.examples.front().status, 200) << shown;
    EXPECT_EQ(route.method == "GET", route.limits.body_bytes == 0) << shown;
  }
}

TEST(ServiceRouteTable, EveryExampleIsAnsweredAsItSays) {
  const NamedModel model("dart.json");
  ModelServerOptions options;
  options.models = {model.Text()};
  options.service.version = "1.0";
  const OpenService service(std::move(options));
  for (const web::Route& route : Table()) {
    for (const web::Example& example : route.examples)
      ExpectAnsweredAsItSays(route, example, service.Connect());
  }
}

TEST(ServiceRouteTable, TheReadmesTableIsTheSame) {
  EXPECT_EQ(RowsOfReadme(AISLE_SOURCE_DIR "/src/online/api/model_service/README.md"),
            RowsOf(Table()));
}

}  // namespace
}  // namespace aisle::api
