#include "api/model_service/model_keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "forest/formats/load.h"
#include "ranking/ranking.h"

namespace aisle::api {
namespace {

namespace fs = std::filesystem;

// A file has no versions; clients want a number.
constexpr int kVersionOfFile = 1;
// A version that did not load may be repaired; reading it twice a second would be for nothing.
constexpr std::chrono::seconds kTryAgainAfter{10};

}  // namespace

Result<ModelAsk> ModelAsk::Of(const std::string& text) {
  ModelAsk ask;
  ask.text = text;
  std::error_code code;
  if (fs::is_regular_file(text, code)) {
    ask.file = text;
    ask.name = ask.file->stem().string();
    ask.version = kVersionOfFile;
    return ask;
  }
  const std::size_t at = text.find_first_of("@/");
  ask.name = text.substr(0, at);
  const std::string rest = at == std::string::npos ? registry::kChampion : text.substr(at + 1);
  const bool is_number = !rest.empty() && rest.size() < 9 &&
                         std::ranges::all_of(rest, [](char c) { return c >= '0' && c <= '9'; });
  if (ask.name.empty() || rest.empty() || rest.find_first_of("@/.") != std::string::npos ||
      ask.name.find('.') != std::string::npos) {
    return Fail(
        ErrorCode::kNotFound,
        fmt::format("'{}' is no model: there is no such file, and names of the registry are "
                    "MODEL, MODEL@ALIAS or MODEL/VERSION",
                    text));
  }
  if (is_number) {
    ask.version = std::stoi(rest);
  } else {
    ask.alias = rest;
  }
  return ask;
}

const ServedName* ModelsInService::Find(std::string_view name) const {
  const auto found = std::ranges::find(names, name, &ServedName::name);
  return found == names.end() ? nullptr : &*found;
}

ModelKeeper::ModelKeeper(registry::Registry registry, std::vector<ModelAsk> asks,
                         std::size_t versions_max, Publish publish)
    : registry_(std::move(registry)),
      asks_(std::move(asks)),
      versions_max_(versions_max),
      publish_(std::move(publish)) {}

ModelKeeper::~ModelKeeper() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

void ModelKeeper::Stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
}

ModelsPointer ModelKeeper::Models() const {
  const std::lock_guard lock(mutex_);
  return models_;
}

Result<ServedPointer> ModelKeeper::LoadFile(const ModelAsk& ask) const {
  AISLE_TRY(forest::Model model, forest::LoadModelFile(*ask.file));
  return ServedModel::Make(
      {.name = ask.name, .version = kVersionOfFile, .source = ask.file->string()}, std::move(model),
      std::nullopt);
}

Result<ServedPointer> ModelKeeper::LoadVersion(const ModelAsk& ask, int version) const {
  AISLE_TRY(const registry::ModelVersion stored, registry_.Load(ask.name, version));
  AISLE_TRY(const ranking::ModelSpec spec, ranking::SpecOf(stored));
  ModelLabel label{.name = ask.name,
                   .version = version,
                   .source = fmt::format("model {}/{}", ask.name, version)};
  auto model = forest::LoadModel(spec.ubjson);
  if (!model) return Within(label.source, model.error());
  if (model->feature_names.empty() && spec.inputs.size() == model->feature_count)
    model->feature_names = spec.inputs;
  return ServedModel::Make(
      std::move(label), *std::move(model),
      Calibration{.slope = spec.calibration_slope, .offset = spec.calibration_offset});
}

Result<std::vector<int>> ModelKeeper::Wanted(const ModelAsk& ask) const {
  std::vector<int> wanted;
  const auto want = [&](int version) {
    if (std::ranges::find(wanted, version) == wanted.end()) wanted.push_back(version);
  };
  AISLE_TRY(const auto aliases, registry_.Aliases(ask.name));
  AISLE_TRY(std::vector<int> versions, registry_.Versions(ask.name));
  if (ask.alias.empty()) {
    want(ask.version);
  } else {
    AISLE_TRY(const int current, registry_.Resolve(ask.name, ask.alias));
    want(current);
  }
  const auto is_there = [&](int version) {
    return std::ranges::find(versions, version) != versions.end();
  };
  for (const auto& [alias, version] : aliases) {
    if (is_there(version)) want(version);
  }
  std::ranges::sort(versions, std::greater<>());
  for (const int version : versions) want(version);
  wanted.resize(std::min(wanted.size(), versions_max_));
  return wanted;
}

