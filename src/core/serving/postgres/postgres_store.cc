#include "serving/postgres/postgres_store.h"

#include <fmt/format.h>

#include <bit>
#include <iterator>
#include <utility>
#include <vector>

#include "serving/generation/bytes.h"
#include "serving/sql.h"

namespace aisle::serving {
namespace {

using Clock = std::chrono::steady_clock;

// The ladder's share of a deadline is shorter; this is for a caller without one.
constexpr std::chrono::seconds kLongest{10};
// Requests under way name the generation of before.
constexpr std::size_t kGenerationsKnown = 4;

std::unexpected<Error> Unavailable(std::string why) {
  return Fail(ErrorCode::kUnavailable, std::move(why));
}

std::unexpected<Error> AnotherGeneration(std::string why) {
  return Fail(ErrorCode::kFailedPrecondition, std::move(why));
}

// Four bytes each, the highest first.
Result<std::vector<float>> PropensityOf(std::string_view bytes, std::int64_t categories) {
  if (std::cmp_not_equal(bytes.size(), categories * 4)) {
    return Fail(ErrorCode::kInternal,
                fmt::format("{} propensities for {} categories", bytes.size() / 4, categories));
  }
  std::vector<float> scores;
  for (std::size_t at = 0; at < bytes.size(); at += 4) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 4; ++i)
      bits = bits << 8U | static_cast<unsigned char>(bytes[at + i]);
    scores.push_back(std::bit_cast<float>(bits));
  }
  return scores;
}

}  // namespace

PostgresStore::PostgresStore(net::EventLoops& loops, int loop_index,
                             postgres::ConnectionSettings settings, const StoreNames& names,
                             postgres::PoolSettings pool)
    : pool_(loops.Executor(loop_index), std::move(settings), pool),
      by_number_(PutIn(sql::kStoreCustomer, names)),
      by_source_id_(PutIn(sql::kStoreCustomerById, names)) {}

void PostgresStore::Bind(const std::shared_ptr<const GenerationCustomers>& customers) {
  if (!customers->Checksum().empty()) checksums_[customers->Generation()] = customers->Checksum();
  while (checksums_.size() > kGenerationsKnown) {
    // Not by number: one may have been rolled back to.
    const auto first = checksums_.begin();
    checksums_.erase(first->first == customers->Generation() ? std::next(first) : first);
  }
}

net::Task<Result<CustomerState>> PostgresStore::FetchOnce(LookUp look_up,
                                                          std::int64_t& generation) {
  const auto started = Clock::now();
  const bool by_number = look_up.source_id.empty();
  postgres::Parameters who;
  if (by_number) {
    who.Int8(look_up.customer.value);
  } else {
    who.Text(look_up.source_id);
  }
  postgres::Statement statement(by_number ? by_number_ : by_source_id_, std::move(who));
  auto rows = co_await pool_.Run(std::move(statement), net::Deadline::After(kLongest));
  // Whatever is wrong there, another rung may know better.
  if (!rows) co_return Unavailable(rows.error().message);
  postgres::RowReader reader(*std::move(rows));
  const auto generation_column = reader.Int("generation");
  const auto checksum = reader.Text("generation_checksum");
  const auto as_of = reader.Time("as_of");
  const auto categories = reader.Int("category_count");
  const auto writes_until = reader.Int("writes_until");
  const auto record = reader.Bytes("record");
  const auto propensity = reader.Bytes("propensity");
  const auto more = reader.Next();
  if (!more) co_return Unavailable(more.error().message);
  if (!*more) co_return Unavailable("nothing was loaded yet; run `aisle store load`");
  generation = reader[generation_column];
  if (look_up.changes_until)
    *look_up.changes_until = static_cast<std::uint64_t>(reader[writes_until]);
  if (generation != look_up.generation) {
    co_return AnotherGeneration(
        fmt::format("the store holds generation {}, not {}", generation, look_up.generation));
  }
  const auto known = checksums_.find(generation);
  if (known != checksums_.end() && known->second != reader[checksum]) {
    co_return AnotherGeneration(
        fmt::format("the store holds a generation {} of another data directory", generation));
  }
  if (reader.IsNull(record)) {
    co_return Fail(ErrorCode::kNotFound,
                   by_number ? fmt::format("customer {} is unknown", look_up.customer.value)
                             : fmt::format("customer '{}' is unknown", look_up.source_id));
  }
  CustomerState state;
  AISLE_CO_TRY(state.record, DecodeCustomer(reader[record]));
  // A row that a sync left alone says what it said; when that holds, the tables say.
  state.record.as_of = reader[as_of];
  if (!reader.IsNull(propensity)) {
    AISLE_CO_TRY(state.propensity, PropensityOf(reader[propensity], reader[categories]));
  }
  // They come together.
  state.features_time = state.propensity_time = Clock::now() - started;
  co_return state;
}

net::Task<Result<CustomerState>> PostgresStore::Fetch(LookUp look_up) {
  std::int64_t generation = 0;
  auto state = co_await FetchOnce(look_up, generation);
  // The tables may have been one generation behind when the statement began, and are there now.
  if (!state && generation != 0 && generation < look_up.generation)
    co_return co_await FetchOnce(look_up, generation);
  co_return state;
}

}  // namespace aisle::serving
