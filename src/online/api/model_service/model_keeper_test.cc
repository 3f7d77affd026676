#include "api/model_service/model_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "api/model_service/open_service_testing.h"
#include "ranking/calibration.h"
#include "serving/sample_testing.h"
#include "web/json_body.h"

namespace aisle::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

// A registry with versions of a model that asks for the price: below `price` the margin is 1, else -1.
class Shelf {
 public:
  int Add(double price, bool promote) {
    const ranking::ModelSpec sample = serving::SampleModel(price);
    registry::Manifest manifest;
    manifest.model = "ranking";
    manifest.inputs = {{"price", "float", "product"}};
    manifest.objective = "binary:logistic";
    manifest.calibration_slope = sample.calibration_slope;
    manifest.calibration_offset = sample.calibration_offset;
    return registry.Add(manifest, sample.ubjson, promote).value();
  }
  base::TempFolder folder;
  registry::Registry registry{folder.Path()};
};

ModelServerOptions Follow(const Shelf& shelf, const std::string& text = "ranking@champion") {
  ModelServerOptions options;
  options.models = {text};
  options.registry = shelf.folder.Path();
  options.look_every = 10ms;
  return options;
}

// What /predict says of a price, and the version it says it by.
std::pair<float, std::string> Predict(const OpenService& service, int price) {
  const auto answer = service.Post("/predict", fmt::format(R"({{"data": [[0, {}]]}})", price));
  EXPECT_EQ(answer.status, 200) << answer.body;
  const auto json = web::ParseJson(answer.body);
  if (!json) return {};
  return {static_cast<float>(json->at("data").at(0).at(1).at("output_feature_1").as_double()),
          std::string(answer.Find("X-Model-Version"))};
}

bool Becomes(const OpenService& service, const std::string& version) {
  for (int i = 0; i < 500; ++i, std::this_thread::sleep_for(10ms)) {
    if (Predict(service, 1).second == version) return true;
  }
  return false;
}

TEST(ModelAsk, AFileThatIsThereIsAFileAndOtherTextsAreNames) {
  const NamedModel file("dart.json", "a.b.json");
  EXPECT_EQ(ModelAsk::Of(file.Text())->name, "a.b");
  EXPECT_TRUE(ModelAsk::Of(file.Text())->file);
  EXPECT_EQ(ModelAsk::Of("ranking")->alias, "champion");
  EXPECT_EQ(ModelAsk::Of("ranking@challenger")->alias, "challenger");
  EXPECT_EQ(ModelAsk::Of("ranking/12")->version, 12);
  EXPECT_EQ(ModelAsk::Of("ranking@12")->version, 12);
  for (const char* const text : {"", "@champion", "ranking@", "missing.ubj", "a/b/c", "a@b@c"})
    EXPECT_FALSE(ModelAsk::Of(text)) << text;
}

TEST(ModelKeeper, ARegistrysModelGivesItsCalibratedProbability) {
  Shelf shelf;
  shelf.Add(100, true);
  const OpenService service(Follow(shelf));
  const ranking::ModelSpec sample = serving::SampleModel(100);
  EXPECT_EQ(Predict(service, 50).first,
            ranking::Calibrated(1, sample.calibration_slope, sample.calibration_offset));
  EXPECT_EQ(Predict(service, 500).first,
            ranking::Calibrated(-1, sample.calibration_slope, sample.calibration_offset));
}

