// The files of a generation in the table generation_files: all but its customers, for servers elsewhere.
//
//   threads  one loop.
//   units    a part is at most kFilePartBytes.
//   errors   as a statement; ReadStoredFile: kNotFound: it is not there; PutFiles: as PublishedGeneration::ReadFile.
//   cost     a round trip a part; a file at a time in memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"
#include "postgres/connection.h"
#include "serving/generation/fetched.h"
#include "serving/generation/published.h"

namespace aisle::serving {

inline constexpr std::size_t kFilePartBytes = std::size_t{1} << 20U;

// In a transaction of the caller's. Gives how many rows were sent: 0 where all were there. `again`: also then.
net::Task<Result<std::int64_t>> PutFiles(postgres::Connection& connection,
                                         const PublishedGeneration& generation, bool again);
// Those of all generations but these two; the second may be empty.
net::Task<Status> RemoveOtherFiles(postgres::Connection& connection, const std::string& checksum,
                                   const std::string& checksum_before);

struct FilesThere {
  std::int64_t files = 0;
  std::int64_t parts = 0;
  std::int64_t bytes = 0;
};
// By the generation's checksum.
net::Task<Result<std::map<std::string, FilesThere>>> ReadFileSizes(postgres::Connection& connection,
                                                                   net::Deadline deadline);
// Whether that is all of them.
Result<bool> HasAllFiles(const std::map<std::string, FilesThere>& there,
                         const PublishedGeneration& generation);

// `part_wait`: how long each part may take.
net::Task<Result<std::string>> ReadStoredFile(postgres::Connection& connection,
                                              std::string checksum, std::string name,
                                              std::chrono::seconds part_wait);
// Manifest first, then each file that it names, compared with their checksums.
struct StoredGeneration {
  std::string manifest;
  FetchedFiles files;
};
net::Task<Result<StoredGeneration>> ReadStoredGeneration(postgres::Connection& connection,
                                                         OfferedGeneration offered,
                                                         std::chrono::seconds part_wait);

}  // namespace aisle::serving
