#include "serving/store/ladder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>

#include "base/log.h"
#include "net/event_loops.h"
#include "serving/store/breaker.h"

namespace aisle::serving {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr domain::CustomerId kCustomer{42};

Result<CustomerState> Known(domain::CustomerId customer) {
  CustomerState state;
  state.record.customer = customer;
  return state;
}
Result<CustomerState> Broken(domain::CustomerId) {
  return Fail(ErrorCode::kUnavailable, "out of order (expected in this test)");
}
Result<CustomerState> Unknown(domain::CustomerId) { return Fail(ErrorCode::kNotFound, "unknown"); }

// What a fake store does and what it saw; outlives the store.
struct Behaviour {
  std::function<Result<CustomerState>(domain::CustomerId)> answer = Known;
  std::chrono::milliseconds wait{0};
  bool suspends = true;
  bool may_hold = true;
  int asked = 0;
  int answered = 0;
};

class FakeStore : public Store {
 public:
  FakeStore(std::string name, std::shared_ptr<Behaviour> behaviour)
      : name_(std::move(name)), behaviour_(std::move(behaviour)) {}
  std::string_view Name() const override { return name_; }
  bool Suspends() const override { return behaviour_->suspends; }
  bool MayHold(std::int64_t) const override { return behaviour_->may_hold; }
  net::Task<Result<CustomerState>> Fetch(LookUp look_up) override {
    ++behaviour_->asked;
    if (behaviour_->wait > 0ms) co_await net::Sleep(behaviour_->wait);
    auto answer = behaviour_->answer(look_up.customer);  // `this` must still be there.
    ++behaviour_->answered;
    co_return answer;
  }

 private:
  std::string name_;
  std::shared_ptr<Behaviour> behaviour_;
};

class NoCustomers : public GenerationCustomers {
 public:
  using GenerationCustomers::GenerationCustomers;
  Result<CustomerState> Get(domain::CustomerId customer) const override {
    return Unknown(customer);
  }
  Result<domain::CustomerId> Find(std::string_view) const override {
    return Fail(ErrorCode::kNotFound, "unknown");
  }
};

class LadderTest : public testing::Test {
 protected:
  Ladder Make(LadderOptions options = {}) {
    std::vector<std::unique_ptr<Store>> rungs;
    rungs.push_back(std::make_unique<FakeStore>("first", first));
    rungs.push_back(std::make_unique<FakeStore>("second", second));
    options.now = [this] { return now; };
    return Ladder(std::move(rungs), options);
  }

  static Fetched Fetch(Ladder& ladder, net::Deadline deadline = net::Deadline::After(1h)) {
    Fetched fetched;
    net::RunToEnd([](Ladder& from, net::Deadline by, Fetched& out) -> net::Task<void> {
      out = co_await from.Fetch({kCustomer, 1}, by);
    }(ladder, deadline, fetched));
    return fetched;
  }

  void SetUp() override { base::SetLogLevel(base::LogLevel::kError); }
  void TearDown() override { base::SetLogLevel(base::LogLevel::kInfo); }