TEST(ModelKeeper, AnAliasThatMovesIsFollowedWithoutARestart) {
  Shelf shelf;
  shelf.Add(100, true);
  const OpenService service(Follow(shelf));
  EXPECT_EQ(Predict(service, 500).second, "1");
  const float below = Predict(service, 50).first;
  shelf.Add(1000, false);  // The challenger: served by its number only.
  EXPECT_EQ(Predict(service, 500).second, "1");
  shelf.registry.Promote("ranking", 2).value();
  ASSERT_TRUE(Becomes(service, "2"));
  EXPECT_EQ(Predict(service, 500).first, below);
  const auto old = service.Post(
      "/v2/models/ranking/versions/1/infer",
      R"({"inputs": [{"name": "price", "datatype": "FP32", "shape": [1], "data": [500]}]})");
  EXPECT_EQ(old.status, 200) << old.body;
  EXPECT_THAT(old.body, HasSubstr(R"("model_version":"1")"));
  shelf.registry.Rollback("ranking").value();
  EXPECT_TRUE(Becomes(service, "1"));
}

TEST(ModelKeeper, AVersionThatDoesNotLoadIsNamedAndWhatIsInServiceStays) {
  Shelf shelf;
  shelf.Add(100, true);
  shelf.Add(1000, false);
  std::ofstream(shelf.folder.Path() / "ranking" / "2" / "model.ubj") << "damaged";
  const OpenService service(Follow(shelf));
  std::string said;
  for (int i = 0; i < 500 && said.find("does not load") == std::string::npos; ++i) {
    said = service.Get("/v2/models/ranking/versions/2/ready").body;
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_THAT(said,
              HasSubstr("version 2 of model 'ranking' does not load: see the log; accepted: 1"));
  shelf.registry.Promote("ranking", 2).value();
  std::this_thread::sleep_for(100ms);  // Some looks at the registry.
  EXPECT_EQ(Predict(service, 50).second, "1");
  EXPECT_EQ(service.Get("/v2/models/ranking/ready").status, 200);
}

TEST(ModelKeeper, OnlySoManyVersionsAreKeptTheNewestOfThem) {
  Shelf shelf;
  for (int i = 0; i < 6; ++i) shelf.Add(100 + i, i == 0);
  std::vector<ModelsPointer> published;
  std::mutex mutex;
  std::condition_variable changed;
  ModelKeeper keeper(shelf.registry, {ModelAsk::Of("ranking@champion").value()}, 3,
                     [&](const ModelsPointer& models) {
                       const std::lock_guard lock(mutex);
                       published.push_back(models);
                       changed.notify_all();
                     });
  ASSERT_TRUE(keeper.Start(10ms));
  std::unique_lock lock(mutex);
  ASSERT_TRUE(changed.wait_for(lock, 20s, [&] { return published.size() == 2; }));
  const auto versions = [&](std::size_t i) {
    std::vector<int> numbers;
    for (const auto& [number, model] : published[i]->names[0].versions) numbers.push_back(number);
    return numbers;
  };
  EXPECT_THAT(versions(0), ElementsAre(1));
  EXPECT_THAT(versions(1), ElementsAre(1, 5, 6));
}

TEST(ModelKeeper, WhatIsAskedForAndNotThereStopsTheStart) {
  Shelf shelf;
  shelf.Add(100, true);
  net::EventLoops loops(1, "service");
  const NamedModel file("dart.json", "ranking.json");
  const auto start = [&](std::vector<std::string> models) {
    ModelServerOptions options = Follow(shelf);
    options.listen = "127.0.0.1:0";
    options.models = std::move(models);
    const auto server = ModelServer::Start(loops, options);
    return server ? std::string() : server.error().message;
  };
  EXPECT_THAT(start({}), HasSubstr("no model is named"));
  EXPECT_THAT(start({"propensity"}), HasSubstr("propensity"));
  EXPECT_THAT(start({"ranking@blue"}), HasSubstr("blue"));
  EXPECT_THAT(start({"ranking/7"}), HasSubstr("7"));
  EXPECT_THAT(start({"ranking", file.Text()}),
              HasSubstr("two models would be served as 'ranking'"));
  EXPECT_THAT(start({CorpusFile("cut_in_half.ubj").string()}), HasSubstr("cut_in_half.ubj"));
  EXPECT_EQ(start({file.Text()}), "");
}

}  // namespace
}  // namespace aisle::api
