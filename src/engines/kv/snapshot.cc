#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/files.h"
#include "kv/kv.h"
#include "kv/lmdb_handles.h"

namespace aisle::kv {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBatchBytes = 8U << 20U;  // Held in memory before a transaction writes them.
constexpr std::size_t kFirstMapBytes = 64U << 20U;

}  // namespace

struct TableWriter::Impl {
  struct Entry {
    std::size_t table;
    Key key;
    std::size_t begin;  // The value is batch_bytes[begin, begin + size).
    std::size_t size;
  };

  fs::path path;
  EnvironmentPtr environment;
  std::vector<MDB_dbi> tables;
  std::vector<std::optional<Key>> last_keys;
  std::vector<Entry> batch;
  std::string batch_bytes;
  std::size_t map_bytes = kFirstMapBytes;

  // MDB_MAP_FULL: the map is too small, nothing was written.
  Result<int> TryWriteBatch() {
    AISLE_TRY(TransactionPtr transaction, Begin(environment.get(), 0, path));
    for (const Entry& entry : batch) {
      MDB_val key = ToValue(entry.key);
      MDB_val value = ToValue(std::string_view(batch_bytes).substr(entry.begin, entry.size));
      const int code = mdb_put(transaction.get(), tables[entry.table], &key, &value, MDB_APPEND);
      if (code == MDB_MAP_FULL) return code;
      if (code != 0) return Failure(code, "write", path);
    }
    const int code = mdb_txn_commit(transaction.release());
    if (code != 0 && code != MDB_MAP_FULL) return Failure(code, "write", path);
    return code;
  }

  // The map is address space only; the file grows with what is written.
  Status WriteBatch() {
    for (;;) {
      AISLE_TRY(const int code, TryWriteBatch());
      if (code == 0) break;
      map_bytes *= 2;
      if (const int grown = mdb_env_set_mapsize(environment.get(), map_bytes); grown != 0)
        return Failure(grown, "grow", path);
    }
    batch.clear();
    batch_bytes.clear();
    return {};
  }
};

TableWriter::TableWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TableWriter::TableWriter(TableWriter&&) noexcept = default;
TableWriter::~TableWriter() = default;

Result<TableWriter> TableWriter::Create(const fs::path& folder,
                                        std::span<const std::string_view> tables) {
  AISLE_ASSERT(!tables.empty() && tables.size() <= kTablesMax);
  const fs::path path = folder / kDataFile;
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) return Failure(code.value(), "create", folder);
  if (fs::exists(path, code)) {
    return Fail(ErrorCode::kFailedPrecondition, fmt::format("{} exists already", path.string()));
  }
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  // No lock: nobody else knows the file yet. No sync before Finish(): a half-written file is worth
  // nothing anyway.
  AISLE_TRY(impl->environment,
            OpenEnvironment(folder, MDB_NOLOCK | MDB_NOTLS | MDB_NOSYNC, kFirstMapBytes));
  AISLE_TRY(TransactionPtr transaction, Begin(impl->environment.get(), 0, path));
  for (const std::string_view table : tables) {
    AISLE_TRY(const MDB_dbi opened, OpenTable(transaction.get(), table, true, path));
    impl->tables.push_back(opened);
  }
  AISLE_CHECK(Commit(std::move(transaction), path));
  impl->last_keys.resize(tables.size());
  return TableWriter(std::move(impl));
}

Status TableWriter::Append(std::size_t table, Key key, std::string_view value) {
  Impl& impl = *impl_;
  AISLE_ASSERT(impl.environment != nullptr && table < impl.tables.size());
  std::optional<Key>& last = impl.last_keys[table];
  if (last && key <= *last) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("keys must rise: {} comes after {}", key, *last));
  }
  last = key;
  impl.batch.push_back({table, key, impl.batch_bytes.size(), value.size()});
  impl.batch_bytes += value;
  return impl.batch_bytes.size() < kBatchBytes ? Status{} : impl.WriteBatch();
}

Status TableWriter::Finish() {
  AISLE_ASSERT(impl_->environment != nullptr);
  AISLE_CHECK(impl_->WriteBatch());
  if (const int code = mdb_env_sync(impl_->environment.get(), 1); code != 0)
    return Failure(code, "sync", impl_->path);
  impl_->environment.reset();
  return {};
}

