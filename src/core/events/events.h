// The durable event log: what servers take in and give out, for whoever makes something of it.
//
// A server opens the EventLog for writing. Changes (shop events, products, stock, prices, customers) are
// appended before they are acknowledged; impressions go through an ImpressionQueue, whose own thread
// writes them in batches, so that a request never waits for a disk. Readers open the log for reading. One
// that must miss nothing has a name: it registers, reads after its mark, does its work, and advances the
// mark. Records are removed when all registered readers are past them. The worker is such a reader,
// kWarehouseReader, from the moment that a log is made; others register themselves. A reader that lags
// holds the log's whole tail: Readers() says how far each is behind.
//
// A killed server loses impressions that were queued and not yet written, and nothing else. A log may be
// opened several times, in one process or in many, but for writing once.
//
//   order    positions count up from 1 without gaps, also when all is removed; Read returns records in
//            their order; impressions are written in the order they were offered.
//   threads  EventLog: any thread, appends one after another. ImpressionQueue::Offer: any thread, it
//            never blocks. Neither survives fork(): a child opens its own.
//   errors   kNotFound: a log to read that is not there, or a reader that is not registered; kUnavailable:
//            another process writes this log (its pid is named), or the disk is full; kFailedPrecondition:
//            a newer format; kInvalidArgument: a mark beyond the end, a name that is none, a change that
//            CheckChange refuses (with its field); kInternal: damaged, with its path.
//   cost     Append: one durable transaction per batch. Offer: a lock and a move. The queue writes at
//            most a hundred batches a second.
//   source   kv/queue.h is the log's ground; marks are files of their own, so that no reader holds up the
//            server. A log of format 1 (impressions alone, one reader without a name) is read as it is, and
//            becomes one of format 2 when it is next opened for writing.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/ids.h"
#include "domain/retailer_shape.h"
#include "events/record.h"

namespace aisle::events {

inline constexpr int kLogFormat = 2;
inline constexpr int kOldestLogFormat = 1;
// Moves impressions into the warehouse. There from the start in every new log.
inline constexpr std::string_view kWarehouseReader = "warehouse";

// Of a log of changes: the server's shelf, which needs what some generation does not know yet. Registered by whoever
// writes such a log first.
inline constexpr std::string_view kLiveReader = "live";

// The customer of an impression that was shown to somebody whose id no customer has.
inline constexpr domain::CustomerId kNobody{-1};

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
  std::string visitor;  // The id that was asked for, where customer is kNobody.
  bool batch = false;   // One row of a request of many: prepared, and perhaps shown later.
  std::string region;   // By its name: which regions there are is the retailer's.
  std::vector<ShownProduct> shown;  // In rank order.
  int ranking_version = 0;          // 0: none.
  int propensity_version = 0;
  std::int64_t generation = 0;
  std::string arm;  // Experiment arm; empty: none.
};

// Whole records: with their envelope, which has request_id and served_at.
std::string EncodeImpression(const Impression& impression);
Result<Impression> DecodeImpression(std::string_view bytes);

struct LogRecord {
  std::uint64_t position = 0;
  std::string bytes;  // For the decoders of events/record.h and the one above.
};

struct LogReader {
  std::string name;
  std::uint64_t mark = 0;     // It is past the records up to this one.
  std::uint64_t waiting = 0;  // Records that it is not past.
};

// A log as who reads it and who adds to it see it: in a folder (EventLog), or in a database that several servers share
// (serving/postgres/store_log.h).
class Log {
 public:
  virtual ~Log() = default;
  // Tells this log from one that stood in its place before or after it: whoever keeps a position keeps the id beside
  // it. A log that was never opened for writing since ids were given has none: "".
  virtual const std::string& Id() const = 0;

  // All or none, durable when it returns. A change that CheckChange refuses is named by its kind and id. A log that is
  // shared sets the time of a change by its own clock.
  virtual Status Append(std::span<const Change> changes, const domain::RetailerShape& shape) = 0;
  virtual Status Append(std::span<const Impression> impressions) = 0;
  // Records after `position` that are still there, at most `count`; empty at the end.
  virtual Result<std::vector<LogRecord>> Read(std::uint64_t position, std::size_t count) const = 0;
  virtual Result<std::uint64_t> LastPosition() const = 0;  // 0: nothing was ever in it.

