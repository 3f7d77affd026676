#include "kv/queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <optional>

#include "base/files.h"
#include "kv/queue_environment.h"

namespace aisle::kv {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMarkFile = "trimmed";
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
  std::mutex mutex;  // Append, Trim.

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
      if (code != MDB_NOTFOUND) return Failure(code, "trim", path);
      return Missing(position);
    }
    return {};
  }
  Result<std::uint64_t> ReadMark() const;
  Status Check() const;
};

Result<std::uint64_t> Queue::Impl::ReadMark() const {
  const fs::path file = folder / kMarkFile;
  const auto text = base::ReadFile(file);
  if (!text && text.error().code == ErrorCode::kNotFound) return 0;
  if (!text) return std::unexpected(text.error());
  std::uint64_t mark = 0;
  const char* end = text->data() + text->size();
  const auto [stopped, code] = std::from_chars(text->data(), end, mark);
  if (code == std::errc{} && stopped + 1 == end && *stopped == '\n') return mark;
  return Fail(ErrorCode::kInternal, fmt::format("{} is damaged: '{}' is not a position",
                                                file.string(), text->substr(0, 40)));
}

// What can be seen at once of a file that was cut or replaced.
Status Queue::Impl::Check() const {
  AISLE_TRY(const TransactionPtr transaction, BeginRead());
  AISLE_TRY(const Extent extent, ReadExtent(transaction.get()));
  AISLE_TRY(const std::uint64_t mark, ReadMark());
  if (mark > extent.last) {
    return Fail(ErrorCode::kInternal,
                fmt::format("{} is damaged: it ends at {}, and {} were read already", path.string(),
                            extent.last, mark));
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

Result<Queue> Queue::Open(const fs::path& folder, Access access, std::uint32_t format) {
  std::optional<base::FileLock> lock;
  if (access == Access::kWrite) {
    AISLE_TRY(auto held, base::FileLock::Acquire(folder / kWriterLockFile, "writing this queue"));
    lock.emplace(std::move(held));
  }
  AISLE_TRY(auto environment, QueueEnvironment::Open(folder, access == Access::kWrite, format));
  std::unique_ptr<Impl> impl(
      new Impl{folder, folder / kDataFile, std::move(lock), std::move(environment), {}});
  AISLE_CHECK(impl->Check());
  return Queue(std::move(impl));
}

Status Queue::Append(std::span<const std::string> records) {
  Impl& impl = *impl_;
  AISLE_ASSERT(impl.writer_lock.has_value());
  if (records.empty()) return {};
  const std::lock_guard lock(impl.mutex);
  AISLE_TRY(const std::uint64_t mark, impl.ReadMark());
  AISLE_TRY(TransactionPtr transaction, Begin(impl.environment.Environment(), 0, impl.path));
  MDB_txn* raw = transaction.get();
  AISLE_TRY(Extent extent, impl.ReadExtent(raw));
  const std::uint64_t removable = std::min(mark, extent.last) + 1;
  const std::uint64_t at_once = std::max<std::uint64_t>(kRemovedAtOnce, 2 * records.size());
  const std::uint64_t first = std::clamp(removable, extent.first, extent.first + at_once);
  AISLE_CHECK(impl.Remove(raw, extent.first, first));
  for (const std::string& record : records) AISLE_CHECK(impl.Put(raw, ++extent.last, record));
  AISLE_CHECK(PutMeta(raw, impl.environment.Meta(), Meta::kFirst, first, impl.path));
  AISLE_CHECK(PutMeta(raw, impl.environment.Meta(), Meta::kLast, extent.last, impl.path));
  return Commit(std::move(transaction), impl.path);
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

Status Queue::Trim(std::uint64_t position) {
  AISLE_TRY(const std::uint64_t last, LastPosition());
  if (position > last) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} ends at {}; it cannot be trimmed to {}", impl_->path.string(), last,
                            position));
  }
  const std::lock_guard lock(impl_->mutex);
  AISLE_TRY(const std::uint64_t mark, impl_->ReadMark());
  if (position <= mark) return {};
  return base::WriteFileAtomic(impl_->folder / kMarkFile, fmt::format("{}\n", position));
}

Result<std::uint64_t> Queue::TrimmedTo() const { return impl_->ReadMark(); }

}  // namespace aisle::kv
