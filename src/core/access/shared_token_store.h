// Tokens in the tables of a Postgres store, for all servers that share it.
//
// Who makes, revokes and rotates connects as the store's owner; a server as its reader, which may read the tokens and
// add to the log, and neither change a token nor read the log.
//
//   order    an action and its line of the log are one transaction. The log's times are the database's.
//   missing  a store that an older aisle made: no token was ever made.
//   threads  as TokenStore. A connection is kept, and opened anew when it broke.
//   errors   as TokenStore, and as postgres::Connection; kFailedPrecondition: there is no store.
//   cost     a round trip for each call; two for Read().
#pragma once

#include <memory>

#include "access/token_store.h"
#include "postgres/settings.h"
#include "serving/postgres/names.h"

namespace aisle::access {

class SharedTokenStore : public TokenStore {
 public:
  SharedTokenStore(postgres::ConnectionSettings settings, serving::StoreNames names);
  ~SharedTokenStore() override;

  Result<std::vector<TokenRecord>> Read() override;
  Status Add(const TokenRecord& record, const AuditEntry& entry) override;
  Status Replace(const TokenRecord& record, const AuditEntry& entry) override;
  Status Note(std::span<const AuditEntry> entries) override;
  Result<std::vector<AuditEntry>> ReadLog(std::size_t count) override;
  std::string Where() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::access
