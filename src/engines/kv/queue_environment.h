// The LMDB environment of a queue's folder, opened once per process. Private to this module.
//
// LMDB's locks belong to the process: a second environment of the same file would take them away
// from the first when it closes. So all Queues of one folder share one, counted here.
//
//   threads  any; opening and closing are serialised.
//   errors   as queue.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>

#include "base/result.h"
#include "kv/lmdb_handles.h"
#include "kv/queue.h"

namespace aisle::kv {

class QueueEnvironment {
 public:
  // `create`: makes folder, file and tables if need be, and writes the format into one that is new or older.
  static Result<QueueEnvironment> Open(const std::filesystem::path& folder, bool create,
                                       const QueueOptions& options);
  QueueEnvironment(QueueEnvironment&& other) noexcept
      : shared_(std::exchange(other.shared_, nullptr)) {}
  QueueEnvironment& operator=(QueueEnvironment&&) = delete;
  ~QueueEnvironment();

  MDB_env* Environment() const;
  MDB_dbi Records() const;
  MDB_dbi Meta() const;

  struct Shared;

 private:
  explicit QueueEnvironment(Shared* shared) : shared_(shared) {}
  Shared* shared_;
};

// Numbers of a queue that are kept beside the records. 0 where there is none yet.
enum class Meta : Key { kFormat, kFirst, kLast };
Result<std::uint64_t> GetMeta(MDB_txn* transaction, MDB_dbi meta, Meta which,
                              const std::filesystem::path& path);
Status PutMeta(MDB_txn* transaction, MDB_dbi meta, Meta which, std::uint64_t value,
               const std::filesystem::path& path);

}  // namespace aisle::kv
