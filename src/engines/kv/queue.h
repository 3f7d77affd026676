// Records that count up, kept until their reader has moved them on.
//
// One process writes; any number read, also other processes, and nobody waits for anybody. A reader
// says with Trim() up to where it got. That mark is a file beside the data, replaced whole, so that a
// reader never takes the writer's lock; the writer removes what is before the mark when it appends.
//
//   <folder>/data.mdb, lock.mdb   LMDB: records, and the first and the last position
//   <folder>/trimmed              the reader's mark
//   <folder>/writer.lock          held by the writing process; names it
//
//   order    positions count up from 1 without gaps, also after everything has been trimmed.
//   threads  any; appends go one after another. One process may have several Queues of one folder.
//            A Queue does not survive fork(): the child opens its own.
//   errors   kNotFound: Open(kRead) of what is not there (yet); kUnavailable: another process writes
//            it (the message names it), the disk is full, or the file has reached kQueueBytesMax;
//            kFailedPrecondition: a newer format; kInvalidArgument: a mark beyond the end; kInternal:
//            damaged. With the path. A file that was cut is refused; LMDB has no checksums, so flipped
//            bytes may be seen by whoever decodes a record, or by nobody.
//   cost     Append: one durable transaction (two syncs); an Append removes at most as much as keeps
//            it short. Read: a walk of a B+tree and a copy per record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace aisle::kv {

inline constexpr std::uint64_t kQueueBytesMax = std::uint64_t{64} << 30U;

struct QueueRecord {
  std::uint64_t position = 0;
  std::string bytes;
};

class Queue {
 public:
  enum class Access : std::uint8_t { kRead, kWrite };
  // kWrite makes it if need be. `format` is that of the records: a queue of a newer one is refused.
  static Result<Queue> Open(const std::filesystem::path& folder, Access access,
                            std::uint32_t format);
  Queue(Queue&&) noexcept;
  Queue& operator=(Queue&&) noexcept;
  ~Queue();

  // All or none, durable when it returns. Asserts kWrite.
  Status Append(std::span<const std::string> records);
  // Records after `position` that are still there, at most `count`; empty at the end.
  Result<std::vector<QueueRecord>> Read(std::uint64_t position, std::size_t count) const;
  Result<std::uint64_t> LastPosition() const;  // 0: nothing was ever appended.
  // The mark only rises; a smaller position changes nothing.
  Status Trim(std::uint64_t position);
  Result<std::uint64_t> TrimmedTo() const;

 private:
  struct Impl;
  explicit Queue(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::kv
