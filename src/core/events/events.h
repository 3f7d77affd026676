// The durable event log, and the bounded queue that carries impressions into it.
//
// A server opens the EventLog for writing and hands impressions to an ImpressionQueue; a thread of
// the queue's own writes them in batches, so a request never waits for a disk. A worker opens the
// log for reading, moves what is new into the warehouse, and then says up to where it got (Trim),
// so that nothing is lost and nothing is kept for ever.
//
// A killed server loses what was queued and not yet written, and nothing else. A log may be opened
// several times, in one process or in many, but for writing once.
//
//   order    positions count up from 1 without gaps, also when all is trimmed; Read returns records in
//            their order; impressions are written in the order they were offered.
//   threads  EventLog: any thread, appends one after another. ImpressionQueue::Offer: any thread, it
//            never blocks. Neither survives fork(): a child opens its own.
//   errors   kNotFound: a log to read that is not there; kUnavailable: another process writes this log
//            (its pid is named), or the disk is full; kFailedPrecondition: a newer format;
//            kInvalidArgument: a mark beyond the end; kInternal: damaged, with its path.
//   cost     Append: one durable transaction per batch. Offer: a lock and a move. The queue writes at
//            most a hundred batches a second.
//   source   kv/queue.h is the log's ground; the reader's mark is a file of its own, so that a worker
//            never holds up the server.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/ids.h"
#include "domain/region.h"

namespace aisle::events {

inline constexpr int kLogFormat = 1;

struct ShownProduct {
  domain::ProductId product;
  float score = 0;
  std::string source;  // Which rung ranked it: "model", "propensity", "popularity".
};

// One answer as it was given: a row of raw.impressions.
struct Impression {
  std::string request_id;
  base::Timestamp served_at{};
  domain::CustomerId customer;
  domain::Region region = domain::Region::kNortheast;
  std::vector<ShownProduct> shown;  // In rank order.
  int ranking_version = 0;          // 0: none.
  int propensity_version = 0;
  std::int64_t generation = 0;
  std::string arm;  // Experiment arm; empty: none.
};

// Little-endian, its own format in the first byte; Decode believes nothing: kInternal for what is
// damaged, kFailedPrecondition for a newer format.
std::string EncodeImpression(const Impression& impression);
Result<Impression> DecodeImpression(std::string_view bytes);

struct LogRecord {
  std::uint64_t position = 0;
  std::string bytes;
};

class EventLog {
 public:
  enum class Access : std::uint8_t { kRead, kWrite };
  // kWrite makes the folder if need be; kRead of a log that does not exist: kNotFound.
  static Result<EventLog> Open(const std::filesystem::path& folder, Access access);
  EventLog(EventLog&&) noexcept;
  EventLog& operator=(EventLog&&) noexcept;
  ~EventLog();

  // All or none, durable when it returns.
  Status Append(std::span<const std::string> records);
  // Records after `position`, at most `count`; empty at the end.
  Result<std::vector<LogRecord>> Read(std::uint64_t position, std::size_t count) const;
  Result<std::uint64_t> LastPosition() const;  // 0: empty.
  // A reader's mark: records up to and including `position` are no longer needed. The writer
  // removes them with its next Append. Survives a restart.
  Status Trim(std::uint64_t position);
  Result<std::uint64_t> TrimmedTo() const;

  struct Impl;
  explicit EventLog(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

class ImpressionQueue {
 public:
  // `log` (opened for writing) is moved in; the writer thread starts at once. At most `capacity`
  // impressions are in memory, those being written included.
  ImpressionQueue(EventLog log, std::size_t capacity = 65'536);
  // Writes what is queued, then ends: as long as the disk takes.
  ~ImpressionQueue();
  ImpressionQueue(const ImpressionQueue&) = delete;
  ImpressionQueue& operator=(const ImpressionQueue&) = delete;

  // False: the queue is full (a slow disk); the impression is dropped and counted.
  bool Offer(Impression impression);
  std::uint64_t Written() const;
  // Not taken, or taken and not written: the disk refused the batch (logged once until it recovers).
  std::uint64_t Dropped() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::events
