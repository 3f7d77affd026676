// The same seed gives the same shop, whatever is generated before, beside or without it.
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "synth/sample_testing.h"

namespace aisle::synth {
namespace {

constexpr std::int64_t kCustomers = 300;

std::map<std::int64_t, std::uint64_t> Fingerprints(const Retailer::World& world, std::int64_t first,
                                                   std::int64_t last) {
  std::map<std::int64_t, std::uint64_t> prints;
  ForEach(world, first, last,
          [&](const Sample& s) { prints[s.person.index] = Fingerprint(s.events); });
  return prints;
}

TEST(Purity, BlocksInAnyOrderOnAnyThreadAreTheSame) {
  const auto world = MakeWorld(SampleOptions(1, kCustomers));
  const auto whole = Fingerprints(*world, 0, kCustomers);
  std::map<std::int64_t, std::uint64_t> back, front;
  std::thread other([&] {
    for (std::int64_t end = kCustomers; end > kCustomers / 2; end -= 50)
      back.merge(Fingerprints(*world, end - 50, end));
  });
  front = Fingerprints(*world, 0, kCustomers / 2);
  other.join();
  front.merge(back);
  EXPECT_EQ(front, whole);
}

TEST(Purity, AWorldMadeAgainIsTheSameAndAnotherSeedIsNot) {
  const auto whole = Fingerprints(*MakeWorld(SampleOptions(1, kCustomers)), 0, kCustomers);
  EXPECT_EQ(Fingerprints(*MakeWorld(SampleOptions(1, kCustomers)), 0, kCustomers), whole);
  const auto other = Fingerprints(*MakeWorld(SampleOptions(2, kCustomers)), 0, kCustomers);
  int same = 0;
  for (const auto& [customer, print] : other) same += print == whole.at(customer) ? 1 : 0;
  EXPECT_EQ(same, 0);
}

TEST(Purity, OneCustomerAloneIsTheSameAsInTheWholeHoweverLargeTheShop) {
  const auto whole = Fingerprints(*MakeWorld(SampleOptions(3, kCustomers)), 0, kCustomers);
  const auto large = MakeWorld(SampleOptions(3, 5'000'000));
  for (const std::int64_t customer : {0, 17, 299})
    EXPECT_EQ(Fingerprints(*large, customer, customer + 1).at(customer), whole.at(customer));
}

// The generator is frozen: models and their reports stand on it. Whoever changes it on purpose
// measures docs/SYNTHETIC_RETAILER.md again and puts the new number here.
TEST(Purity, TheGeneratorIsFrozen) {
  std::uint64_t all = 0;
  for (const auto& [customer, print] :
       Fingerprints(*MakeWorld(SampleOptions(1, kCustomers)), 0, kCustomers))
    all = base::Mix(all + print);
  EXPECT_EQ(all, 10083860744016228109U);
}

}  // namespace
}  // namespace aisle::synth
