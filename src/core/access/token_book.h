// All tokens of one moment, as requests look them up. Immutable but for the meters, which count requests.
//
//   threads  shared by all loops; no locks. A meter is one word that all loops move on.
//   missing  a book that was never read is kUnknown: nobody is let in by it. One that was read and is empty is kOpen.
//   cost     a hash of the id, one of the secret, two comparisons (access_bench.cc).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/record.h"
#include "net/deadline.h"
#include "web/gate.h"

namespace aisle::access {

// So many requests a second, and as many at once after a second without any.
class Meter {
 public:
  // How long to wait before the next may come; nothing to wait: this one was counted. `per_second` > 0.
  std::chrono::nanoseconds Take(std::int64_t per_second, net::SteadyTime now);

 private:
  // When all that was let in would have come, had it come evenly: the virtual scheduling of a leaky bucket (ITU-T
  // I.371). Nanoseconds of the steady clock.
  std::atomic<std::int64_t> scheduled_{0};
};

class TokenBook {
 public:
  enum class State : std::uint8_t { kUnknown, kOpen, kClosed };
  enum class Finding : std::uint8_t { kGood, kNotKnown, kRevoked, kExpired };

  struct Entry {
    TokenRecord record;
    std::shared_ptr<const web::Principal> principal;
    std::shared_ptr<Meter> meter;  // The same as long as the token is known.
  };

  TokenBook() = default;  // kUnknown.
  // `before`: whose meters go on.
  TokenBook(std::vector<TokenRecord> records, const TokenBook& before);

  State GetState() const { return state_; }
  // Of another secret than its own a token says kNotKnown, as one of an id that nobody has does, after the same work.
  // `entry` is set where it is not kNotKnown, and lives as long as the book.
  Finding Find(const Token& token, base::Timestamp now, const Entry*& entry) const;
  std::size_t Count() const { return entries_.size(); }
  std::size_t LiveCount(base::Timestamp now) const;
  // In the order of their making.
  std::vector<TokenRecord> Records() const;

 private:
  State state_ = State::kUnknown;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace aisle::access
