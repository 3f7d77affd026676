// One session that works on a Postgres store: inside the schema, with the store's lock where it changes something.
//
// Loads and syncs exclude each other by an advisory lock of the session, which the server lets go when the session
// ends, however it ends. So behind a pooler that gives sessions away there is no load and no sync.
//
//   threads  one loop.
//   errors   kUnavailable: another loads or syncs (named), or no connection; kFailedPrecondition: the schema is not
//            there or not this program's, a pooler, a role that may not. Messages say what to run.
#pragma once

#include <string>

#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"
#include "postgres/connection.h"
#include "postgres/settings.h"
#include "serving/generation/manifest.h"
#include "serving/postgres/names.h"

namespace aisle::serving {

// What aisle_meta says.
struct StoreMeta {
  GenerationManifest manifest;  // Without format and example customer.
  std::int64_t products = 0;
  std::int64_t customer_ids = 0;
  std::int64_t category_count = 0;
  std::string generation_checksum;
  std::int64_t features_xor = 0;
  std::int64_t propensity_sum = 0;
  base::Timestamp loaded_at{};
  std::string loaded_by;  // "load", "sync"
};

// Connects and enters the schema, which must have been created.
net::Task<Result<postgres::Connection>> OpenStore(postgres::ConnectionSettings settings,
                                                  StoreNames names, net::Deadline deadline);
// The same with the store's lock, held until the connection goes.
net::Task<Result<postgres::Connection>> OpenStoreAlone(postgres::ConnectionSettings settings,
                                                       StoreNames names, net::Deadline deadline);

// kNotFound: nothing was loaded yet.
net::Task<Result<StoreMeta>> ReadMeta(postgres::Connection& connection, net::Deadline deadline);
net::Task<Status> WriteMeta(postgres::Connection& connection, const StoreMeta& meta,
                            net::Deadline deadline);

// What the two large tables hold by the server's own count, and whether that is what aisle_meta says (kInternal if
// not).
struct StoreSums {
  std::int64_t customers = 0;
  std::int64_t features_xor = 0;
  std::int64_t propensity_rows = 0;
  std::int64_t propensity_sum = 0;
};
net::Task<Result<StoreSums>> ReadSums(postgres::Connection& connection, std::string features_table,
                                      std::string propensity_table, net::Deadline deadline);
Status CheckSums(const StoreSums& sums, const StoreMeta& meta);

// "process 4711 of the server (aisle load, as aisle_owner, from 10.0.0.7)"
struct ServerSession {
  std::int64_t pid = 0;
  std::string program, role, client;
  std::string Text() const;
};

}  // namespace aisle::serving