  std::shared_ptr<Behaviour> first = std::make_shared<Behaviour>();
  std::shared_ptr<Behaviour> second = std::make_shared<Behaviour>();
  net::SteadyTime now{};
};

std::vector<std::string> Words(const Fetched& fetched) {
  std::vector<std::string> words;
  for (const Degraded& entry : fetched.degraded) words.push_back(entry.what + ": " + entry.why);
  return words;
}

std::vector<std::string> Breakers(const Ladder& ladder) {
  std::vector<std::string> words;
  for (const RungHealth& rung : ladder.Health())
    words.push_back(fmt::format("{} {}", rung.name, rung.breaker));
  return words;
}

TEST_F(LadderTest, TheFirstRungAnswersAndNobodyElseIsAsked) {
  Ladder ladder = Make();
  const Fetched fetched = Fetch(ladder);
  ASSERT_TRUE(fetched.customer);
  EXPECT_EQ(fetched.customer->record.customer, kCustomer);
  EXPECT_EQ(fetched.backend, "first");
  EXPECT_THAT(fetched.degraded, IsEmpty());
  EXPECT_EQ(second->asked, 0);
}

TEST_F(LadderTest, AFailingRungIsFollowedByTheNextAndNamedInDegraded) {
  first->answer = Broken;
  Ladder ladder = Make();
  const Fetched fetched = Fetch(ladder);
  EXPECT_TRUE(fetched.customer);
  EXPECT_EQ(fetched.backend, "second");
  EXPECT_THAT(Words(fetched), ElementsAre("features: unavailable"));
}

TEST_F(LadderTest, AThrowingRungIsAFailingRung) {
  first->answer = [](domain::CustomerId) -> Result<CustomerState> {
    throw std::runtime_error("thrown by a store (expected in this test)");
  };
  for (const bool suspends : {true, false}) {
    first->suspends = suspends;
    Ladder ladder = Make();
    const Fetched fetched = Fetch(ladder);
    EXPECT_EQ(fetched.backend, "second");
    EXPECT_THAT(Words(fetched), ElementsAre("features: unavailable"));
  }
}

TEST_F(LadderTest, AnUnknownCustomerIsAnAnswer) {
  first->answer = Unknown;
  Ladder ladder = Make({.failures_to_open = 1});
  for (int i = 0; i < 3; ++i) {
    const Fetched fetched = Fetch(ladder);
    EXPECT_FALSE(fetched.customer);
    EXPECT_EQ(fetched.backend, "first");
    EXPECT_THAT(Words(fetched), ElementsAre("customer: unknown"));
  }
  EXPECT_EQ(first->asked, 3);
  EXPECT_EQ(second->asked, 0);
}

TEST_F(LadderTest, WhenNobodyAnswersItIsSaidOncePerReason) {
  first->answer = second->answer = Broken;
  Ladder ladder = Make();
  const Fetched fetched = Fetch(ladder);
  EXPECT_FALSE(fetched.customer);
  EXPECT_EQ(fetched.backend, "none");
  EXPECT_THAT(Words(fetched), ElementsAre("features: unavailable"));
  Ladder empty({});
  EXPECT_THAT(Words(Fetch(empty)), ElementsAre("features: unavailable"));
}

TEST_F(LadderTest, ARungThatHangsIsLeftBehindAtItsShareAndTheNextHasTimeLeft) {
  first->wait = 1h;
  Ladder ladder = Make();
  const net::Deadline deadline = net::Deadline::After(1s);
  const Fetched fetched = Fetch(ladder, deadline);
  EXPECT_TRUE(fetched.customer);
  EXPECT_EQ(fetched.backend, "second");
  EXPECT_THAT(Words(fetched), ElementsAre("features: deadline"));
  EXPECT_EQ(first->answered, 0);
}

TEST_F(LadderTest, WhenAllRungsHangTheDeadlineEndsIt) {
  first->wait = second->wait = 1h;
  Ladder ladder = Make();
  const Fetched fetched = Fetch(ladder, net::Deadline::After(30ms));
  EXPECT_FALSE(fetched.customer);
  EXPECT_EQ(fetched.backend, "none");
  EXPECT_THAT(Words(fetched), ElementsAre("features: deadline"));
}

TEST_F(LadderTest, ADeadlineThatHasPassedAsksWhoAnswersAtOnce) {
  second->suspends = false;
  Ladder ladder = Make();
  const Fetched fetched = Fetch(ladder, net::Deadline::After(-1ms));
  EXPECT_EQ(fetched.backend, "second");
  EXPECT_THAT(Words(fetched), ElementsAre("features: deadline"));
  EXPECT_EQ(first->asked, 0);
}

TEST_F(LadderTest, ADeadlineThatHasPassedAsksNobodyWhoWaits) {
  Ladder ladder = Make();
  const Fetched fetched = Fetch(ladder, net::Deadline::After(-1ms));
  EXPECT_FALSE(fetched.customer);
  EXPECT_THAT(Words(fetched), ElementsAre("features: deadline"));
  EXPECT_EQ(first->asked + second->asked, 0);
}

TEST_F(LadderTest, WithoutADeadlineASlowRungIsWaitedFor) {
  first->wait = 20ms;
  Ladder ladder = Make();
  EXPECT_EQ(Fetch(ladder, net::Deadline()).backend, "first");
}

TEST_F(LadderTest, TheLadderMayGoWhileFetchesAreUnderWay) {
  first->wait = second->wait = 1h;
  Fetched fetched;
  net::RunToEnd([](Ladder gone, Fetched& out) -> net::Task<void> {
    auto task = gone.Fetch({kCustomer, 1}, net::Deadline::After(20ms));
    {
      const Ladder last = std::move(gone);
    }
    out = co_await std::move(task);
  }(Make(), fetched));
  EXPECT_THAT(Words(fetched), ElementsAre("features: deadline"));
}

TEST_F(LadderTest, AfterFailuresInARowARungIsLeftOutThenTriedByOneRequestAndTakenBack) {
  first->answer = Broken;
  Ladder ladder = Make({.failures_to_open = 3, .open_for = 1000ms});
  for (int i = 0; i < 3; ++i)
    EXPECT_THAT(Words(Fetch(ladder)), ElementsAre("features: unavailable"));
  EXPECT_THAT(Breakers(ladder), ElementsAre("first open", "second closed"));
  EXPECT_EQ(ladder.Health().front().last_error, "out of order (expected in this test)");
  now += 999ms;
  EXPECT_THAT(Words(Fetch(ladder)), ElementsAre("features: breaker open"));
  EXPECT_EQ(first->asked, 3);
  now += 1ms;
  EXPECT_THAT(Words(Fetch(ladder)), ElementsAre("features: unavailable"));  // The try fails.
  EXPECT_THAT(Words(Fetch(ladder)), ElementsAre("features: breaker open"));
  EXPECT_EQ(first->asked, 4);
  now += 1000ms;
  first->answer = Known;
  EXPECT_EQ(Fetch(ladder).backend, "first");
  EXPECT_EQ(Fetch(ladder).backend, "first");
  EXPECT_THAT(Breakers(ladder), ElementsAre("first closed", "second closed"));
  EXPECT_EQ(ladder.Health().front().error_age, 1000ms);
  // And it takes three failures again.
  first->answer = Broken;
  for (int i = 0; i < 3; ++i)
    EXPECT_THAT(Words(Fetch(ladder)), ElementsAre("features: unavailable"));
  EXPECT_THAT(Words(Fetch(ladder)), ElementsAre("features: breaker open"));
}

TEST_F(LadderTest, ARungWithoutThatGenerationIsPassedOverAndIsNoFailure) {
  first->answer = Broken;
  second->may_hold = false;
  Ladder ladder = Make({.failures_to_open = 1});
  EXPECT_THAT(Words(Fetch(ladder)), ElementsAre("features: unavailable"));
  EXPECT_THAT(Breakers(ladder), ElementsAre("first open", "second closed"));
  now += 1h;
  first->may_hold = false;
  const Fetched nobody = Fetch(ladder);
  EXPECT_THAT(Words(nobody), ElementsAre("features: unavailable"));
  EXPECT_EQ(nobody.backend, "none");
  EXPECT_EQ(second->asked, 0);
}

TEST_F(LadderTest, WhenAGenerationComesARungThatIsLeftOutIsTriedAtOnce) {
  first->answer = Broken;
  Ladder ladder = Make({.failures_to_open = 1, .open_for = 1000ms});
  Fetch(ladder);
  EXPECT_EQ(Fetch(ladder).backend, "second");
  EXPECT_EQ(first->asked, 1);
  first->answer = Known;
  ladder.Bind(std::make_shared<NoCustomers>(2));
  EXPECT_EQ(Fetch(ladder).backend, "first");
  EXPECT_THAT(Breakers(ladder), ElementsAre("first closed", "second closed"));
}

TEST_F(LadderTest, AnotherGenerationIsNoFailureAndIsAskedForEachTime) {
  first->answer = [](domain::CustomerId) -> Result<CustomerState> {
    return Fail(ErrorCode::kFailedPrecondition, "the store holds 1, not 2 (expected in this test)");
  };
  Ladder ladder = Make({.failures_to_open = 2});
  for (int i = 0; i < 5; ++i) {
    const Fetched fetched = Fetch(ladder);
    EXPECT_EQ(fetched.backend, "second");
    EXPECT_THAT(Words(fetched), ElementsAre("features: another generation"));
    if (i < 4) now += 30s;
  }
  EXPECT_EQ(first->asked, 5);
  EXPECT_THAT(Breakers(ladder), ElementsAre("first closed", "second closed"));
  now += 1h;  // Nobody asks, so nobody knows.
  EXPECT_EQ(ladder.Health().front().another_generation_for, 120s);
  first->answer = Known;
  EXPECT_EQ(Fetch(ladder).backend, "first");
  EXPECT_EQ(ladder.Health().front().another_generation_for, 0s);
}

TEST_F(LadderTest, ATryThatFindsAnotherGenerationEndsTheLeavingOut) {
  first->answer = Broken;
  Ladder ladder = Make({.failures_to_open = 1, .open_for = 1000ms});
  Fetch(ladder);
  EXPECT_THAT(Breakers(ladder), ElementsAre("first open", "second closed"));
  first->answer = [](domain::CustomerId) -> Result<CustomerState> {
    return Fail(ErrorCode::kFailedPrecondition, "the store holds 1, not 2 (expected in this test)");
  };
  now += 1000ms;
  Fetch(ladder);
  EXPECT_THAT(Breakers(ladder), ElementsAre("first closed", "second closed"));
}

TEST_F(LadderTest, ARungThatStaysAwayIsLoggedOnceAndOnceMoreWhenItAnswers) {
  base::SetLogLevel(base::LogLevel::kInfo);
  testing::internal::CaptureStderr();
  first->answer = Broken;
  Ladder ladder = Make({.failures_to_open = 1, .open_for = 1000ms});
  for (int i = 0; i < 5; ++i) {
    Fetch(ladder);
    now += 1000ms;
  }
  first->answer = Known;
  Fetch(ladder);
  Fetch(ladder);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 2) << said;
  EXPECT_THAT(said,
              testing::HasSubstr("'first' is left out and tried every 1000 ms: out of order"));
  EXPECT_THAT(said, testing::HasSubstr("'first' answers again, after 5.0 s"));
}

