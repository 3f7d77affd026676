#include "kv/queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/files.h"
#include "kv/queue_environment.h"
#include "kv/queue_marks.h"

namespace aisle::kv {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWriterLockFile = "writer.lock";
// Removed by one Append at least, so that a mark that jumps far ahead does not stop the writer.
constexpr std::uint64_t kRemovedAtOnce = 10'000;

// First and last position; empty when first > last.
struct Extent {
  std::uint64_t first = 1;
  std::uint64_t last = 0;
};

}  // namespace

struct Queue::Impl {
  fs::path folder;
  fs::path path;  // Of the data file.
  std::optional<base::FileLock> writer_lock;
  QueueEnvironment environment;
  QueueMarks marks;
  std::mutex mutex;  // Appends and marks.

  Result<TransactionPtr> BeginRead() const {
    return Begin(environment.Environment(), MDB_RDONLY, path);
  }
  Result<Extent> ReadExtent(MDB_txn* transaction) const {
    Extent extent;
    AISLE_TRY(extent.first, GetMeta(transaction, environment.Meta(), Meta::kFirst, path));
    AISLE_TRY(extent.last, GetMeta(transaction, environment.Meta(), Meta::kLast, path));
    if (extent.first >= 1 && extent.first <= extent.last + 1) return extent;
    return Fail(ErrorCode::kInternal, fmt::format("{} is damaged: records {} to {}", path.string(),
                                                  extent.first, extent.last));
  }
  Result<std::string_view> Get(MDB_txn* transaction, std::uint64_t position) const {
    const Key key = position;
    MDB_val wanted = ToValue(key);
    MDB_val found{};
    const int code = mdb_get(transaction, environment.Records(), &wanted, &found);
    if (code == 0) return ToBytes(found);
    if (code != MDB_NOTFOUND) return Failure(code, "read", path);
    return Missing(position);
  }
  std::unexpected<Error> Missing(std::uint64_t position) const {
    return Fail(ErrorCode::kInternal,
                fmt::format("{} is damaged: record {} is missing", path.string(), position));
  }
  Status Put(MDB_txn* transaction, std::uint64_t position, std::string_view record) const {
    const Key key = position;
    MDB_val where = ToValue(key);
    MDB_val what = ToValue(record);
    const int code = mdb_put(transaction, environment.Records(), &where, &what, MDB_APPEND);
    if (code == 0) return {};
    if (code != MDB_KEYEXIST) return Failure(code, "write", path);
    return Fail(ErrorCode::kInternal,
                fmt::format("{} is damaged: record {} is there already", path.string(), position));
  }
  // Removes [first, end).
  Status Remove(MDB_txn* transaction, std::uint64_t first, std::uint64_t end) const {
    for (Key position = first; position < end; ++position) {
      MDB_val key = ToValue(position);
      const int code = mdb_del(transaction, environment.Records(), &key, nullptr);
      if (code == 0) continue;
      if (code != MDB_NOTFOUND) return Failure(code, "remove from", path);
      return Missing(position);
    }
    return {};
  }
  Result<std::uint64_t> RequireMark(std::string_view reader) const;
  // One past the last record that no reader needs, of those there are.
  Result<std::uint64_t> EndOfRemovable(const Extent& extent) const;
  Status Check() const;
  // The records put and the old ones removed; whoever lets go of it takes that back.
  Result<TransactionPtr> BeginAppend(std::span<const std::string> records) const;
};

Result<std::uint64_t> Queue::Impl::RequireMark(std::string_view reader) const {
  AISLE_TRY(const auto mark, marks.Get(reader));
  if (mark) return *mark;
  return Fail(ErrorCode::kNotFound,
              fmt::format("{}: no reader '{}' is registered", folder.string(), reader));
}

Result<std::uint64_t> Queue::Impl::EndOfRemovable(const Extent& extent) const {
  AISLE_TRY(const auto readers, marks.All());
  if (readers.empty()) return extent.first;
  const std::uint64_t least = std::ranges::min(readers, {}, &QueueReader::mark).mark;
  return std::max(std::min(least, extent.last) + 1, extent.first);
}

// What can be seen at once of a file that was cut or replaced.
Status Queue::Impl::Check() const {
  AISLE_TRY(const TransactionPtr transaction, BeginRead());
  AISLE_TRY(const Extent extent, ReadExtent(transaction.get()));
  AISLE_TRY(const auto readers, marks.All());
  for (const QueueReader& reader : readers) {
    if (reader.mark <= extent.last) continue;
    return Fail(ErrorCode::kInternal,
                fmt::format("{} is damaged: it ends at {}, and {} were read already by {}",
                            path.string(), extent.last, reader.mark, reader.name));
  }
  if (extent.first > extent.last) return {};
  AISLE_CHECK(Get(transaction.get(), extent.first));
  AISLE_CHECK(Get(transaction.get(), extent.last));
  return {};
}

