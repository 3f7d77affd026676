// What is kept of a token, and of what was done with tokens; and the text that both have in a file.
//
// A token that was revoked, or is past its time, keeps its record: so a store that once had a token never looks like
// one that has none, which would be open to everybody.
//
//   shapes   a file of tokens: {"format": 1, "tokens": [{"id", "name", "role", "created", "expires", "customers"?,
//            "requests_per_second"?, "hash", "old_hash"?, "old_until"?, "revoked"?}]}. A line of the audit log: {"at",
//            "action", "by", "token"?, "detail"?}.
//   units    times are UTC. requests_per_second: 0 is without a limit.
//   missing  no customers: all of them. `revoked` and `old_until` at the epoch: not revoked, no old secret.
//   errors   reading: kInternal, the text is none of ours; kFailedPrecondition: of a newer format.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/token.h"
#include "base/clock.h"
#include "base/result.h"
#include "web/gate.h"

namespace aisle::access {

struct TokenRecord {
  std::string id;
  std::string name;                     // For people: what it is for.
  web::Role role = web::Role::kReader;  // Never kPublic.
  base::Timestamp created{};
  base::Timestamp expires{};  // Excluded.
  std::optional<web::IdRange> customers;
  std::int64_t requests_per_second = 0;
  SecretHash hash{};
  SecretHash old_hash{};  // The secret before a rotation, good before old_until.
  base::Timestamp old_until{};
  base::Timestamp revoked{};

  bool IsRevoked() const { return revoked != base::Timestamp{}; }
  bool IsLive(base::Timestamp now) const { return !IsRevoked() && now < expires; }
  // "good", "revoked", "expired"
  std::string_view StateName(base::Timestamp now) const;
};

std::string TextOf(std::span<const TokenRecord> records);
Result<std::vector<TokenRecord>> ReadRecords(std::string_view text);

// Nothing: it is the name of no role that a token can have.
std::optional<web::Role> TokenRoleOf(std::string_view name);
// "1000000-1000999", or one number; nothing: it is no range.
std::optional<web::IdRange> RangeOf(std::string_view text);
std::string TextOf(const web::IdRange& range);

// One administrative action, or one that was refused. Holds no secret and no hash.
struct AuditEntry {
  base::Timestamp at{};
  std::string action;  // "create", "revoke", "rotate", "refused"
  std::string by;      // "root on shop1", "token 4dR0s9kTq2Lw", "nobody known"
  std::string token;   // The id of which token; may be empty.
  std::string detail;
};

std::string LineOf(const AuditEntry& entry);  // JSON, without its line end.
Result<AuditEntry> ReadLine(std::string_view line);

}  // namespace aisle::access