TEST_F(LadderTest, ASuccessInBetweenStartsTheCountAgain) {
  Ladder ladder = Make({.failures_to_open = 2});
  for (int i = 0; i < 10; ++i) {
    first->answer = i % 2 == 0 ? Broken : Known;
    Fetch(ladder);
  }
  EXPECT_EQ(first->asked, 10);
}

TEST_F(LadderTest, ManyFetchesAtOnceAllEndAndAHungRungIsTriedByOneOnly) {
  first->wait = 1h;
  Ladder ladder = Make({.failures_to_open = 1, .open_for = 1ms});
  EXPECT_EQ(Fetch(ladder, net::Deadline::After(1s)).backend, "second");
  ASSERT_EQ(first->asked, 1);
  now += 1ms;
  constexpr int kFetches = 300;
  int from_second = 0;
  net::EventLoops loops(1, "test");
  for (int i = 0; i < kFetches; ++i) {
    loops.Spawn(0, [](Ladder& from, int& count, net::EventLoops& all) -> net::Task<void> {
      const Fetched fetched = co_await from.Fetch({kCustomer, 1}, net::Deadline::After(2s));
      if (fetched.backend == "second" && fetched.customer && ++count == kFetches) all.Stop();
    }(ladder, from_second, loops));
  }
  loops.Start();
  loops.Join(10s);
  EXPECT_EQ(from_second, kFetches);
  EXPECT_EQ(first->asked, 2);
}

