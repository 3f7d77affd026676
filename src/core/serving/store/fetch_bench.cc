// One request's look-up from the embedded store, and its parts.
//
// Customers are drawn at random from 50,000 (about 60 MB on disk, warm). The counter `checksum` is the sum of
// the counts that were decoded in the first 1,000 look-ups; it must not change when only speed was meant to.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "base/temp_folder_testing.h"
#include "net/event_loops.h"
#include "serving/generation/bytes.h"
#include "serving/generation/writer.h"
#include "serving/sample_testing.h"
#include "serving/state/serving_state.h"
#include "serving/store/embedded_store.h"
#include "serving/store/ladder.h"

namespace aisle::serving {
namespace {

constexpr std::int64_t kCustomers = 50'000;
constexpr std::size_t kProducts = 2'000;

std::string IdOf(std::int64_t customer) { return fmt::format("C{:08}", customer); }

// Published once for all benchmarks.
const ServingState& Published() {
  static const base::TempFolder folder;
  static const auto state = [] {
    auto writer = GenerationWriter::Create(folder.Path());
    Shelf shelf = SampleShelf(1, kProducts);
    shelf.catalogue.text_customer_ids = true;
    AISLE_ASSERT(writer && writer->PutShelf(shelf));
    for (std::int64_t id = kSampleFirstCustomer; id < kSampleFirstCustomer + kCustomers; ++id) {
      AISLE_ASSERT(
          writer->PutCustomer(SampleCustomer(1, id, kProducts), SamplePropensity(1, id), IdOf(id)));
    }
    AISLE_ASSERT(writer->Commit({}));
    return *ServingState::OpenCurrent(folder.Path());
  }();
  return *state;
}

domain::CustomerId Draw(base::Stream& stream) {
  return domain::CustomerId{kSampleFirstCustomer +
                            static_cast<std::int64_t>(stream.Below(kCustomers))};
}

// Sums what was decoded, so that nobody optimises by decoding less.
class Sum {
 public:
  void Add(const features::CustomerRecord& record) {
    if (++count_ > 1000) return;
    for (const auto& pair : record.pairs) sum_ += pair.views + pair.purchases;
    for (const auto& category : record.categories) sum_ += category.sessions;
  }
  double Value() const { return sum_; }

 private:
  std::int64_t count_ = 0;
  double sum_ = 0;
};

// `look_up` is awaited in one coroutine, as a connection would.
template <typename LookUp>
void Run(benchmark::State& state, LookUp look_up) {
  Sum sum;
  net::RunToEnd([](benchmark::State& bench, LookUp& fetch, Sum& out) -> net::Task<void> {
    base::Stream stream(3, 3, 3);
    for (auto _ : bench) out.Add(co_await fetch(Draw(stream)));
  }(state, look_up, sum));
  state.counters["checksum"] = sum.Value();
  state.SetItemsProcessed(state.iterations());
}

void BM_Fetch(benchmark::State& state) {
  const auto customers = std::shared_ptr<const GenerationCustomers>(Published().OpenCustomers());
  EmbeddedStore store;
  store.Bind(customers);
  Run(state, [&](domain::CustomerId customer) -> net::Task<features::CustomerRecord> {
    auto fetched = co_await store.Fetch({customer, customers->Generation()});
    co_return std::move(fetched->record);
  });
}
BENCHMARK(BM_Fetch)->Unit(benchmark::kMicrosecond);

void BM_FetchDownTheLadder(benchmark::State& state) {
  std::vector<std::unique_ptr<Store>> rungs;
  rungs.push_back(std::make_unique<EmbeddedStore>());
  Ladder ladder(std::move(rungs));
  const auto customers = std::shared_ptr<const GenerationCustomers>(Published().OpenCustomers());
  ladder.Bind(customers);
  Run(state, [&](domain::CustomerId customer) -> net::Task<features::CustomerRecord> {
    const auto deadline = net::Deadline::After(std::chrono::seconds{1});
    auto fetched = co_await ladder.Fetch({customer, customers->Generation()}, deadline);
    co_return std::move(fetched.customer->record);
  });
}
BENCHMARK(BM_FetchDownTheLadder)->Unit(benchmark::kMicrosecond);

// A retailer's own id to the customer.
void BM_Find(benchmark::State& state) {
  std::vector<std::string> ids;
  base::Stream stream(3, 3, 3);
  for (int i = 0; i < 4096; ++i) ids.push_back(IdOf(Draw(stream).value));
  const auto customers = Published().OpenCustomers();
  std::int64_t sum = 0;
  std::size_t next = 0;
  for (auto _ : state) sum += customers->Find(ids[next++ % ids.size()])->value;
  AISLE_ASSERT(sum >= kSampleFirstCustomer * static_cast<std::int64_t>(state.iterations()));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Find)->Unit(benchmark::kNanosecond);

void BM_Decode(benchmark::State& state) {
  std::vector<std::string> encoded;
  for (std::int64_t id = 0; id < 256; ++id)
    encoded.push_back(EncodeCustomer(SampleCustomer(1, kSampleFirstCustomer + id, kProducts)));
  Sum sum;
  std::size_t bytes = 0;
  std::size_t next = 0;
  for (auto _ : state) {
    const std::string& one = encoded[next++ % encoded.size()];
    bytes += one.size();
    const auto record = DecodeCustomer(one);
    sum.Add(*record);
  }
  state.counters["checksum"] = sum.Value();
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(BM_Decode)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace aisle::serving
