// Takes in changes of stock, products and customers while a server answers, and keeps the live shelf of them.
//
// A change is written to the log of changes and synced, then laid over the shelf, then handed to every event loop;
// only then Write() ends, so an answer that starts after it knows the change. Changes that come while a batch is
// being synced are the next batch. A generation comes by Serve() and is laid under what it does not know
// (docs/decisions/0028): it never undoes a newer write.
//
// The log is read when the writer starts. One that is damaged is set aside; one that cannot be written (a full or
// read-only disk) is read as far as it goes, and Write() is refused until it can.
//
//   order    times never fall along the log, whatever the clock does.
//   threads  Write on an event loop; Serve and Upkeep on one other thread; the rest any. `publish` is called by one
//            thread at a time, versions in their order.
//   errors   Start: kUnavailable: another process writes this log (named). Write: kUnavailable: the log cannot be
//            written, nothing has happened; kInvalidArgument: as events::CheckChange.
//   cost     Write: one sync for all that wait. On the loops: a pointer for each batch.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "api/generation_watcher.h"
#include "domain/retailer_shape.h"
#include "events/events.h"
#include "net/elsewhere.h"
#include "net/task.h"
#include "serving/state/shelf_keeper.h"

namespace aisle::api {

using ShelfPointer = std::shared_ptr<const serving::LiveShelf>;

class ChangeWriter {
 public:
  // `stands_in`: as the watcher says it.
  using Publish = std::function<void(const ShelfPointer&, const std::string& stands_in)>;

  // A log that cannot be written is tried again every `again`.
  static Result<std::shared_ptr<ChangeWriter>> Start(
      std::filesystem::path log_folder, std::filesystem::path serving_root, Publish publish,
      std::chrono::milliseconds again = std::chrono::seconds{10});
  ~ChangeWriter();
  ChangeWriter(const ChangeWriter&) = delete;
  ChangeWriter& operator=(const ChangeWriter&) = delete;

  // Writes what waits; Write() is refused from now on. While the event loops are still there.
  void Stop();
  // A generation, or the same one that begins or ceases to stand in for another.
  void Serve(const StatePointer& state, const std::string& stands_in);
  // Now and then: prepares the generation again when much of a shelf is ranked by rows.
  void Upkeep();
  // All or none. Ids and times of the envelopes are set here.
  net::Task<Status> Write(std::vector<events::Change> changes, domain::RetailerShape shape);

  // Whether a product has been written that no generation has yet.
  bool IsNew(domain::ProductId product) const;
  // Why Write() is refused; empty: it is not.
  std::string Trouble() const;
  // Whether changes get times ahead of the clock, which was put back: no generation knows of them before then.
  bool Ahead() const { return ahead_; }
  // Changes that were taken in since the start, and those that are kept for generations that do not know them.
  std::uint64_t Taken() const { return taken_; }
  std::size_t Kept() const { return kept_; }

 private:
  struct Waiting {
    std::vector<events::Change> changes;
    domain::RetailerShape shape;
    net::Give<Status> give;
  };
  ChangeWriter(std::filesystem::path log_folder, std::filesystem::path serving_root,
               Publish publish, std::chrono::milliseconds again);
  // Opens the log for writing, or says why not, and reads it; on an error all is as it was. Needs mutex_, or to be
  // alone.
  Status OpenLog();
  Status CarryOver(events::EventLog& log, serving::ShelfKeeper& found);
  void Run();
  // All of them are of one shape.
  void WriteAll(std::span<Waiting> batch);
  void TryAgain();
  // The changes of those that may be written, stamped; the others have their result.
  std::vector<events::Change> Stamp(std::span<Waiting> batch, std::vector<Status>& results);
  Status Append(const std::vector<events::Change>& changes, const domain::RetailerShape& shape);
  void Note(const events::Change& change);
  void SetTrouble(std::string words);
  // Lets the log forget what every generation knows.
  void LetGo();
  void PublishShelf() { publish_(keeper_->Shelf(), stands_in_); }

  const std::filesystem::path log_folder_;
  const std::filesystem::path serving_root_;
  const Publish publish_;
  const std::chrono::milliseconds again_;

  // What event loops ask: never held for long.
  mutable std::mutex asked_mutex_;
  std::condition_variable wake_;
  std::vector<Waiting> waiting_;
  bool stopping_ = false;
  std::string trouble_;
  std::unordered_set<std::int64_t> products_written_;
  std::atomic<std::uint64_t> taken_ = 0;
  std::atomic<std::size_t> kept_ = 0;
  std::atomic<bool> ahead_ = false;

  std::mutex mutex_;  // The shelf, and whatever changes it.
  std::optional<serving::ShelfKeeper> keeper_;
  // Set and appended to by the writing thread alone, which reads it without the lock. Shared: the other thread reads
  // a long log without it, too.
  std::shared_ptr<events::EventLog> log_;
  StatePointer state_;  // As the watcher gave it; the shelf's may have been prepared again.
  std::string stands_in_;
  // Of the writing thread.
  std::chrono::steady_clock::time_point try_again_{};
  base::Timestamp last_time_ = base::Timestamp::min();
  std::uint64_t last_position_ = 0;  // Of log_, to which nobody else appends.
  // Of the thread of Serve and Upkeep: these go there, not on a loop.
  std::vector<ShelfPointer> replaced_;
  std::thread thread_;
};

}  // namespace aisle::api
