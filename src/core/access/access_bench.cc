// What a token costs a request: reading the field, the checksum, finding the record, the hash, the comparisons; beside
// the hash alone, which nothing can be cheaper than.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "access/credentials.h"
#include "access/token_book.h"

namespace aisle::access {
namespace {

void HashAlone(benchmark::State& state) {
  const std::string secret = NewToken()->secret;
  unsigned sum = 0;
  for (auto _ : state) sum += HashOf(secret)[0];
  benchmark::DoNotOptimize(sum);
}
BENCHMARK(HashAlone);

// Of a book of so many tokens; every one is found.
void FromFieldToPrincipal(benchmark::State& state) {
  std::vector<TokenRecord> records;
  std::vector<std::string> fields;
  const base::Timestamp now = base::Now();
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    const Token token = *NewToken();
    TokenRecord record;
    record.id = token.id;
    record.hash = HashOf(token.secret);
    record.expires = now + base::kDay;
    records.push_back(std::move(record));
    fields.push_back("Bearer " + token.Text());
  }
  const TokenBook book(std::move(records), TokenBook());
  std::size_t at = 0;
  for (auto _ : state) {
    web::Request request;
    request.fields.push_back({"Host", "localhost"});
    request.fields.push_back({"Authorization", fields[at++ % fields.size()]});
    const auto token = ParseToken(CredentialsOf(request)->token);
    const TokenBook::Entry* entry = nullptr;
    if (book.Find(*token, base::Now(), entry) != TokenBook::Finding::kGood)
      state.SkipWithError("a token was not found");
  }
}
BENCHMARK(FromFieldToPrincipal)->Arg(1)->Arg(10'000);

}  // namespace
}  // namespace aisle::access