Result<std::string> DataChecksum(const fs::path& folder) {
  const fs::path path = folder / kDataFile;
  AISLE_TRY(const std::uint64_t size, DataBytes(folder));
  if (size == 0) return base::Checksum({});
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Failure(errno, "open", path);
  void* bytes = mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  const int number = errno;
  close(descriptor);
  if (bytes == MAP_FAILED) return Failure(number, "map", path);
  madvise(bytes, size, MADV_SEQUENTIAL);
  std::string checksum = base::Checksum({static_cast<const char*>(bytes), size});
  munmap(bytes, size);
  return checksum;
}

struct Snapshot::Impl {
  fs::path path;
  EnvironmentPtr environment;
  std::vector<MDB_dbi> tables;
};

Snapshot::Snapshot(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Snapshot::Snapshot(Snapshot&&) noexcept = default;
Snapshot& Snapshot::operator=(Snapshot&&) noexcept = default;
Snapshot::~Snapshot() = default;

Result<Snapshot> Snapshot::Open(const fs::path& folder, std::span<const std::string_view> tables) {
  auto impl = std::make_unique<Impl>();
  impl->path = folder / kDataFile;
  AISLE_TRY(const std::uint64_t size, DataBytes(folder));
  // No lock and no read-ahead: the file never changes, and look-ups are scattered.
  AISLE_TRY(impl->environment,
            OpenEnvironment(folder, MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS | MDB_NORDAHEAD, size));
  AISLE_TRY(TransactionPtr transaction, Begin(impl->environment.get(), MDB_RDONLY, impl->path));
  for (const std::string_view table : tables) {
    AISLE_TRY(const MDB_dbi opened, OpenTable(transaction.get(), table, false, impl->path));
    impl->tables.push_back(opened);
  }
  AISLE_CHECK(Commit(std::move(transaction), impl->path));
  return Snapshot(std::move(impl));
}

struct Snapshot::Reader::Impl {
  const Snapshot::Impl* snapshot;
  TransactionPtr transaction;
};

Snapshot::Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Snapshot::Reader::Reader(Reader&&) noexcept = default;
Snapshot::Reader::~Reader() = default;

Result<Snapshot::Reader> Snapshot::OpenReader() const {
  AISLE_TRY(TransactionPtr transaction, Begin(impl_->environment.get(), MDB_RDONLY, impl_->path));
  return Reader(std::make_unique<Reader::Impl>(Reader::Impl{impl_.get(), std::move(transaction)}));
}

Result<std::optional<std::string_view>> Snapshot::Reader::Get(std::size_t table, Key key) const {
  AISLE_ASSERT(table < impl_->snapshot->tables.size());
  MDB_val wanted = ToValue(key);
  MDB_val found{};
  const int code =
      mdb_get(impl_->transaction.get(), impl_->snapshot->tables[table], &wanted, &found);
  if (code == MDB_NOTFOUND) return std::optional<std::string_view>{};
  if (code != 0) return Failure(code, "read", impl_->snapshot->path);
  return std::optional(ToBytes(found));
}

struct Snapshot::Cursor::Impl {
  const Snapshot::Impl* snapshot;
  CursorPtr cursor;
};

Snapshot::Cursor::Cursor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Snapshot::Cursor::Cursor(Cursor&&) noexcept = default;
Snapshot::Cursor::~Cursor() = default;

Result<Snapshot::Cursor> Snapshot::Reader::Scan(std::size_t table) const {
  AISLE_ASSERT(table < impl_->snapshot->tables.size());
  MDB_cursor* cursor = nullptr;
  const int code =
      mdb_cursor_open(impl_->transaction.get(), impl_->snapshot->tables[table], &cursor);
  if (code != 0) return Failure(code, "read", impl_->snapshot->path);
  return Cursor(std::make_unique<Cursor::Impl>(Cursor::Impl{impl_->snapshot, CursorPtr(cursor)}));
}

Result<std::optional<Snapshot::Entry>> Snapshot::Cursor::Next() {
  MDB_val key{};
  MDB_val value{};
  const int code = mdb_cursor_get(impl_->cursor.get(), &key, &value, MDB_NEXT);
  if (code == MDB_NOTFOUND) return std::optional<Entry>{};
  if (code != 0) return Failure(code, "read", impl_->snapshot->path);
  Entry entry{.key = 0, .value = ToBytes(value)};
  std::memcpy(&entry.key, key.mv_data, sizeof(entry.key));
  return std::optional(entry);
}

}  // namespace aisle::kv