Result<ServedName> ModelKeeper::First(const ModelAsk& ask) const {
  ServedName served{.name = ask.name, .current = kVersionOfFile, .versions = {}, .damaged = {}};
  if (ask.file) {
    AISLE_TRY(served.versions[kVersionOfFile], LoadFile(ask));
    return served;
  }
  AISLE_TRY(const std::vector<int> wanted, Wanted(ask));
  served.current = wanted.front();
  AISLE_TRY(served.versions[served.current], LoadVersion(ask, served.current));
  return served;
}

void ModelKeeper::Say(const std::string& what) {
  if (said_.insert(what).second) base::LogWarning("{}", what);
}

std::shared_ptr<ServedName> ModelKeeper::Look(const ModelAsk& ask, const ServedName& before) {
  const auto wanted = Wanted(ask);
  if (!wanted) {
    Say(wanted.error().message + "; the models in service stay");
    return nullptr;
  }
  const bool try_again = std::chrono::steady_clock::now() >= try_again_;
  auto after = std::make_shared<ServedName>(before);
  std::erase_if(after->versions, [&](const auto& version) {
    return version.first != before.current &&
           std::ranges::find(*wanted, version.first) == wanted->end();
  });
  for (const int version : *wanted) {
    if (after->versions.contains(version) || (before.damaged.contains(version) && !try_again))
      continue;
    auto loaded = LoadVersion(ask, version);
    if (loaded) {
      after->versions[version] = *std::move(loaded);
      after->damaged.erase(version);
    } else {
      after->damaged.insert(version);
      Say(loaded.error().message + "; it is not served");
    }
  }
  if (after->versions.contains(wanted->front())) after->current = wanted->front();
  const bool same = after->current == before.current && after->versions == before.versions &&
                    after->damaged == before.damaged;
  if (same) return nullptr;
  if (after->current != before.current)
    base::LogInfo("{} is version {} now", ask.text, after->current);
  return after;
}

void ModelKeeper::LookAtAll() {
  const ModelsPointer before = Models();
  auto after = std::make_shared<ModelsInService>(*before);
  bool changed = false;
  for (std::size_t i = 0; i < asks_.size(); ++i) {
    if (asks_[i].file) continue;
    if (const auto name = Look(asks_[i], before->names[i])) {
      after->names[i] = *name;
      changed = true;
    }
  }
  const auto now = std::chrono::steady_clock::now();
  if (now >= try_again_) try_again_ = now + kTryAgainAfter;
  const std::lock_guard lock(mutex_);
  if (!changed || stopping_) return;
  models_ = std::move(after);
  publish_(models_);
}

void ModelKeeper::Watch(std::chrono::milliseconds every) {
  for (;;) {
    LookAtAll();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, every, [&] { return stopping_; })) return;
  }
}

Status ModelKeeper::Start(std::chrono::milliseconds every) {
  auto models = std::make_shared<ModelsInService>();
  bool any_of_registry = false;
  for (const ModelAsk& ask : asks_) {
    AISLE_TRY(ServedName first, First(ask));
    if (models->Find(first.name) != nullptr) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("two models would be served as '{}'", first.name));
    }
    any_of_registry = any_of_registry || !ask.file;
    models->names.push_back(std::move(first));
  }
  AISLE_ASSERT(!models->names.empty());
  models_ = std::move(models);
  publish_(models_);
  if (any_of_registry) thread_ = std::thread([this, every] { Watch(every); });
  return {};
}

}  // namespace aisle::api
