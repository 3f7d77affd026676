#include "access/token_book.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace aisle::access {

std::chrono::nanoseconds Meter::Take(std::int64_t per_second, net::SteadyTime now) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t each = std::max<std::int64_t>(1, kSecond / per_second);
  const std::int64_t at =
      std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  std::int64_t scheduled = scheduled_.load(std::memory_order_relaxed);
  for (;;) {
    const std::int64_t begins = std::max(scheduled, at);
    const std::int64_t early = begins - at - (kSecond - each);
    if (early > 0) return std::chrono::nanoseconds{early};
    if (scheduled_.compare_exchange_weak(scheduled, begins + each, std::memory_order_relaxed))
      return {};
  }
}

TokenBook::TokenBook(std::vector<TokenRecord> records, const TokenBook& before)
    : state_(records.empty() ? State::kOpen : State::kClosed) {
  for (TokenRecord& record : records) {
    const auto known = before.entries_.find(record.id);
    Entry entry;
    entry.principal = std::make_shared<web::Principal>(
        web::Principal{.id = record.id, .role = record.role, .customers = record.customers});
    entry.meter = known == before.entries_.end() ? std::make_shared<Meter>() : known->second.meter;
    std::string id = record.id;
    entry.record = std::move(record);
    entries_.insert_or_assign(std::move(id), std::move(entry));
  }
}

TokenBook::Finding TokenBook::Find(const Token& token, base::Timestamp now,
                                   const Entry*& entry) const {
  static const TokenRecord kNobody;
  entry = nullptr;
  const auto found = entries_.find(token.id);
  const TokenRecord& record = found == entries_.end() ? kNobody : found->second.record;
  const SecretHash hash = HashOf(token.secret);
  const bool is_current = AreEqual(hash, record.hash);
  const bool is_old = AreEqual(hash, record.old_hash) && now < record.old_until;
  if (found == entries_.end() || (!is_current && !is_old)) return Finding::kNotKnown;
  entry = &found->second;
  if (record.IsRevoked()) return Finding::kRevoked;
  return now < record.expires ? Finding::kGood : Finding::kExpired;
}

std::size_t TokenBook::LiveCount(base::Timestamp now) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      entries_, [&](const auto& entry) { return entry.second.record.IsLive(now); }));
}

std::vector<TokenRecord> TokenBook::Records() const {
  std::vector<TokenRecord> records;
  for (const auto& [id, entry] : entries_) records.push_back(entry.record);
  std::ranges::sort(records, [](const TokenRecord& a, const TokenRecord& b) {
    return std::tie(a.created, a.id) < std::tie(b.created, b.id);
  });
  return records;
}

}  // namespace aisle::access
