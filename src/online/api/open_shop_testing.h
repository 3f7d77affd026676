// A shop that is open: a serving root in a temporary folder, generations published into it, and a
// product server on loopback. Private to this module's tests.
//
//   errors   what cannot be set up stops the test run.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/value.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "api/product_server.h"
#include "base/temp_folder_testing.h"
#include "serving/generation/writer.h"
#include "serving/sample_testing.h"
#include "web/client_testing.h"
#include "web/json_body.h"

namespace aisle::api {

inline constexpr std::size_t kProducts = 200;
inline constexpr int kCustomers = 20;

// Customers from kSampleFirstCustomer; a ranking model if `ranking_version` is not 0.
inline std::int64_t PublishGeneration(const std::filesystem::path& root, std::uint64_t seed,
                                      int ranking_version = 7) {
  const auto publish = [&]() -> Result<serving::GenerationManifest> {
    AISLE_TRY(auto writer, serving::GenerationWriter::Create(root));
    for (std::int64_t id = serving::kSampleFirstCustomer;
         id < serving::kSampleFirstCustomer + kCustomers; ++id) {
      AISLE_CHECK(writer.PutCustomer(serving::SampleCustomer(seed, id, kProducts),
                                     serving::SamplePropensity(seed, id)));
    }
    AISLE_CHECK(writer.PutShelf(serving::SampleShelf(seed, kProducts)));
    if (ranking_version != 0) AISLE_CHECK(writer.PutModel("ranking", serving::SampleModel(100)));
    serving::GenerationManifest manifest;
    manifest.as_of = serving::kSampleAsOf;
    manifest.ranking_version = ranking_version;
    manifest.propensity_version = 12;
    manifest.example_customer = "1000000";
    return writer.Commit(manifest);
  };
  const auto manifest = publish();
  EXPECT_TRUE(manifest) << manifest.error().message;
  AISLE_ASSERT(manifest);
  return manifest->generation;
}

class OpenShop {
 public:
  // `place`: a folder that is there already, with serving/ and events/ as they are; empty: a new one.
  explicit OpenShop(bool published = true, int loop_count = 2, std::filesystem::path place = {})
      : given(std::move(place)), loops(loop_count, "shop") {
    if (published) PublishGeneration(Root(), 1);
    server = MustStart(loops, Options());
    loops.Start();
  }
  // Published, and with these tokens.
  explicit OpenShop(access::GatekeeperOptions access) : loops(2, "shop") {
    PublishGeneration(Root(), 1);
    ServerOptions options = Options();
    options.access = std::move(access);
    auto started = ProductServer::Start(loops, options);
    EXPECT_TRUE(started) << started.error().message;
    AISLE_ASSERT(started);
    server = *std::move(started);
    loops.Start();
  }
  ~OpenShop() { Close(); }

  ServerOptions Options() const {
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.serving_root = Root();
    options.event_log = Place() / "events";
    options.change_log = Place() / "changes";
    options.request_deadline = std::chrono::seconds{10};  // Sanitizers and busy machines.
    return options;
  }
  bool Close() {
    loops.Stop();
    return loops.Join(std::chrono::seconds{10});
  }
  std::filesystem::path Root() const { return Place() / "serving"; }
  std::filesystem::path Place() const { return given.empty() ? folder.Path() : given; }

  web::Client Connect() const {
    const auto address = web::ParseAddress(server->Address());
    AISLE_ASSERT(address);
    auto client = web::Client::Connect(*address, std::chrono::seconds{30});
    AISLE_ASSERT(client);
    return *std::move(client);
  }
  web::ClientAnswer Get(std::string_view target) const { return MustHave(Connect().Get(target)); }
  web::ClientAnswer Post(std::string_view target, std::string_view body,
                         std::string_view content_type = "application/json") const {
    return MustHave(Connect().Post(target, body, content_type));
  }
  web::ClientAnswer Put(std::string_view target, std::string_view body,
                        std::string_view content_type = "application/json") const {
    return MustHave(Connect().Put(target, body, content_type));
  }
  void ExpectWell() const {
    EXPECT_EQ(Get("/recommend?customer_id=1000000&zip_code=10001").status, 200);
  }

  static std::unique_ptr<ProductServer> MustStart(net::EventLoops& on,
                                                  const ServerOptions& options) {
    auto started = ProductServer::Start(on, options);
    EXPECT_TRUE(started) << started.error().message;
    AISLE_ASSERT(started);
    return *std::move(started);
  }
  static web::ClientAnswer MustHave(Result<web::ClientAnswer> answer) {
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *std::move(answer) : web::ClientAnswer{};
  }

  base::TempFolder folder;
  std::filesystem::path given;
  net::EventLoops loops;
  std::unique_ptr<ProductServer> server;
};

inline boost::json::value Json(const web::ClientAnswer& answer) {
  auto value = web::ParseJson(answer.body);
  EXPECT_TRUE(value) << value.error().detail << ": " << answer.body;
  return value ? *std::move(value) : boost::json::value();
}

inline std::string Text(const boost::json::value& value) {
  return std::string(value.as_string().data(), value.as_string().size());
}

}  // namespace aisle::api