TEST(Breaker, AReportOfAnEarlierPhaseDoesNotCount) {
  const net::SteadyTime start{};
  Breaker breaker(2, 10ms);
  const auto early = breaker.Admit(start);
  const auto late = breaker.Admit(start);
  ASSERT_TRUE(early && late);
  EXPECT_FALSE(breaker.Failed(*early, start));
  EXPECT_TRUE(breaker.Failed(*late, start));
  EXPECT_FALSE(breaker.Failed(*early, start + 9ms));  // Or else it would be open until 19 ms.
  const auto trial = breaker.Admit(start + 10ms);
  ASSERT_TRUE(trial);
  EXPECT_FALSE(breaker.Admit(start + 10ms));
  breaker.Succeeded(*early);
  EXPECT_FALSE(breaker.Admit(start + 10ms));
  breaker.Succeeded(*trial);
  EXPECT_TRUE(breaker.Admit(start + 10ms));
}

TEST(Breaker, ATryThatIsDroppedLetsTheNextOneTry) {
  const net::SteadyTime start{};
  Breaker breaker(1, 10ms);
  breaker.Failed(*breaker.Admit(start), start);
  const auto trial = breaker.Admit(start + 10ms);
  ASSERT_TRUE(trial);
  breaker.Dropped(*trial);
  EXPECT_TRUE(breaker.Admit(start + 10ms));
}

}  // namespace
}  // namespace aisle::serving
