// Records that count up, kept until all their readers have moved them on.
//
// One process writes; any number read, also other processes, and nobody waits for anybody. A reader that
// needs its records kept has a name: Register() it once, Read() after its Mark(), Advance() the mark to
// where it got, Forget() it when it is needed no more. A mark is a file beside the data, replaced whole,
// so that a reader never takes the writer's lock; the writer removes what all readers are past when it
// appends. Whoever reads without a name holds nothing up, and may find that records are gone. A reader
// that never moves on holds everything, until the file has reached kQueueBytesMax: look at Readers().
//
//   <folder>/data.mdb, lock.mdb   LMDB: records, and the first and the last position
//   <folder>/readers/<name>       a reader's mark: registered as long as it is there
//   <folder>/writer.lock          held by the writing process; names it
//
//   order    positions count up from 1 without gaps, also after everything has been removed.
//   missing  without a reader nothing is removed. A reader that is registered later begins with what is
//            still there; nothing that is appended after Register() returned is removed before it was there.
//   threads  any; appends go one after another. One process may have several Queues of one folder.
//            A Queue does not survive fork(): the child opens its own. One name is one reader: two
//            processes that advance the same mark at once may put it back.
//   errors   kNotFound: Open(kRead) of what is not there (yet), or a reader that is not registered;
//            kUnavailable: another process writes it (the message names it), the disk is full or may not
//            be written, or the file has reached kQueueBytesMax; kFailedPrecondition: a newer format, or one too old;
//            kInvalidArgument: a mark beyond the end, or a name that is none; kInternal: damaged. With the
//            path. A file that was cut is refused; LMDB has no checksums, so flipped bytes may be seen by
//            whoever decodes a record, by nobody, or by the process that crashes: Verify().
//   cost     Append: one durable transaction (two syncs) and a look at every mark; an Append removes at
//            most as much as keeps it short. Read: a walk of a B+tree and a copy per record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aisle::kv {

inline constexpr std::uint64_t kQueueBytesMax = std::uint64_t{64} << 30U;

struct QueueOptions {
  // Of the records that are written from now on: a queue of a newer one is refused.
  std::uint32_t format = 1;
  // Of the oldest records that the caller can read: a queue between the two is read as it is, and is
  // one of `format` from the next Open(kWrite) on. An older one is refused.
  std::uint32_t oldest_format = 1;
  // Registered when a queue is made. In a queue of the time when its one reader had no name (its mark
  // is <folder>/trimmed), that reader.
  std::string first_reader;
};

struct QueueRecord {
  std::uint64_t position = 0;
  std::string bytes;
};

struct QueueReader {
  std::string name;
  std::uint64_t mark = 0;  // Records up to it, itself included, are no longer needed.
};

class Queue {
 public:
  enum class Access : std::uint8_t { kRead, kWrite };
  // kWrite makes it if need be.
  static Result<Queue> Open(const std::filesystem::path& folder, Access access,
                            const QueueOptions& options);
  Queue(Queue&&) noexcept;
  Queue& operator=(Queue&&) noexcept;
  ~Queue();

  // All or none, durable when it returns. Asserts kWrite.
  Status Append(std::span<const std::string> records);
  // Records after `position` that are still there, at most `count`; empty at the end.
  Result<std::vector<QueueRecord>> Read(std::uint64_t position, std::size_t count) const;
  Result<std::uint64_t> LastPosition() const;  // 0: nothing was ever appended.
  // Reads what is there, at most `count` records, and in a queue that was opened for writing tries an append that
  // is taken back: what a damaged file would do to its readers and its writer, it does here. That may be a crash.
  Status Verify(std::size_t count) const;

  // Small letters, digits, - and _, at most 64. One that is registered stays where it is.
  Status Register(std::string_view reader);
  // What it had not read yet is removed when the others are past it. One that is not there: nothing.
  Status Forget(std::string_view reader);
  // The mark only rises; a smaller position changes nothing.
  Status Advance(std::string_view reader, std::uint64_t position);
  Result<std::uint64_t> Mark(std::string_view reader) const;
  Result<std::vector<QueueReader>> Readers() const;  // By name.

 private:
  struct Impl;
  explicit Queue(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::kv
