#include "serving/state/serving_state.h"

#include <fmt/format.h>

#include <unordered_map>

#include "kv/kv.h"
#include "serving/generation/bytes.h"
#include "serving/generation/check.h"
#include "serving/generation/id_table.h"
#include "serving/generation/layout.h"
#include "serving/generation/reader.h"

namespace aisle::serving {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::unexpected<Error> Unknown(domain::CustomerId customer) {
  return Fail(ErrorCode::kNotFound, fmt::format("customer {} is unknown", customer.value));
}
std::unexpected<Error> Unknown(std::string_view source_id) {
  return Fail(ErrorCode::kNotFound, fmt::format("customer '{}' is unknown", source_id));
}

class CustomersOnDisk : public GenerationCustomers {
 public:
  CustomersOnDisk(std::int64_t generation, std::string checksum, kv::Snapshot::Reader reader,
                  const features::Catalogue& catalogue)
      : GenerationCustomers(generation, std::move(checksum)),
        reader_(std::move(reader)),
        category_count_(catalogue.categories.size()),
        text_ids_(catalogue.text_customer_ids) {}

  Result<CustomerState> Get(domain::CustomerId customer) const override {
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
  Result<domain::CustomerId> Find(std::string_view source_id) const override {
    if (!text_ids_) return Unknown(source_id);
    AISLE_TRY(const auto customer, IdTable::FindIn(reader_, source_id));
    if (!customer) return Unknown(source_id);
    return *customer;
  }

 private:
  kv::Snapshot::Reader reader_;
  std::size_t category_count_;
  bool text_ids_;
};

using CustomerMap = std::unordered_map<std::int64_t, CustomerState>;
using SourceIdMap = std::unordered_map<std::string, domain::CustomerId>;

// The same from memory, for states that were made from parts.
class CustomersInMemory : public GenerationCustomers {
 public:
  CustomersInMemory(std::int64_t generation, const CustomerMap& customers, const SourceIdMap& ids)
      : GenerationCustomers(generation), customers_(&customers), ids_(&ids) {}
  Result<CustomerState> Get(domain::CustomerId customer) const override {
    const auto found = customers_->find(customer.value);
    if (found == customers_->end()) return Unknown(customer);
    return found->second;
  }
  Result<domain::CustomerId> Find(std::string_view source_id) const override {
    const auto found = ids_->find(std::string(source_id));
    if (found == ids_->end()) return Unknown(source_id);
    return found->second;
  }

 private:
  const CustomerMap* customers_;
  const SourceIdMap* ids_;
};

// Answers every look-up with why they are not here.
class BrokenCustomers : public GenerationCustomers {
 public:
  BrokenCustomers(std::int64_t generation, std::string checksum, Error error)
      : GenerationCustomers(generation, std::move(checksum)), error_(std::move(error)) {}
  Result<CustomerState> Get(domain::CustomerId) const override { return std::unexpected(error_); }
  Result<domain::CustomerId> Find(std::string_view) const override {
    return std::unexpected(error_);
  }
  bool LieElsewhere() const override { return error_.code == ErrorCode::kFailedPrecondition; }

 private:
  Error error_;
};

}  // namespace

KnownChanges ChangesOf(const GenerationManifest& manifest) {
  return {manifest.changes_log, manifest.changes_until, manifest.as_of};
}

struct ServingState::Impl {
  GenerationManifest manifest;
  std::string checksum;  // Of the manifest, of a generation on disk.
  KnownChanges known;
  std::shared_ptr<const ServingState> before;  // Of one that was prepared again: has its customers.
  Shelf shelf;
  std::optional<GenerationLock> lock;  // Of a generation on disk.
  std::optional<kv::Snapshot> data;    // Of a generation on disk that has its customers.
  CustomerMap customers;               // Of a state made from parts.
  SourceIdMap ids;                     // Of a state made from parts.
  std::shared_ptr<const Stock> stock;
  std::optional<ranking::ModelSpec> model;
  std::optional<features::CatalogueView> view;
  std::optional<features::PricePositions> price_positions;
  std::unordered_map<std::string_view, std::uint32_t> product_of;  // By source id; into the shelf.
  std::vector<RegionPopularity> popularity;                        // By region.
  std::optional<ranking::PairScorer> ranker;
  std::vector<ranking::PreparedCandidates> candidates;  // By region, with a ranker.
  std::optional<ranking::SweepScorer> sweeper;
  std::vector<ranking::SweptCandidates> swept;  // By region, with a sweeper.
  std::optional<ranking::ScreenScorer> screener;
  std::vector<ranking::ScreenedCandidates> screened;  // By region, with a screener.

