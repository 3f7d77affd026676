// What the edges of a request cost: its query checked, its head read, its answer written.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "api/answer_json.h"
#include "api/recommend_request.h"
#include "web/request_reader.h"
#include "web/target.h"

namespace aisle::api {
namespace {

void WriteAnswer(benchmark::State& state) {
  recommend::Answer answer;
  answer.customer.value = 1'000'000;
  answer.zip_code = "10001";
  answer.request_id = "0123456789abcdef";
  answer.timings.backend = "embedded";
  for (int i = 0; i < state.range(0); ++i) {
    answer.items.push_back({.rank = i + 1,
                            .product = {2'000 + i},
                            .product_name = fmt::format("Silk Wrap Dress {}", i),
                            .category = "Womens Clothing",
                            .department = "Apparel",
                            .price = {8'999 + i},
                            .score = 0.9234F / static_cast<float>(i + 1),
                            .in_stock_qty = 145,
                            .est_delivery_days = 2,
                            .source = "model"});
  }
  std::size_t bytes = 0;
  for (auto _ : state) {
    std::string out;
    AppendAnswer(out, answer);
    bytes += out.size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(WriteAnswer)->ArgName("items")->Arg(5)->Arg(100);

void ReadRequest(benchmark::State& state) {
  const std::string bytes =
      "GET /recommend?customer_id=1000000&zip_code=10001&top_n=5 HTTP/1.1\r\nHost: "
      "localhost:8000\r\n"
      "User-Agent: bench/1.0\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n\r\n";
  web::RequestReader reader({});
  const features::Catalogue catalogue;
  std::int64_t sum = 0;
  for (auto _ : state) {
    reader.Reset();
    std::size_t consumed = 0;
    AISLE_ASSERT(reader.Feed(bytes, consumed) == web::RequestReader::State::kDone);
    web::Request& request = reader.Received();
    AISLE_ASSERT(web::DecodeTarget(request.target, request.path, request.query));
    const auto asked = RequestOfQuery(request.query, catalogue);
    sum += asked->customer.Number().value;
  }
  AISLE_ASSERT(sum == 1'000'000 * static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(ReadRequest);

}  // namespace
}  // namespace aisle::api
