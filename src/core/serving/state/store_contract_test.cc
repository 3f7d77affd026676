// The stores of this program under the one contract.
#include "base/result.h"
#include "base/temp_folder_testing.h"
#include "serving/generation/writer.h"
#include "serving/state/serving_state.h"
#include "serving/store/embedded_store.h"
#include "serving/store/store_contract_testing.h"

namespace aisle::serving {
namespace {

// Hands out an opened generation's customers; the state lives as long as they.
std::shared_ptr<const GenerationCustomers> CustomersOf(std::shared_ptr<const ServingState> state) {
  auto customers = state->OpenCustomers();
  return {customers.release(),
          [state = std::move(state)](const GenerationCustomers* customer) { delete customer; }};
}

std::int64_t LastCustomer(std::int64_t generation) {
  return generation == StoreHarness::kNew ? 20 : 19;
}

// Generations that were published to a folder.
class OnDisk : public StoreHarness {
 public:
  std::unique_ptr<Store> MakeStore(net::EventLoops&) override {
    return std::make_unique<EmbeddedStore>();
  }
  std::shared_ptr<const GenerationCustomers> Open(std::int64_t generation) override {
    if (states_.empty()) Publish(kOld - 1);
    while (static_cast<std::int64_t>(states_.size()) + kOld <= generation)
      Publish(kOld + static_cast<std::int64_t>(states_.size()));
    return CustomersOf(states_.at(static_cast<std::size_t>(generation - kOld)));
  }

 private:
  void Publish(std::int64_t generation) {
    const auto publish = [&]() -> Result<std::int64_t> {
      // Numbers count up by one: the folder is told where it stands.
      if (generation < kOld) {
        std::filesystem::create_directories(folder_.Path() / "generation-30");
        return generation;
      }
      AISLE_TRY(auto writer, GenerationWriter::Create(folder_.Path()));
      for (std::int64_t id = 10; id <= LastCustomer(generation); ++id)
        AISLE_CHECK(
            writer.PutCustomer(Record(generation, id), Propensity(generation, id), SourceId(id)));
      AISLE_CHECK(writer.PutShelf(SampleShelfOfTexts()));
      AISLE_TRY(const auto manifest, writer.Commit({}));
      AISLE_TRY(auto state, ServingState::OpenCurrent(folder_.Path()));
      states_.push_back(std::move(state));
      return manifest.generation;
    };
    const auto published = publish();
    AISLE_ASSERT(published && *published == generation);
  }
  base::TempFolder folder_;
  std::vector<std::shared_ptr<const ServingState>> states_;
};

// States that were made from parts.
class FromParts : public StoreHarness {
 public:
  std::unique_ptr<Store> MakeStore(net::EventLoops&) override {
    return std::make_unique<EmbeddedStore>();
  }
  std::shared_ptr<const GenerationCustomers> Open(std::int64_t generation) override {
    std::vector<CustomerState> customers;
    std::unordered_map<std::string, domain::CustomerId> source_ids;
    for (std::int64_t id = 10; id <= LastCustomer(generation); ++id) {
      CustomerState customer;
      customer.record = Record(generation, id);
      customer.propensity = Propensity(generation, id);
      customers.push_back(std::move(customer));
      source_ids[SourceId(id)] = {id};
    }
    GenerationManifest manifest;
    manifest.generation = generation;
    auto state = ServingState::FromParts(manifest, SampleShelfOfTexts(), {}, std::move(customers),
                                         std::move(source_ids));
    AISLE_ASSERT(state);
    return CustomersOf(*std::move(state));
  }
};

// One that waits before it answers, as a store behind a network would.
class WaitingStore : public EmbeddedStore {
 public:
  std::string_view Name() const override { return "waiting"; }
  bool Suspends() const override { return true; }
  net::Task<Result<CustomerState>> Fetch(LookUp look_up) override {
    co_await net::Sleep(std::chrono::milliseconds{1});
    co_return co_await EmbeddedStore::Fetch(look_up);
  }
};
class Waiting : public FromParts {
 public:
  std::unique_ptr<Store> MakeStore(net::EventLoops&) override {
    return std::make_unique<WaitingStore>();
  }
};

template <typename Harness>
StoreBackend Backend(std::string name) {
  return {std::move(name), [] { return std::make_unique<Harness>(); }};
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract,
                         testing::Values(Backend<OnDisk>("OnDisk"), Backend<FromParts>("FromParts"),
                                         Backend<Waiting>("Waiting")),
                         [](const auto& backend) { return backend.param.name; });

TEST(EmbeddedStore, AGenerationThatNobodyHoldsAnyMoreIsNotThere) {
  FromParts harness;
  EmbeddedStore store;
  auto held = harness.Open(StoreHarness::kOld);
  store.Bind(held);
  const std::weak_ptr<const GenerationCustomers> watched = held;
  held.reset();
  EXPECT_TRUE(watched.expired()) << "the store keeps nothing alive";
  std::optional<Result<CustomerState>> fetched;
  net::RunToEnd(
      [&]() -> net::Task<void> { fetched = co_await store.Fetch({{10}, StoreHarness::kOld}); }());
  EXPECT_EQ(fetched->error().code, ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace aisle::serving
