#include "access/file_token_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/files.h"

namespace aisle::access {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> CannotWrite(const fs::path& path, int number) {
  const bool full = number == ENOSPC || number == EDQUOT;
  return Fail(full ? ErrorCode::kUnavailable : ErrorCode::kInternal,
              fmt::format("cannot write {}: {}", path.string(), std::strerror(number)));
}

// All of the text to a file that is open, and to its disk. Closes it.
Status WriteAndClose(int descriptor, std::string_view text, const fs::path& path) {
  int number = descriptor < 0 ? errno : 0;
  while (number == 0 && !text.empty()) {
    const ssize_t count = write(descriptor, text.data(), text.size());
    if (count < 0 && errno != EINTR) number = errno;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (number == 0 && fsync(descriptor) != 0) number = errno;
  if (descriptor >= 0) close(descriptor);
  if (number == 0) return {};
  return CannotWrite(path, number);
}

}  // namespace

Status MakePrivateFolder(const fs::path& folder) {
  if (mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return CannotWrite(folder, errno);
}

Status WritePrivateFile(const fs::path& path, std::string_view text) {
  const fs::path fresh = fmt::format("{}.{}", path.string(), getpid());
  std::error_code ignored;
  fs::remove(fresh, ignored);
  const Status written = WriteAndClose(
      open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), text, fresh);
  if (written && rename(fresh.c_str(), path.c_str()) == 0)
    return base::SyncFolder(path.parent_path());
  const int number = errno;
  fs::remove(fresh, ignored);
  if (!written) return written;
  return CannotWrite(path, number);
}

Result<std::vector<TokenRecord>> FileTokenStore::Read() {
  const auto text = base::ReadFile(Tokens());
  if (!text && text.error().code == ErrorCode::kNotFound) return std::vector<TokenRecord>();
  if (!text) return std::unexpected(text.error());
  auto records = ReadRecords(*text);
  if (!records) return Within(Tokens().string(), records.error());
  return records;
}

Status FileTokenStore::Write(const std::vector<TokenRecord>& records, const AuditEntry& entry) {
  AISLE_CHECK(Note({&entry, 1}));
  return WritePrivateFile(Tokens(), TextOf(records));
}

Status FileTokenStore::Add(const TokenRecord& record, const AuditEntry& entry) {
  AISLE_CHECK(MakePrivateFolder(folder_));
  AISLE_TRY(const auto lock, base::FileLock::Acquire(folder_ / "lock", "changing tokens"));
  AISLE_TRY(auto records, Read());
  records.push_back(record);
  return Write(records, entry);
}

Status FileTokenStore::Replace(const TokenRecord& record, const AuditEntry& entry) {
  AISLE_CHECK(MakePrivateFolder(folder_));
  AISLE_TRY(const auto lock, base::FileLock::Acquire(folder_ / "lock", "changing tokens"));
  AISLE_TRY(auto records, Read());
  const auto found = std::ranges::find(records, record.id, &TokenRecord::id);
  if (found == records.end())
    return Fail(ErrorCode::kNotFound, fmt::format("there is no token {}", record.id));
  *found = record;
  return Write(records, entry);
}

Status FileTokenStore::Note(std::span<const AuditEntry> entries) {
  if (entries.empty()) return {};
  AISLE_CHECK(MakePrivateFolder(folder_));
  // In one write, which no other process's comes between.
  std::string lines;
  for (const AuditEntry& entry : entries) lines += LineOf(entry) + "\n";
  const int descriptor =
      open(Log().c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  return WriteAndClose(descriptor, lines, Log());
}

Result<std::vector<AuditEntry>> FileTokenStore::ReadLog(std::size_t count) {
  const auto text = base::ReadFile(Log());
  std::vector<AuditEntry> entries;
  if (!text && text.error().code == ErrorCode::kNotFound) return entries;
  if (!text) return std::unexpected(text.error());
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    // A machine that went down may have left half a line.
    if (auto entry = ReadLine(rest.substr(0, end))) entries.push_back(*std::move(entry));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (entries.size() > count)
    entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(count));
  return entries;
}

}  // namespace aisle::access