  // Readers by their names, as in kv/queue.h: small letters, digits, - and _. Marks survive restarts.
  // A new reader begins with what is still there; one that is registered already stays where it is.
  virtual Status Register(std::string_view reader) = 0;
  // Records up to and including `position` are no longer needed by the reader.
  virtual Status Advance(std::string_view reader, std::uint64_t position) = 0;
  virtual Result<std::uint64_t> Mark(std::string_view reader) const = 0;
  virtual Result<std::vector<LogReader>> Readers() const = 0;  // By name.

 protected:
  Log() = default;
  Log(const Log&) = default;
  Log& operator=(const Log&) = default;
};

class EventLog : public Log {
 public:
  enum class Access : std::uint8_t { kRead, kWrite };
  // kWrite makes the folder if need be; kRead of a log that does not exist: kNotFound.
  static Result<EventLog> Open(const std::filesystem::path& folder, Access access);
  const std::string& Id() const override;
  EventLog(EventLog&&) noexcept;
  EventLog& operator=(EventLog&&) noexcept;
  ~EventLog() override;

  Status Append(std::span<const Change> changes, const domain::RetailerShape& shape) override;
  Status Append(std::span<const Impression> impressions) override;
  Result<std::vector<LogRecord>> Read(std::uint64_t position, std::size_t count) const override;
  Result<std::uint64_t> LastPosition() const override;
  // As kv::Queue::Verify: may crash. CheckLog() of log_keeper.h does it where that does no harm.
  Status Verify(std::size_t count) const;

  Status Register(std::string_view reader) override;
  Status Forget(std::string_view reader);
  Status Advance(std::string_view reader, std::uint64_t position) override;
  Result<std::uint64_t> Mark(std::string_view reader) const override;
  Result<std::vector<LogReader>> Readers() const override;

  struct Impl;
  explicit EventLog(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

class ImpressionQueue {
 public:
  static constexpr std::size_t kCapacity = 65'536;
  static constexpr std::chrono::seconds kEndWait{3};
  // `log` (opened for writing) is moved in; the writer thread starts at once. At most `capacity`
  // impressions are in memory, those being written included.
  ImpressionQueue(EventLog log, std::size_t capacity = kCapacity);
  // A server's: of the log in `folder`, in whatever state that is (log_keeper.h). A damaged one is set aside and
  // a new one begun, also when it is found while the queue runs. While it cannot be written (a full disk, a
  // read-only one, a log of a newer format) impressions are dropped and counted, and it is tried again every
  // `again`. Fails only where another process writes the log: kUnavailable, named.
  static Result<std::shared_ptr<ImpressionQueue>> Start(
      const std::filesystem::path& folder,
      std::chrono::milliseconds again = std::chrono::seconds{10});
  // Of a log that other servers write as well: `open` is called on the writer's thread, at once and after a refusal
  // every `again`. What cannot be written meanwhile is kept, up to `capacity`; then what is offered is dropped. `open`
  // and the calls of what it gives may wait until `too_late` says so, which any thread may ask as long as they last.
  using TooLate = std::function<bool()>;
  using OpenLog = std::function<Result<std::unique_ptr<Log>>(const TooLate& too_late)>;
  static std::shared_ptr<ImpressionQueue> StartShared(
      OpenLog open, std::chrono::milliseconds again = std::chrono::seconds{1},
      std::size_t capacity = kCapacity);
  // Writes what is queued, then ends: as long as the disk takes; a log that other servers write as well has kEndWait
  // for all of it. After the first refusal the rest is dropped, counted and said.
  ~ImpressionQueue();
  ImpressionQueue(const ImpressionQueue&) = delete;
  ImpressionQueue& operator=(const ImpressionQueue&) = delete;

  // False: the queue is full (a slow disk); the impression is dropped and counted.
  bool Offer(Impression impression);
  std::uint64_t Written() const;
  // Not taken, or taken and not written: the disk refused the batch (logged once until it recovers).
  std::uint64_t Dropped() const;
  // Whether there is no log that takes those that come now: a flag, for polling.
  bool Failing() const;
  // What becomes of them then: "dropped", "kept in memory".
  std::string_view WhenRefused() const;

 private:
  struct Impl;
  explicit ImpressionQueue(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::events
