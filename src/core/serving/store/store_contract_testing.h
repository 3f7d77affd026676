// What every store promises, as a suite that each backend's test instantiates (store_contract_test.cc).
//
// A harness publishes two generations of customers, whose records differ, and makes a store of one loop. What it
// hands out as `held` stands for a request or an epoch that serves the generation: while it lives, look-ups may
// name it.
//
//   shapes   generations 31 and 32; customers 10 to 19 are known to both, 20 to 32 only. Each has an id of the
//            retailer's as well.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "net/event_loops.h"
#include "serving/generation/bytes.h"
#include "serving/sample_testing.h"
#include "serving/store/store.h"

namespace aisle::serving {

class StoreHarness {
 public:
  static constexpr std::int64_t kOld = 31;
  static constexpr std::int64_t kNew = 32;

  virtual ~StoreHarness() = default;
  // Of the one event loop.
  virtual std::unique_ptr<Store> MakeStore(net::EventLoops& loops) = 0;
  // False: it holds one generation, the newest that was opened.
  virtual bool HoldsOlder() const { return true; }
  // Opens the generation for the calling loop.
  virtual std::shared_ptr<const GenerationCustomers> Open(std::int64_t generation) = 0;

  static features::CustomerRecord Record(std::int64_t generation, std::int64_t id) {
    return SampleCustomer(static_cast<std::uint64_t>(generation), id, 40);
  }
  static std::string SourceId(std::int64_t id) { return fmt::format("c-{}", id); }
  static Shelf SampleShelfOfTexts() {
    Shelf shelf = SampleShelf(1, 40);
    shelf.catalogue.text_customer_ids = true;
    return shelf;
  }
  // Every third has none.
  static std::vector<float> Propensity(std::int64_t generation, std::int64_t id) {
    if (id % 3 == 0) return {};
    return SamplePropensity(static_cast<std::uint64_t>(generation), id);
  }
};

// Null: what the store needs is not on this machine.
using MakeHarness = std::function<std::unique_ptr<StoreHarness>()>;
struct StoreBackend {
  std::string name;
  MakeHarness make;
};

class StoreContract : public testing::TestWithParam<StoreBackend> {
 protected:
  static constexpr std::int64_t kOld = StoreHarness::kOld;
  static constexpr std::int64_t kNew = StoreHarness::kNew;

  StoreContract() { loops.Start(); }
  ~StoreContract() override {
    // On its loop, and before that goes.
    std::promise<void> gone;
    loops.Post(0, [&] {
      store.reset();
      gone.set_value();
    });
    gone.get_future().wait();
    loops.Stop();
    loops.Join();
  }

  void SetUp() override {
    if (!harness) GTEST_SKIP() << "what this store needs is not here";
  }
  Result<CustomerState> Fetch(LookUp look_up) {
    std::promise<Result<CustomerState>> fetched;
    loops.Spawn(
        0,
        [](Store& from, LookUp asked, std::promise<Result<CustomerState>>& to) -> net::Task<void> {
          to.set_value(co_await from.Fetch(asked));
        }(*store, std::move(look_up), fetched));
    return fetched.get_future().get();
  }
  Result<CustomerState> Fetch(std::int64_t customer, std::int64_t generation) {
    return Fetch(LookUp({customer}, generation));
  }
  Result<CustomerState> FetchBySourceId(std::string id, std::int64_t generation) {
    return Fetch(LookUp::BySourceId(std::move(id), generation));
  }
  void ExpectCustomer(std::int64_t customer, std::int64_t generation) {
    Expect(customer, generation, Fetch(customer, generation));
  }
  static void Expect(std::int64_t customer, std::int64_t generation,
                     const Result<CustomerState>& fetched) {
    ASSERT_TRUE(fetched) << fetched.error().message;
    EXPECT_EQ(EncodeCustomer(fetched->record),
              EncodeCustomer(StoreHarness::Record(generation, customer)));
    EXPECT_EQ(fetched->propensity, StoreHarness::Propensity(generation, customer));
  }
  std::shared_ptr<const GenerationCustomers> Bind(std::int64_t generation) {
    auto held = harness->Open(generation);
    store->Bind(held);
    return held;
  }

