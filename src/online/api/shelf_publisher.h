// The live shelf of now: a generation below, the writes it does not know above, and who is told of each new version.
// Private to this module.
//
//   order    versions are published one after the other, under a lock: the newest last.
//   threads  Serve and Upkeep on one thread, which old versions go on; the rest any.
//   errors   none: a generation that cannot be prepared again is logged.
//   cost     Upkeep: the preparation of a generation, without the lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "api/change_writer.h"
#include "serving/state/shelf_keeper.h"

namespace aisle::api {

class ShelfPublisher {
 public:
  explicit ShelfPublisher(ChangeWriter::Publish publish) : publish_(std::move(publish)) {}

  // As ChangeWriter::Serve. True: another generation than before.
  bool Serve(const StatePointer& state, const std::string& stands_in);
  // As ChangeWriter::Upkeep.
  void Upkeep();
  // What is known is this from now on; and what of the log the generation lacks for good, so that it stands in for a
  // newer one. Empty: nothing.
  void Begin(serving::ShelfKeeper keeper, std::string behind = {});
  // As ShelfKeeper::Take, where the keeper is of this log.
  void Take(std::string_view log, std::span<const serving::Write> writes, std::uint64_t until = 0);
  // As ShelfKeeper::Forget. False: the keeper is of another log by now, whose positions mean something else.
  bool Forget(std::string_view log, std::uint64_t position);

  // Whether there is a keeper, and of which log; how far it has read.
  std::optional<std::string> Log() const;
  std::uint64_t Until() const;
  std::vector<serving::Write> KeptWrites() const;
  std::size_t Kept() const { return kept_; }
  StatePointer State() const;

 private:
  void PublishShelf() {
    if (!keeper_ || !keeper_->Shelf()) return;
    publish_(keeper_->Shelf(), stands_in_.empty() ? behind_ : stands_in_);
  }

  const ChangeWriter::Publish publish_;
  mutable std::mutex mutex_;
  std::optional<serving::ShelfKeeper> keeper_;
  StatePointer state_;  // As the watcher gave it; the shelf's may have been prepared again.
  std::string stands_in_;
  std::string behind_;
  std::atomic<std::size_t> kept_ = 0;
  // Of the thread of Serve and Upkeep: these go there, not on a loop.
  std::vector<ShelfPointer> replaced_;
};

// Products that were written to a log and that no generation has yet.
class WrittenProducts {
 public:
  void Note(const events::Change& change);
  bool Has(domain::ProductId product) const;

 private:
  mutable std::mutex mutex_;
  std::unordered_set<std::int64_t> ids_;
};

}  // namespace aisle::api
