#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/files.h"
#include "kv/kv.h"
#include "kv/record_bytes.h"
#include "serving/check.h"
#include "serving/generation_lock.h"
#include "serving/layout.h"
#include "serving/region_popularity.h"
#include "serving/serving.h"

namespace aisle::serving {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// How often a generation may be removed under a reader that is about to open it.
constexpr int kOpenAttempts = 5;

std::unexpected<Error> Unknown(domain::CustomerId customer) {
  return Fail(ErrorCode::kNotFound, fmt::format("customer {} is unknown", customer.value));
}

Result<std::vector<float>> DecodePropensity(std::string_view bytes, std::size_t category_count) {
  if (bytes.size() != category_count * sizeof(float)) {
    return Fail(ErrorCode::kInternal,
                fmt::format("propensity is damaged: {} bytes for {} categories", bytes.size(),
                            category_count));
  }
  kv::RecordReader in(bytes);
  std::vector<float> propensity(category_count);
  for (float& score : propensity) score = in.Float();
  return propensity;
}

class EmbeddedStore : public Store {
 public:
  EmbeddedStore(kv::Snapshot::Reader reader, std::size_t category_count)
      : reader_(std::move(reader)), category_count_(category_count) {}
  std::string_view Name() const override { return "embedded"; }
  bool Suspends() const override { return false; }

  net::Task<Result<CustomerState>> Fetch(domain::CustomerId customer) override {
    co_return FetchNow(customer);
  }

 private:
  Result<CustomerState> FetchNow(domain::CustomerId customer) const {
    if (customer.value < 0) return Unknown(customer);
    const auto key = static_cast<kv::Key>(customer.value);
    const auto started = Clock::now();
    CustomerState state;
    AISLE_TRY(const auto record, reader_.Get(kCustomerTable, key));
    if (!record) return Unknown(customer);
    AISLE_TRY(state.record, DecodeCustomer(*record));
    const auto between = Clock::now();
    AISLE_TRY(const auto propensity, reader_.Get(kPropensityTable, key));
    if (propensity) {
      AISLE_TRY(state.propensity, DecodePropensity(*propensity, category_count_));
    }
    state.features_time = between - started;
    state.propensity_time = Clock::now() - between;
    return state;
  }

  kv::Snapshot::Reader reader_;
  std::size_t category_count_;
};

using CustomerMap = std::unordered_map<std::int64_t, CustomerState>;

// The same from memory, for states that were made from parts.
class MemoryStore : public Store {
 public:
  explicit MemoryStore(const CustomerMap& customers) : customers_(&customers) {}
  std::string_view Name() const override { return "embedded"; }
  bool Suspends() const override { return false; }
  net::Task<Result<CustomerState>> Fetch(domain::CustomerId customer) override {
    const auto found = customers_->find(customer.value);
    if (found == customers_->end()) co_return Unknown(customer);
    co_return found->second;
  }

 private:
  const CustomerMap* customers_;
};

// Answers every look-up with the error that kept the store from opening.
class BrokenStore : public Store {
 public:
  explicit BrokenStore(Error error) : error_(std::move(error)) {}
  std::string_view Name() const override { return "embedded"; }
  bool Suspends() const override { return false; }
  net::Task<Result<CustomerState>> Fetch(domain::CustomerId) override {
    co_return std::unexpected(error_);
  }

