// A model service to ask in tests, of model files of the forest's corpus or of a registry. Private to the tests.
//
//   errors   what cannot be set up stops the test run.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/model_service/model_server.h"
#include "base/temp_folder_testing.h"
#include "forest/formats/load.h"
#include "web/client_testing.h"

namespace aisle::api {

inline std::filesystem::path CorpusFile(std::string_view name) {
  return std::filesystem::path(AISLE_SOURCE_DIR "/src/engines/forest/corpus") / name;
}

inline ServedPointer ServeFile(std::string_view file, std::string name = "model") {
  auto model = forest::LoadModelFile(CorpusFile(file));
  AISLE_ASSERT(model);
  auto served = ServedModel::Make({.name = std::move(name), .version = 1, .source = "here"},
                                  *std::move(model), std::nullopt);
  EXPECT_TRUE(served) << served.error().message;
  AISLE_ASSERT(served);
  return *std::move(served);
}

class OpenService {
 public:
  explicit OpenService(ModelServerOptions options, int loop_count = 2,
                       std::string listen = "127.0.0.1:0")
      : loops(loop_count, "service") {
    options.listen = std::move(listen);
    auto started = ModelServer::Start(loops, options);
    EXPECT_TRUE(started) << started.error().message;
    AISLE_ASSERT(started);
    server = *std::move(started);
    loops.Start();
  }
  ~OpenService() {
    loops.Stop();
    loops.Join(std::chrono::seconds{10});
  }

  web::Client Connect() const {
    auto client =
        web::Client::Connect(*web::ParseAddress(server->Address()), std::chrono::seconds{30});
    AISLE_ASSERT(client);
    return *std::move(client);
  }
  web::ClientAnswer Get(std::string_view target) const { return MustHave(Connect().Get(target)); }
  web::ClientAnswer Post(std::string_view target, std::string_view body,
                         std::string_view content_type = "application/json") const {
    return MustHave(Connect().Post(target, body, content_type));
  }
  static web::ClientAnswer MustHave(Result<web::ClientAnswer> answer) {
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *std::move(answer) : web::ClientAnswer{};
  }

  net::EventLoops loops;
  std::unique_ptr<ModelServer> server;
};

// A file of the corpus under another name.
class NamedModel {
 public:
  explicit NamedModel(std::string_view file, std::string_view name = "model.json")
      : path_(folder_.Path() / name) {
    std::filesystem::copy_file(CorpusFile(file), path_);
  }
  std::string Text() const { return path_.string(); }

 private:
  base::TempFolder folder_;
  std::filesystem::path path_;
};

}  // namespace aisle::api
