// What a Postgres store holds, and whether that is whole.
//
// Looking costs nothing; verifying reads everything: rows are counted and summed by the server and compared with what
// aisle_meta says, every record is decoded and hashed again here, and every file is read.
//
//   units    bytes on disk, indexes included.
//   missing  no meta: nothing was loaded yet.
//   threads  one loop.
//   errors   as OpenStore.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/task.h"
#include "postgres/settings.h"
#include "serving/postgres/files.h"
#include "serving/postgres/names.h"
#include "serving/postgres/session.h"

namespace aisle::serving {

struct StoreStatus {
  std::string server_version;  // "15.18"
  bool tls = false;
  std::optional<StoreMeta> meta;
  // What servers elsewhere would fetch; no files: they were never put in.
  FilesThere files;
  std::map<std::string, std::int64_t> table_bytes;
  std::vector<std::string> leftovers;  // Of a load that was killed, or is running.
  bool verified = false;
  std::vector<std::string> problems;  // What verifying found.
};

net::Task<Result<StoreStatus>> ReadStoreStatus(postgres::ConnectionSettings settings,
                                               StoreNames names, bool verify);

}  // namespace aisle::serving
