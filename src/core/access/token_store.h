// Where tokens are kept, beside the log of what was done with them: a folder (file_token_store.h), or tables that
// several servers share (shared_token_store.h).
//
//   order    an action that is not in the log has not been done: the log comes first, or with it.
//   threads  one at a time, and it may block: not on an event loop.
//   errors   kNotFound: no token of that id; kUnavailable: somebody changes them now, or there is no connection;
//            kInternal: what is there is damaged; kFailedPrecondition: of a newer format, or not made yet.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "access/record.h"
#include "base/result.h"

namespace aisle::access {

class TokenStore {
 public:
  virtual ~TokenStore() = default;

  // Empty: there never was one.
  virtual Result<std::vector<TokenRecord>> Read() = 0;
  virtual Status Add(const TokenRecord& record, const AuditEntry& entry) = 0;
  // In place of the record of that id.
  virtual Status Replace(const TokenRecord& record, const AuditEntry& entry) = 0;
  virtual Status Note(std::span<const AuditEntry> entries) = 0;
  // The newest `count`, oldest first.
  virtual Result<std::vector<AuditEntry>> ReadLog(std::size_t count) = 0;
  virtual std::string Where() const = 0;  // For people.
};

}  // namespace aisle::access
