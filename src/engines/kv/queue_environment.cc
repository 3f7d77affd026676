#include "kv/queue_environment.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <list>
#include <mutex>

#include "kv/queue.h"
#include "kv/record_bytes.h"

namespace aisle::kv {

namespace fs = std::filesystem;

struct QueueEnvironment::Shared {
  dev_t device = 0;
  ino_t inode = 0;  // Of the folder.
  pid_t process = 0;
  int users = 0;
  EnvironmentPtr environment;
  MDB_dbi records = 0;
  MDB_dbi meta = 0;
};

namespace {

struct Registry {
  std::mutex mutex;
  std::list<QueueEnvironment::Shared> shared;
};
Registry& TheRegistry() {
  // Never destroyed: queues of static lifetime may need it.
  static auto* registry = [] {
    // A child has one thread, and would wait for ever for a lock that another one of its parent's held at fork().
    pthread_atfork([] { TheRegistry().mutex.lock(); }, [] { TheRegistry().mutex.unlock(); },
                   [] { TheRegistry().mutex.unlock(); });
    return new Registry;
  }();
  return *registry;
}

// A file that was cut is shorter than its pages say, and reading a page beyond its end would kill the
// process. Holes read as zeros, which LMDB refuses. (A whole file can be a page or two short as well:
// pages at the end that were free again when they should have been written. That is no damage.)
Status FillUp(MDB_env* environment, const fs::path& path) {
  MDB_envinfo info;
  MDB_stat stat;
  mdb_env_info(environment, &info);
  mdb_env_stat(environment, &stat);
  const auto expected = static_cast<off_t>((info.me_last_pgno + 1) * stat.ms_psize);
  const int descriptor = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return Failure(errno, "open", path);
  struct stat there{};
  int code = fstat(descriptor, &there) == 0 ? 0 : errno;
  // Unlike ftruncate this never shortens, whatever the writer does meanwhile.
  if (code == 0 && there.st_size < expected && fallocate(descriptor, 0, expected - 1, 1) != 0)
    code = errno;
  close(descriptor);
  return code == 0 ? Status{} : Failure(code, "fill up", path);
}

Status CheckFormat(MDB_txn* transaction, const QueueEnvironment::Shared& shared, bool create,
                   const QueueOptions& options, const fs::path& path) {
  AISLE_TRY(const std::uint64_t found, GetMeta(transaction, shared.meta, Meta::kFormat, path));
  if (found == 0 && !create)
    return Fail(ErrorCode::kInternal, fmt::format("{} is damaged: no format", path.string()));
  if (found > options.format) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("{}: format {} is newer than this build's {}; use a newer aisle",
                            path.string(), found, options.format));
  }
  if (found != 0 && found < options.oldest_format) {
    return Fail(
        ErrorCode::kFailedPrecondition,
        fmt::format("{}: format {} is older than {}, the oldest that this build reads; move "
                    "what it holds with an older aisle",
                    path.string(), found, options.oldest_format));
  }
  if (found == 0) AISLE_CHECK(PutMeta(transaction, shared.meta, Meta::kFirst, 1, path));
  if (!create || found == options.format) return {};
  return PutMeta(transaction, shared.meta, Meta::kFormat, options.format, path);
}

Status OpenTables(QueueEnvironment::Shared& shared, bool create, const QueueOptions& options,
                  const fs::path& path) {
  AISLE_TRY(TransactionPtr transaction,
            Begin(shared.environment.get(), create ? 0U : MDB_RDONLY, path));
  AISLE_TRY(shared.records, OpenTable(transaction.get(), "records", create, path));
  AISLE_TRY(shared.meta, OpenTable(transaction.get(), "meta", create, path));
  AISLE_CHECK(CheckFormat(transaction.get(), shared, create, options, path));
  return Commit(std::move(transaction), path);
}

}  // namespace

Result<QueueEnvironment> QueueEnvironment::Open(const fs::path& folder, bool create,
                                                const QueueOptions& options) {
  const fs::path path = folder / kDataFile;
  std::error_code code;
  if (create) fs::create_directories(folder, code);
  if (code) return Failure(code.value(), "create", folder);
  if (!create && !fs::exists(path, code)) return Failure(ENOENT, "open", path);
  struct stat there{};
  if (stat(folder.c_str(), &there) != 0) return Failure(errno, "open", folder);

  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  for (Shared& shared : registry.shared) {
    if (shared.device != there.st_dev || shared.inode != there.st_ino || shared.process != getpid())
      continue;
    AISLE_CHECK(OpenTables(shared, create, options, path));
    ++shared.users;
    return QueueEnvironment(&shared);
  }
  Shared shared{there.st_dev, there.st_ino, getpid(), 1, nullptr, 0, 0};
  // Readers may have to write too: their slots in the lock file, and FillUp.
  AISLE_TRY(shared.environment, OpenEnvironment(folder, MDB_NOTLS, kQueueBytesMax));
  int dead = 0;
  mdb_reader_check(shared.environment.get(), &dead);  // Slots of killed readers would keep pages.
  AISLE_CHECK(FillUp(shared.environment.get(), path));
  AISLE_CHECK(OpenTables(shared, create, options, path));
  registry.shared.push_back(std::move(shared));
  return QueueEnvironment(&registry.shared.back());
}

QueueEnvironment::~QueueEnvironment() {
  if (shared_ == nullptr || shared_->process != getpid()) return;  // After fork: the parent's.
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  if (--shared_->users > 0) return;
  registry.shared.remove_if([this](const Shared& shared) { return &shared == shared_; });
}

MDB_env* QueueEnvironment::Environment() const { return shared_->environment.get(); }
MDB_dbi QueueEnvironment::Records() const { return shared_->records; }
MDB_dbi QueueEnvironment::Meta() const { return shared_->meta; }

Result<std::uint64_t> GetMeta(MDB_txn* transaction, MDB_dbi meta, Meta which,
                              const fs::path& path) {
  const Key key = static_cast<Key>(which);
  MDB_val wanted = ToValue(key);
  MDB_val found{};
  const int code = mdb_get(transaction, meta, &wanted, &found);
  if (code == MDB_NOTFOUND) return 0;
  if (code != 0) return Failure(code, "read", path);
  RecordReader in(ToBytes(found));
  const std::uint64_t value = in.Fixed(sizeof(std::uint64_t));
  if (auto whole = in.Finish("meta"); !whole) return Within(path.string(), whole.error());
  return value;
}

Status PutMeta(MDB_txn* transaction, MDB_dbi meta, Meta which, std::uint64_t value,
               const fs::path& path) {
  RecordWriter out;
  out.Fixed(value, sizeof(value));
  const std::string bytes = out.Take();
  const Key key = static_cast<Key>(which);
  MDB_val where = ToValue(key);
  MDB_val what = ToValue(bytes);
  if (const int code = mdb_put(transaction, meta, &where, &what, 0); code != 0)
    return Failure(code, "write", path);
  return {};
}

}  // namespace aisle::kv