  std::unique_ptr<StoreHarness> harness = GetParam().make();
  net::EventLoops loops{1, "contract"};
  std::unique_ptr<Store> store = harness ? harness->MakeStore(loops) : nullptr;
};

TEST_P(StoreContract, ItHasAName) { EXPECT_FALSE(store->Name().empty()); }

TEST_P(StoreContract, AKnownCustomerIsGivenAsPublished) {
  const auto held = Bind(kOld);
  for (std::int64_t id = 10; id < 20; ++id) ExpectCustomer(id, kOld);
}

TEST_P(StoreContract, TheRetailersOwnIdLeadsToTheSameCustomer) {
  const auto held = Bind(kOld);
  for (std::int64_t id = 10; id < 20; ++id)
    Expect(id, kOld, FetchBySourceId(StoreHarness::SourceId(id), kOld));
  for (const char* nobody : {"c-20", "C-10", "10", "c-10 ", "c'10"})
    EXPECT_EQ(FetchBySourceId(nobody, kOld).error().code, ErrorCode::kNotFound) << nobody;
  EXPECT_EQ(FetchBySourceId(StoreHarness::SourceId(10), kNew).error().code,
            ErrorCode::kFailedPrecondition);
}

TEST_P(StoreContract, WhomNobodyKnowsIsNotFound) {
  const auto held = Bind(kOld);
  for (const std::int64_t id : {std::int64_t{20}, std::int64_t{-1}, std::int64_t{1} << 62})
    EXPECT_EQ(Fetch(id, kOld).error().code, ErrorCode::kNotFound) << id;
}

TEST_P(StoreContract, AGenerationThatIsNotThereIsSaidToBeAnotherAndNeverAnsweredFromOne) {
  // Nothing was ever there, which some call down.
  const auto empty = Fetch(10, kOld);
  ASSERT_FALSE(empty);
  EXPECT_NE(empty.error().code, ErrorCode::kNotFound);
  const auto held = Bind(kOld);
  for (const std::int64_t generation : {kNew, kOld - 1, std::int64_t{0}}) {
    const auto fetched = Fetch(10, generation);
    ASSERT_FALSE(fetched) << generation;
    EXPECT_EQ(fetched.error().code, ErrorCode::kFailedPrecondition) << generation;
    EXPECT_FALSE(fetched.error().message.empty());
  }
}

TEST_P(StoreContract, AfterAFlipBothGenerationsAnswerWhileSomebodyHoldsThem) {
  auto old = Bind(kOld);
  ExpectCustomer(11, kOld);
  const auto current = Bind(kNew);
  ExpectCustomer(11, kNew);
  ExpectCustomer(20, kNew);
  if (harness->HoldsOlder()) {
    ExpectCustomer(11, kOld);
    EXPECT_EQ(Fetch(20, kOld).error().code, ErrorCode::kNotFound);
  } else {
    EXPECT_EQ(Fetch(11, kOld).error().code, ErrorCode::kFailedPrecondition);
  }
  old.reset();
  ExpectCustomer(11, kNew);
}

TEST_P(StoreContract, OneThatSaysItNeverSuspendsDoesNot) {
  if (store->Suspends()) return;
  const auto held = Bind(kOld);
  bool others = false;
  bool before = true;
  net::EventLoops alone(1, "alone");
  alone.Spawn(0, [](Store& from, bool& ran, bool& saw, net::EventLoops& all) -> net::Task<void> {
    all.Post(0, [&ran] { ran = true; });
    co_await from.Fetch({{10}, StoreHarness::kOld});
    saw = ran;
    all.Stop();
  }(*store, others, before, alone));
  alone.Start();
  ASSERT_TRUE(alone.Join());
  EXPECT_FALSE(before) << "something else ran on the loop in between";
}

}  // namespace aisle::serving
