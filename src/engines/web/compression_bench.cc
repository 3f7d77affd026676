// What gzip takes of a loop's time, and what it leaves of an answer: lists of products in JSON, of several sizes.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <string>

#include "base/random.h"
#include "net/await.h"
#include "web/compression.h"

namespace aisle::web {
namespace {

// Like answers of /recommend, as many as fit.
std::string Answers(std::size_t bytes) {
  std::string out;
  for (std::uint64_t i = 0; out.size() < bytes; ++i) {
    const std::uint64_t drawn = base::Mix(i);
    fmt::format_to(std::back_inserter(out),
                   R"({{"rank":{},"product_id":{},"product_name":"Silk Wrap Dress {}","category":)"
                   R"("Womens Clothing","department":"Apparel","price":{}.99,"score":0.{},)"
                   R"("in_stock_qty":{},"est_delivery_days":{},"source":"model"}},)",
                   i % 10 + 1, drawn % 2000, drawn % 97, drawn % 500, drawn % 10'000'000,
                   drawn % 300, drawn % 5 + 1);
  }
  out.resize(bytes);
  return out;
}

void GzipAnswers(benchmark::State& state) {
  const std::string body = Answers(static_cast<std::size_t>(state.range(0)));
  std::size_t packed = 0;
  net::StandingLoop loop;
  for (auto _ : state) packed = net::AwaitOn(loop, Gzip(body)).size();
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
  state.counters["of_plain"] = static_cast<double>(packed) / static_cast<double>(body.size());
}
BENCHMARK(GzipAnswers)
    ->ArgName("bytes")
    ->Arg(1 << 10)
    ->Arg(4 << 10)
    ->Arg(16 << 10)
    ->Arg(64 << 10)
    ->Arg(1 << 20);

}  // namespace
}  // namespace aisle::web
