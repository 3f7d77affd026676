#include "kv/lmdb_handles.h"

#include <fmt/format.h>

#include <cerrno>
#include <string>

namespace aisle::kv {

namespace fs = std::filesystem;

std::unexpected<Error> Failure(int code, std::string_view action, const fs::path& path) {
  ErrorCode kind = ErrorCode::kInternal;
  std::string words = mdb_strerror(code);
  switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EROFS:
    case EACCES:
    case EPERM:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case MDB_READERS_FULL:
      kind = ErrorCode::kUnavailable;
      break;
    case EIO:  // Also what LMDB says when a write was cut short.
      kind = ErrorCode::kUnavailable;
      words = "the disk is full or failing";
      break;
    case MDB_MAP_FULL:
      kind = ErrorCode::kUnavailable;
      words = "it has reached the largest size it may have";
      break;
    case ENOENT:
    case MDB_NOTFOUND:
      kind = ErrorCode::kNotFound;
      break;
    case MDB_VERSION_MISMATCH:
      kind = ErrorCode::kFailedPrecondition;
      words = "it was written by another version of LMDB";
      break;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_BAD_VALSIZE:
      words = fmt::format("it is damaged ({})", words);
      break;
    default:
      break;
  }
  return Fail(kind, fmt::format("cannot {} {}: {}", action, path.string(), words));
}

Result<EnvironmentPtr> OpenEnvironment(const fs::path& folder, unsigned flags,
                                       std::size_t map_bytes) {
  const fs::path path = folder / kDataFile;
  MDB_env* raw = nullptr;
  if (const int code = mdb_env_create(&raw); code != 0) return Failure(code, "open", path);
  EnvironmentPtr environment(raw);
  int code = mdb_env_set_maxdbs(raw, static_cast<MDB_dbi>(kTablesMax));
  if (code == 0) code = mdb_env_set_mapsize(raw, map_bytes);
  if (code == 0) code = mdb_env_open(raw, folder.c_str(), flags, 0644);
  if (code != 0) return Failure(code, "open", path);
  return environment;
}

Result<TransactionPtr> Begin(MDB_env* environment, unsigned flags, const fs::path& path) {
  MDB_txn* raw = nullptr;
  if (const int code = mdb_txn_begin(environment, nullptr, flags, &raw); code != 0)
    return Failure(code, (flags & MDB_RDONLY) != 0 ? "read" : "write", path);
  return TransactionPtr(raw);
}

Status Commit(TransactionPtr transaction, const fs::path& path) {
  // Gone either way: LMDB frees it also when it fails.
  if (const int code = mdb_txn_commit(transaction.release()); code != 0)
    return Failure(code, "write", path);
  return {};
}

Result<MDB_dbi> OpenTable(MDB_txn* transaction, std::string_view name, bool create,
                          const fs::path& path) {
  MDB_dbi table = 0;
  const std::string text(name);
  const unsigned flags = MDB_INTEGERKEY | (create ? MDB_CREATE : 0U);
  if (const int code = mdb_dbi_open(transaction, text.c_str(), flags, &table); code != 0)
    return Failure(code, fmt::format("open table '{}' of", name), path);
  return table;
}

Result<std::uint64_t> DataBytes(const fs::path& folder) {
  std::error_code code;
  const std::uint64_t size = fs::file_size(folder / kDataFile, code);
  if (code) return Failure(code.value(), "read", folder / kDataFile);
  return size;
}

}  // namespace aisle::kv