Queue::Queue(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Queue::Queue(Queue&&) noexcept = default;
Queue& Queue::operator=(Queue&&) noexcept = default;
Queue::~Queue() = default;

// What a kill leaves behind at any line is a queue of the old format or of the new one, with the mark of
// its first reader: see queue_marks.h.
Result<Queue> Queue::Open(const fs::path& folder, Access access, const QueueOptions& options) {
  const bool writes = access == Access::kWrite;
  std::optional<base::FileLock> lock;
  QueueMarks marks(folder, options.first_reader);
  if (writes) {
    AISLE_TRY(auto held, base::FileLock::Acquire(folder / kWriterLockFile, "writing this queue"));
    lock.emplace(std::move(held));
    AISLE_CHECK(marks.Prepare());
  }
  AISLE_TRY(auto environment, QueueEnvironment::Open(folder, writes, options));
  std::unique_ptr<Impl> impl(new Impl{
      folder, folder / kDataFile, std::move(lock), std::move(environment), std::move(marks), {}});
  AISLE_CHECK(impl->Check());
  if (writes) AISLE_CHECK(impl->marks.TakeOver());
  return Queue(std::move(impl));
}

Result<TransactionPtr> Queue::Impl::BeginAppend(std::span<const std::string> records) const {
  AISLE_TRY(TransactionPtr transaction, Begin(environment.Environment(), 0, path));
  MDB_txn* raw = transaction.get();
  AISLE_TRY(Extent extent, ReadExtent(raw));
  AISLE_TRY(const std::uint64_t removable, EndOfRemovable(extent));
  const std::uint64_t at_once = std::max<std::uint64_t>(kRemovedAtOnce, 2 * records.size());
  const std::uint64_t first = std::min(removable, extent.first + at_once);
  AISLE_CHECK(Remove(raw, extent.first, first));
  for (const std::string& record : records) AISLE_CHECK(Put(raw, ++extent.last, record));
  AISLE_CHECK(PutMeta(raw, environment.Meta(), Meta::kFirst, first, path));
  AISLE_CHECK(PutMeta(raw, environment.Meta(), Meta::kLast, extent.last, path));
  return transaction;
}

Status Queue::Append(std::span<const std::string> records) {
  AISLE_ASSERT(impl_->writer_lock.has_value());
  if (records.empty()) return {};
  const std::lock_guard lock(impl_->mutex);
  AISLE_TRY(TransactionPtr transaction, impl_->BeginAppend(records));
  return Commit(std::move(transaction), impl_->path);
}

Status Queue::Verify(std::size_t count) const {
  // A piece at a time: whoever only looks should not need the memory for all.
  constexpr std::size_t kPiece = 4'096;
  for (std::uint64_t position = 0; count > 0;) {
    AISLE_TRY(const auto records, Read(position, std::min(count, kPiece)));
    if (records.empty()) break;
    position = records.back().position;
    count -= std::min(count, records.size());
  }
  if (!impl_->writer_lock) return {};
  const std::lock_guard lock(impl_->mutex);
  const std::string record(64, '.');
  AISLE_TRY([[maybe_unused]] const auto undone, impl_->BeginAppend(std::span(&record, 1)));
  return {};
}

Result<std::vector<QueueRecord>> Queue::Read(std::uint64_t position, std::size_t count) const {
  AISLE_TRY(const TransactionPtr transaction, impl_->BeginRead());
  AISLE_TRY(const Extent extent, impl_->ReadExtent(transaction.get()));
  std::vector<QueueRecord> records;
  if (position >= extent.last) return records;
  std::uint64_t next = std::max(position + 1, extent.first);
  records.reserve(std::min<std::uint64_t>(count, extent.last - next + 1));
  for (; next <= extent.last && records.size() < count; ++next) {
    AISLE_TRY(const std::string_view bytes, impl_->Get(transaction.get(), next));
    records.push_back({next, std::string(bytes)});
  }
  return records;
}

Result<std::uint64_t> Queue::LastPosition() const {
  AISLE_TRY(const TransactionPtr transaction, impl_->BeginRead());
  AISLE_TRY(const Extent extent, impl_->ReadExtent(transaction.get()));
  return extent.last;
}

Status Queue::Register(std::string_view reader) {
  const std::lock_guard lock(impl_->mutex);
  AISLE_CHECK(impl_->marks.Prepare());
  AISLE_TRY(const auto mark, impl_->marks.Get(reader));
  if (mark) return {};
  AISLE_TRY(const TransactionPtr transaction, impl_->BeginRead());
  AISLE_TRY(const Extent extent, impl_->ReadExtent(transaction.get()));
  return impl_->marks.Set(reader, extent.first - 1);
}

Status Queue::Forget(std::string_view reader) {
  const std::lock_guard lock(impl_->mutex);
  return impl_->marks.Remove(reader);
}

Status Queue::Advance(std::string_view reader, std::uint64_t position) {
  AISLE_TRY(const std::uint64_t last, LastPosition());
  if (position > last) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} ends at {}; {} cannot have read up to {}", impl_->path.string(),
                            last, reader, position));
  }
  const std::lock_guard lock(impl_->mutex);
  AISLE_TRY(const std::uint64_t mark, impl_->RequireMark(reader));
  if (position <= mark) return {};
  AISLE_CHECK(impl_->marks.Prepare());
  return impl_->marks.Set(reader, position);
}

Result<std::uint64_t> Queue::Mark(std::string_view reader) const {
  return impl_->RequireMark(reader);
}

Result<std::vector<QueueReader>> Queue::Readers() const { return impl_->marks.All(); }

}  // namespace aisle::kv
