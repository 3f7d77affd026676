// LMDB's handles as owners, and its error codes as ours. Private to this module.
//
//   errors   Failure() never gets 0; its message is "cannot <action> <path>: <LMDB's words>".
#pragma once

#include <lmdb.h>

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "kv/kv.h"

namespace aisle::kv {

struct CloseEnvironment {
  void operator()(MDB_env* environment) const { mdb_env_close(environment); }
};
using EnvironmentPtr = std::unique_ptr<MDB_env, CloseEnvironment>;

struct AbortTransaction {
  void operator()(MDB_txn* transaction) const { mdb_txn_abort(transaction); }
};
using TransactionPtr = std::unique_ptr<MDB_txn, AbortTransaction>;

struct CloseCursor {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};
using CursorPtr = std::unique_ptr<MDB_cursor, CloseCursor>;

std::unexpected<Error> Failure(int code, std::string_view action,
                               const std::filesystem::path& path);

// An open environment in `folder` with room for `map_bytes`; `flags` are LMDB's.
Result<EnvironmentPtr> OpenEnvironment(const std::filesystem::path& folder, unsigned flags,
                                       std::size_t map_bytes);
Result<TransactionPtr> Begin(MDB_env* environment, unsigned flags,
                             const std::filesystem::path& path);
Status Commit(TransactionPtr transaction, const std::filesystem::path& path);
Result<MDB_dbi> OpenTable(MDB_txn* transaction, std::string_view name, bool create,
                          const std::filesystem::path& path);

inline MDB_val ToValue(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}
inline MDB_val ToValue(const Key& key) { return {sizeof(Key), const_cast<Key*>(&key)}; }
inline std::string_view ToBytes(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

// Size of `folder`'s data file; kNotFound when there is none.
Result<std::uint64_t> DataBytes(const std::filesystem::path& folder);

}  // namespace aisle::kv
