// Which models a model service has in service: read from files and from the registry, and looked after while it
// runs.
//
// A model is asked for as a file (served under its stem's name as version 1; read once, at the start) or by a name
// of the registry: "ranking@champion", "ranking/7", "ranking" (its champion). Of a registry's model every version
// is served by its number, as far as there is room and it loads: the current one, those that aliases point at, then
// the newest. A thread of its own looks at the registry twice a second; when the alias moves, the version it names
// becomes current once it is loaded. One that does not load is logged, and what is current stays.
//
//   order    models as they were asked for; `publish` is called with one state after the other, first from
//            Start()'s thread.
//   threads  `publish` is never called after Stop().
//   errors   Start: what is asked for is not there or does not load, named: kNotFound, kInvalidArgument, kInternal.
//   cost     loading happens away from the loops; each version is kept with its engine's tables, a few megabytes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "api/model_service/served_model.h"
#include "registry/registry.h"

namespace aisle::api {

// What is asked for, before anything is read.
struct ModelAsk {
  std::string text;                           // As it was given.
  std::string name;                           // "ranking"
  std::optional<std::filesystem::path> file;  // Else of the registry:
  std::string alias;                          // "champion"; empty: `version` holds.
  int version = 0;

  // A path of a file that is there is a file; else MODEL, MODEL@ALIAS or MODEL/VERSION.
  static Result<ModelAsk> Of(const std::string& text);
};

// One model by its name, and its versions in service. Immutable.
struct ServedName {
  std::string name;
  int current = 0;
  std::map<int, ServedPointer> versions;  // The current one is among them.
  std::set<int> damaged;                  // Versions that are there and do not load.

  const ServedPointer& Current() const { return versions.at(current); }
};

// All of them; the first is what routes without a name mean.
struct ModelsInService {
  std::vector<ServedName> names;

  const ServedName* Find(std::string_view name) const;
};
using ModelsPointer = std::shared_ptr<const ModelsInService>;

class ModelKeeper {
 public:
  using Publish = std::function<void(const ModelsPointer&)>;

  ModelKeeper(registry::Registry registry, std::vector<ModelAsk> asks, std::size_t versions_max,
              Publish publish);
  ~ModelKeeper();
  ModelKeeper(const ModelKeeper&) = delete;
  ModelKeeper& operator=(const ModelKeeper&) = delete;

  // Loads what is current of everything on this thread, then begins to watch.
  Status Start(std::chrono::milliseconds every = std::chrono::milliseconds{500});
  // Does not wait for the thread; the destructor does.
  void Stop();

  ModelsPointer Models() const;

 private:
  Result<ServedPointer> LoadFile(const ModelAsk& ask) const;
  Result<ServedPointer> LoadVersion(const ModelAsk& ask, int version) const;
  // The version that is to be current, and all that are to be served, most wanted first.
  Result<std::vector<int>> Wanted(const ModelAsk& ask) const;
  Result<ServedName> First(const ModelAsk& ask) const;
  // Null: nothing has changed.
  std::shared_ptr<ServedName> Look(const ModelAsk& ask, const ServedName& before);
  void LookAtAll();
  void Watch(std::chrono::milliseconds every);
  void Say(const std::string& what);

  const registry::Registry registry_;
  const std::vector<ModelAsk> asks_;
  const std::size_t versions_max_;
  const Publish publish_;
  mutable std::mutex mutex_;  // models_, stopping_
  std::condition_variable wake_;
  ModelsPointer models_;
  bool stopping_ = false;
  // Of the watching thread.
  std::set<std::string> said_;                         // Warnings, each once.
  std::chrono::steady_clock::time_point try_again_{};  // What did not load.
  std::thread thread_;
};

}  // namespace aisle::api