 private:
  Error error_;
};

// Bytes of a file of the generation, if they are what the manifest says.
Result<std::string> ReadChecked(const fs::path& folder, const StoredManifest& stored,
                                const std::string& file) {
  const auto expected = stored.checksums.find(file);
  if (expected == stored.checksums.end()) {
    return Fail(ErrorCode::kInternal,
                fmt::format("{}: its manifest does not list it", (folder / file).string()));
  }
  auto bytes = base::ReadFile(folder / file);
  if (!bytes) return Fail(ErrorCode::kInternal, bytes.error().message);
  if (const std::string found = base::Checksum(*bytes); found != expected->second) {
    return Fail(ErrorCode::kInternal,
                fmt::format("{} is damaged: checksum {}, the manifest says {}",
                            (folder / file).string(), found, expected->second));
  }
  return bytes;
}

Result<kv::Snapshot> OpenData(const fs::path& folder, const StoredManifest& stored) {
  const std::string file = fmt::format("{}/{}", kDataFolder, kv::kDataFile);
  const auto expected = stored.checksums.find(file);
  auto found = kv::DataChecksum(folder / kDataFolder);
  if (!found) return Fail(ErrorCode::kInternal, found.error().message);
  if (expected == stored.checksums.end() || *found != expected->second) {
    return Fail(
        ErrorCode::kInternal,
        fmt::format("{} is damaged: checksum {}, the manifest says {}", (folder / file).string(),
                    *found, expected == stored.checksums.end() ? "nothing" : expected->second));
  }
  return kv::Snapshot::Open(folder / kDataFolder, kTables);
}

Result<std::optional<ranking::ModelSpec>> ReadRankingModel(const fs::path& folder,
                                                           const StoredManifest& stored) {
  const std::string file = fmt::format("{}/{}.json", kModelsFolder, kRankingModel);
  if (!stored.checksums.contains(file)) return std::optional<ranking::ModelSpec>{};
  AISLE_TRY(const std::string text, ReadChecked(folder, stored, file));
  auto spec = ModelFromJson(text);
  if (!spec) return Within((folder / file).string(), spec.error());
  AISLE_TRY(spec->ubjson,
            ReadChecked(folder, stored, fmt::format("{}/{}.ubj", kModelsFolder, kRankingModel)));
  return std::optional(*std::move(spec));
}

}  // namespace

struct ServingState::Impl {
  GenerationManifest manifest;
  Shelf shelf;
  std::optional<GenerationLock> lock;  // Of a generation on disk.
  std::optional<kv::Snapshot> data;    // Of a generation on disk.
  CustomerMap customers;               // Of a state made from parts.
  std::optional<features::CatalogueView> view;
  std::array<RegionPopularity, domain::kRegionCount> popularity;
  std::optional<ranking::PairScorer> ranker;
  std::vector<ranking::PreparedCandidates> candidates;  // By region, with a ranker.
  std::optional<ranking::SweepScorer> sweeper;
  std::array<ranking::SweptCandidates, domain::kRegionCount> swept;

  // What is computed from the shelf; the shelf must not move afterwards.
  Status Complete(const std::optional<ranking::ModelSpec>& model) {
    view.emplace(shelf.catalogue);
    popularity = PopularityOf(shelf);
    if (!model) return {};
    AISLE_TRY(auto made, ranking::PairScorer::Make(*model, *view));
    ranker.emplace(std::move(made));
    for (const RegionShelf& region : shelf.regions)
      candidates.push_back(ranker->Prepare(region.products));
    AISLE_TRY(sweeper, ranking::SweepScorer::MakeIfFits(*model, ranker->Forest(), *view));
    for (std::size_t region = 0; sweeper && region < swept.size(); ++region)
      swept[region] = sweeper->Group(shelf.regions[region].products);
    return {};
  }

  static Result<std::unique_ptr<Impl>> Open(const fs::path& root, std::int64_t generation);
};

Result<std::unique_ptr<ServingState::Impl>> ServingState::Impl::Open(const fs::path& root,
                                                                     std::int64_t generation) {
  const fs::path folder = GenerationFolder(root, generation);
  auto impl = std::make_unique<Impl>();
  AISLE_TRY(GenerationLock lock, GenerationLock::Hold(folder));
  impl->lock.emplace(std::move(lock));
  const fs::path manifest_path = folder / kManifestFile;
  const auto text = base::ReadFile(manifest_path);
  if (!text) return Fail(ErrorCode::kInternal, text.error().message);
  auto stored = ManifestFromJson(*text);
  if (!stored) return Within(manifest_path.string(), stored.error());
  impl->manifest = stored->manifest;
  if (impl->manifest.generation != generation) {
    return Fail(ErrorCode::kInternal, fmt::format("{} is of generation {}", manifest_path.string(),
                                                  impl->manifest.generation));
  }
  AISLE_TRY(const std::string bytes, ReadChecked(folder, *stored, std::string(kShelfFile)));
  auto shelf = DecodeShelf(bytes);
  if (!shelf) return Within((folder / kShelfFile).string(), shelf.error());
  impl->shelf = *std::move(shelf);
  AISLE_TRY(const auto model, ReadRankingModel(folder, *stored));
  if (auto complete = impl->Complete(model); !complete) {
    return Within((folder / kModelsFolder / kRankingModel).string() + ".ubj", complete.error());
  }
  AISLE_TRY(auto data, OpenData(folder, *stored));
  impl->data.emplace(std::move(data));
  return impl;
}

