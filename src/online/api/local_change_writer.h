// The writer of changes of one server: their log is a folder that nobody else writes.
//
// Changes that come while a batch is being synced are the next batch. The log is read when the writer starts. One that
// is damaged is set aside, and what this process knows is written into the new one; one that cannot be written (a full
// or read-only disk) is read as far as it goes, and Write() is refused until it can.
//
//   threads  as change_writer.h.
//   errors   Start: kUnavailable: another process writes this log (named). Write: as change_writer.h; nothing has
//            happened then.
//   cost     Write: one sync for all that wait. On the loops: a pointer for each batch.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "api/change_writer.h"
#include "api/shelf_publisher.h"
#include "net/elsewhere.h"

namespace aisle::api {

class LocalChangeWriter final : public ChangeWriter {
 public:
  // A log that cannot be written is tried again every `again`.
  static Result<std::shared_ptr<LocalChangeWriter>> Start(
      std::filesystem::path log_folder, std::filesystem::path serving_root, Publish publish,
      std::chrono::milliseconds again = std::chrono::seconds{10});
  ~LocalChangeWriter() override;

  void Stop() override;
  void Serve(const StatePointer& state, const std::string& stands_in) override;
  void Upkeep() override { shelf_.Upkeep(); }
  net::Task<Status> Write(std::vector<events::Change> changes,
                          domain::RetailerShape shape) override;
  void Hurry(std::uint64_t) override {}  // Nobody else writes.

  bool IsNew(domain::ProductId product) const override { return products_.Has(product); }
  std::string Trouble() const override;
  std::string Behind() const override { return {}; }
  bool Ahead() const override { return ahead_; }
  std::uint64_t Taken() const override { return taken_; }
  std::size_t Kept() const override { return shelf_.Kept(); }

 private:
  struct Waiting {
    std::vector<events::Change> changes;
    domain::RetailerShape shape;
    net::Give<Status> give;
  };
  LocalChangeWriter(std::filesystem::path log_folder, std::filesystem::path serving_root,
                    Publish publish, std::chrono::milliseconds again);
  // Opens the log for writing, or says why not, and reads it; on an error all is as it was. Needs to be alone, or the
  // writing thread.
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
  std::shared_ptr<events::EventLog> Log() const;
  void SetLog(std::shared_ptr<events::EventLog> log);

  const std::filesystem::path log_folder_;
  const std::filesystem::path serving_root_;
  const std::chrono::milliseconds again_;
  ShelfPublisher shelf_;
  WrittenProducts products_;

  // What event loops ask: never held for long.
  mutable std::mutex asked_mutex_;
  std::condition_variable wake_;
  std::vector<Waiting> waiting_;
  bool stopping_ = false;
  std::string trouble_;
  std::atomic<std::uint64_t> taken_ = 0;
  std::atomic<bool> ahead_ = false;

  // Set and appended to by the writing thread alone, which reads it without the lock. Shared: the other thread reads
  // a long log without it, too.
  mutable std::mutex log_mutex_;
  std::shared_ptr<events::EventLog> log_;
  // Of the writing thread.
  std::chrono::steady_clock::time_point try_again_{};
  base::Timestamp last_time_ = base::Timestamp::min();
  std::uint64_t last_position_ = 0;  // Of log_, to which nobody else appends.
  std::thread thread_;
};

}  // namespace aisle::api