  // What is computed from the shelf; the shelf must not move afterwards.
  Status Complete(std::optional<ranking::ModelSpec> with) {
    model = std::move(with);
    stock = Stock::AsPublished(shelf);
    view.emplace(shelf.catalogue);
    if (!price_positions) price_positions.emplace(shelf.catalogue);
    popularity = PopularityOf(shelf);
    const auto& products = shelf.catalogue.products;
    for (std::uint32_t p = 0; p < products.size(); ++p) {
      if (!products[p].source_id.empty()) product_of.emplace(products[p].source_id, p);
    }
    if (!model) return {};
    AISLE_TRY(auto made, ranking::PairScorer::Make(*model, *view));
    ranker.emplace(std::move(made));
    for (const RegionShelf& region : shelf.regions)
      candidates.push_back(ranker->Prepare(region.products));
    AISLE_TRY(sweeper, ranking::SweepScorer::MakeIfFits(*model, ranker->Forest(), *view));
    if (sweeper) {
      for (const RegionShelf& region : shelf.regions)
        swept.push_back(sweeper->Group(region.products));
      return {};
    }
    AISLE_TRY(screener, ranking::ScreenScorer::MakeIfFits(*model, ranker->Forest(), *view));
    if (!screener) return {};
    for (const RegionShelf& region : shelf.regions)
      screened.push_back(screener->Prepare(region.products));
    return {};
  }

