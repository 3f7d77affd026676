// One of the store's two logs as an events::Log: what several servers write and a worker reads.
//
//   AISLE_TRY(auto log, StoreLog::Open(settings, names, StoreLog::Kind::kWrites));
//
// Live changes of stock, prices, products and customers are in `writes`, what was shown in `impressions`. Records are
// those of the log in a folder; times of changes are the database's. Servers add as the reader's role, who reads moves
// marks on and removes as the writer's.
//
//   order    positions of the writes have no gaps; those of impressions may, where an INSERT was taken back.
//   missing  before the first record, and where all are removed: as events::Log.
//   threads  one at a time, which blocks; not an event loop. A server's writes go by shared_writes.h.
//   errors   as events::Log, and as OpenStore; Append of the other log's records: an assertion. A connection that broke
//            is opened anew by the next call.
//   cost     a round trip for each call; two for Advance. A server that hangs: ten seconds, or until `too_late`, which
//            a call asks every now and then while it waits; it ends with kUnavailable then.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "events/events.h"
#include "postgres/settings.h"
#include "serving/postgres/names.h"

namespace aisle::serving {

class StoreLog : public events::Log {
 public:
  enum class Kind : std::uint8_t { kWrites, kImpressions };
  using TooLate = std::function<bool()>;
  static Result<std::unique_ptr<StoreLog>> Open(
      postgres::ConnectionSettings settings, StoreNames names, Kind kind,
      TooLate too_late = [] { return false; });
  ~StoreLog() override;

  const std::string& Id() const override;
  Status Append(std::span<const events::Change> changes,
                const domain::RetailerShape& shape) override;
  Status Append(std::span<const events::Impression> impressions) override;
  Result<std::vector<events::LogRecord>> Read(std::uint64_t position,
                                              std::size_t count) const override;
  Result<std::uint64_t> LastPosition() const override;
  Status Register(std::string_view reader) override;
  Status Advance(std::string_view reader, std::uint64_t position) override;
  Result<std::uint64_t> Mark(std::string_view reader) const override;
  Result<std::vector<events::LogReader>> Readers() const override;

 private:
  struct Impl;
  explicit StoreLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::serving
