// Live changes of all servers of one Postgres store: the table `writes`, as a server writes and reads it on one event
// loop.
//
// A change has its position and its time from the database, in the order of the commits, so whoever has read up to a
// position has seen all before it. Append() gives what others wrote before it, too: its caller then knows the shelf as
// of its own change.
//
//   SharedWrites writes(loops, 0, settings, names);
//   AISLE_CO_TRY(StoreWrites news, co_await writes.Append(changes, known, deadline));
//   for (;;) { co_await writes.Told(250ms); ... co_await writes.Since(known, deadline) ... }
//
//   order    records by position.
//   missing  records that were removed: all readers of the log are past them (events::Log::Advance).
//   threads  one event loop.
//   errors   kUnavailable: the database does not answer; else as a statement: kFailedPrecondition while the store was
//            not created or is another version's. Append: what failed was not written, but where the connection broke
//            during its commit, which nobody knows.
//   cost     Append and Since: one round trip. Told: a connection of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "events/events.h"
#include "net/deadline.h"
#include "net/event_loops.h"
#include "net/task.h"
#include "postgres/settings.h"
#include "serving/postgres/names.h"

namespace aisle::serving {

struct StoreWrites {
  std::string log;                         // Its id: positions of another one mean nothing here.
  std::uint64_t last = 0;                  // Of the newest change, read here or not.
  std::vector<events::LogRecord> records;  // Their times are the database's.
  // When the change at the position that was asked for, and the last one of these, was written; nothing: it is no
  // longer kept, or there is none.
  std::optional<base::Timestamp> known_at;
  std::optional<base::Timestamp> last_at;
  // Up to where they go: `last`, or the last of them where there are more.
  std::uint64_t Until() const;
  // Whether they are all that came after `known` of the log whose change there was written at `at`, if that is known.
  // False: some in between were removed, or the database was put back to before it.
  bool GoOnFrom(std::uint64_t known, std::optional<base::Timestamp> at) const;
};

// At most so many records come at once.
inline constexpr std::int64_t kStoreRecordsMax = 5'000;

class SharedWrites {
 public:
  SharedWrites(net::EventLoops& loops, int loop_index, postgres::ConnectionSettings settings,
               const StoreNames& names);
  ~SharedWrites();
  SharedWrites(const SharedWrites&) = delete;
  SharedWrites& operator=(const SharedWrites&) = delete;

  // All or none, durable when it returns; and what there is after `known`, with them. Each must have been checked
  // (events::CheckChange).
  net::Task<Result<StoreWrites>> Append(std::vector<events::Change> changes, std::uint64_t known,
                                        net::Deadline deadline);
  net::Task<Result<StoreWrites>> Since(std::uint64_t known, net::Deadline deadline);

  // Waits until the database tells of a change, `wait` at most, and two seconds while it connects. Its position, one
  // word for each change; 0: any may have come while nobody listened. Nothing: it told of none; a listener that is lost
  // hears none either, so ask Since() all the same. One at a time.
  net::Task<std::optional<std::uint64_t>> Told(std::chrono::milliseconds wait);
  // It did not hear of what was there to be heard: Told() listens anew.
  void ListenAnew();
  // Why nobody listens; empty: somebody does.
  const std::string& DeafBecause() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::serving