ServingState::ServingState(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ServingState::~ServingState() = default;

Result<std::shared_ptr<const ServingState>> ServingState::OpenCurrent(const fs::path& root) {
  Error error;
  // A publisher may replace and remove the generation between reading CURRENT and holding it.
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    AISLE_TRY(const std::int64_t generation, CurrentGeneration(root));
    auto impl = Impl::Open(root, generation);
    if (impl) return std::make_shared<const ServingState>(*std::move(impl));
    error = std::move(impl).error();
    if (error.code != ErrorCode::kNotFound) return std::unexpected(error);
  }
  // Something is published, and yet it is not there: that is damage.
  return Fail(ErrorCode::kInternal, fmt::format("{} names a generation that is not there: {}",
                                                (root / kCurrentFile).string(), error.message));
}

Result<std::shared_ptr<const ServingState>> ServingState::FromParts(
    GenerationManifest manifest, Shelf shelf,
    const std::optional<ranking::ModelSpec>& ranking_model, std::vector<CustomerState> customers) {
  AISLE_CHECK(CheckShelf(shelf, ErrorCode::kInvalidArgument));
  auto impl = std::make_unique<Impl>();
  impl->manifest = manifest;
  impl->shelf = std::move(shelf);
  References references;
  for (CustomerState& customer : customers) {
    AISLE_CHECK(CheckCustomer(customer.record, ErrorCode::kInvalidArgument));
    references.Add(customer.record, customer.propensity);
    const std::int64_t id = customer.record.customer.value;
    if (!impl->customers.emplace(id, std::move(customer)).second)
      return Fail(ErrorCode::kInvalidArgument, fmt::format("customer {} is there twice", id));
  }
  AISLE_CHECK(references.Check(impl->shelf.catalogue, ErrorCode::kInvalidArgument));
  AISLE_CHECK(impl->Complete(ranking_model));
  return std::make_shared<const ServingState>(std::move(impl));
}

const GenerationManifest& ServingState::Manifest() const { return impl_->manifest; }
const Shelf& ServingState::StockedShelf() const { return impl_->shelf; }
const features::CatalogueView& ServingState::View() const { return *impl_->view; }
const ranking::PairScorer* ServingState::Ranker() const {
  return impl_->ranker ? &*impl_->ranker : nullptr;
}
const ranking::PreparedCandidates& ServingState::Candidates(domain::Region region) const {
  AISLE_ASSERT(impl_->ranker.has_value());
  return impl_->candidates[static_cast<std::size_t>(region)];
}
const ranking::SweepScorer* ServingState::Sweeper() const {
  return impl_->sweeper ? &*impl_->sweeper : nullptr;
}
const ranking::SweptCandidates& ServingState::SweptOf(domain::Region region) const {
  return impl_->swept[static_cast<std::size_t>(region)];
}
const RegionPopularity& ServingState::Popularity(domain::Region region) const {
  return impl_->popularity[static_cast<std::size_t>(region)];
}
std::unique_ptr<Store> ServingState::OpenStore() const {
  if (!impl_->data) return std::make_unique<MemoryStore>(impl_->customers);
  auto reader = impl_->data->OpenReader();
  if (!reader) return std::make_unique<BrokenStore>(std::move(reader).error());
  return std::make_unique<EmbeddedStore>(*std::move(reader),
                                         impl_->shelf.catalogue.categories.size());
}

}  // namespace aisle::serving