  static Result<std::unique_ptr<Impl>> Open(const fs::path& root, std::int64_t generation) {
    AISLE_TRY(OpenGeneration files, OpenGenerationFiles(root, generation));
    auto impl = std::make_unique<Impl>();
    impl->lock.emplace(std::move(files.lock));
    impl->manifest = files.manifest;
    impl->checksum = std::move(files.manifest_checksum);
    impl->known = ChangesOf(files.manifest);
    impl->shelf = std::move(files.shelf);
    if (auto complete = impl->Complete(std::move(files.ranking_model)); !complete)
      return Within(files.ranking_model_file.string(), complete.error());
    if (files.data) impl->data.emplace(*std::move(files.data));
    return impl;
  }
};

ServingState::ServingState(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ServingState::~ServingState() = default;

Result<std::shared_ptr<const ServingState>> ServingState::OpenCurrent(const fs::path& root) {
  AISLE_TRY(auto impl, OpenCurrentBy<std::unique_ptr<Impl>>(root, [&](std::int64_t generation) {
              return Impl::Open(root, generation);
            }));
  return std::make_shared<const ServingState>(std::move(impl));
}

Result<std::shared_ptr<const ServingState>> ServingState::Open(const fs::path& root,
                                                               std::int64_t generation) {
  AISLE_TRY(auto impl, Impl::Open(root, generation));
  return std::make_shared<const ServingState>(std::move(impl));
}

Result<std::shared_ptr<const ServingState>> ServingState::FromParts(
    GenerationManifest manifest, Shelf shelf,
    const std::optional<ranking::ModelSpec>& ranking_model, std::vector<CustomerState> customers,
    std::unordered_map<std::string, domain::CustomerId> source_ids) {
  AISLE_CHECK(CheckShelf(shelf, ErrorCode::kInvalidArgument));
  auto impl = std::make_unique<Impl>();
  impl->known = ChangesOf(manifest);
  impl->manifest = std::move(manifest);
  impl->shelf = std::move(shelf);
  impl->ids = std::move(source_ids);
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

Result<std::shared_ptr<const ServingState>> ServingState::PrepareAgain(
    const std::shared_ptr<const ServingState>& of, Shelf shelf, KnownChanges known) {
  AISLE_CHECK(CheckShelf(shelf, ErrorCode::kInvalidArgument));
  AISLE_ASSERT(shelf.catalogue.products.size() == of->View().FullCatalogue().products.size());
  auto impl = std::make_unique<Impl>();
  impl->manifest = of->Manifest();
  impl->known = std::move(known);
  impl->before = of->impl_->before ? of->impl_->before : of;
  // Positions of prices are those of the generation: only the products that changed move.
  impl->price_positions = of->impl_->price_positions;
  impl->shelf = std::move(shelf);
  AISLE_CHECK(impl->Complete(of->impl_->model));
  return std::make_shared<const ServingState>(std::move(impl));
}

const GenerationManifest& ServingState::Manifest() const { return impl_->manifest; }
const KnownChanges& ServingState::Known() const { return impl_->known; }
std::ptrdiff_t ServingState::FindProduct(std::string_view source_id) const {
  const auto found = impl_->product_of.find(source_id);
  return found == impl_->product_of.end() ? -1 : static_cast<std::ptrdiff_t>(found->second);
}
const features::PricePositions& ServingState::PricePositions() const {
  return *impl_->price_positions;
}
const Shelf& ServingState::PublishedShelf() const { return impl_->shelf; }
const domain::RetailerShape& ServingState::RetailerShape() const {
  return impl_->shelf.catalogue.shape;
}
const features::CatalogueView& ServingState::View() const { return *impl_->view; }
const std::shared_ptr<const Stock>& ServingState::InitialStock() const { return impl_->stock; }
const ranking::PairScorer* ServingState::Ranker() const {
  return impl_->ranker ? &*impl_->ranker : nullptr;
}
const ranking::SweepScorer* ServingState::Sweeper() const {
  return impl_->sweeper ? &*impl_->sweeper : nullptr;
}
const ranking::ScreenScorer* ServingState::Screener() const {
  return impl_->screener ? &*impl_->screener : nullptr;
}
const ranking::PreparedCandidates& ServingState::Candidates(domain::Region region) const {
  AISLE_ASSERT(impl_->ranker.has_value());
  return impl_->candidates[static_cast<std::size_t>(region)];
}
const ranking::SweptCandidates& ServingState::SweptOf(domain::Region region) const {
  AISLE_ASSERT(impl_->sweeper.has_value());
  return impl_->swept[static_cast<std::size_t>(region)];
}
const ranking::ScreenedCandidates& ServingState::ScreenedOf(domain::Region region) const {
  AISLE_ASSERT(impl_->screener.has_value());
  return impl_->screened[static_cast<std::size_t>(region)];
}
const RegionPopularity& ServingState::Popularity(domain::Region region) const {
  return impl_->popularity[static_cast<std::size_t>(region)];
}

bool ServingState::HasCustomers() const {
  if (impl_->before) return impl_->before->HasCustomers();
  return !impl_->lock || impl_->data;
}

bool ServingState::IsReplaced() const {
  if (impl_->before) return impl_->before->IsReplaced();
  return impl_->lock && impl_->lock->IsReplaced();
}

std::unique_ptr<GenerationCustomers> ServingState::OpenCustomers() const {
  if (impl_->before) return impl_->before->OpenCustomers();
  const std::int64_t generation = impl_->manifest.generation;
  if (!impl_->lock)
    return std::make_unique<CustomersInMemory>(generation, impl_->customers, impl_->ids);
  if (!HasCustomers()) {
    return std::make_unique<BrokenCustomers>(
        generation, impl_->checksum,
        Error{ErrorCode::kFailedPrecondition,
              fmt::format("the customers of generation {} are in Postgres", generation)});
  }
  auto reader = impl_->data->OpenReader();
  if (!reader) {
    return std::make_unique<BrokenCustomers>(generation, impl_->checksum,
                                             std::move(reader).error());
  }
  return std::make_unique<CustomersOnDisk>(generation, impl_->checksum, *std::move(reader),
                                           impl_->shelf.catalogue);
}

}  // namespace aisle::serving
