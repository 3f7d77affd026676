// The writer of changes of a server that shares their log with others: the table of a Postgres store.
//
// What any of them has written is known here some milliseconds after its commit: the database tells of it. That is not
// believed: the log is looked at every `look` as well, and at once when a look-up of a customer has seen a newer
// position (Hurry). A listener that hears nothing of what is there is replaced. Who waits for Write() gets the answer
// when this server's shelf has all that was written before it, by whomever.
//
// When another generation comes the log is read again from its beginning: it holds what some generation does not know
// (the worker removes the rest), so nothing is forgotten too early, whatever was rolled back.
//
//   missing  while the database does not answer nothing new is known: what is, stays. Trouble() says it.
//   threads  as change_writer.h; it has an event loop of its own.
//   errors   Write: as change_writer.h; where the connection broke during the commit nobody knows.
//   cost     Write: one round trip for all that wait. Two or three connections.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/change_writer.h"
#include "api/shelf_publisher.h"
#include "net/deadline.h"
#include "net/elsewhere.h"
#include "net/event_loops.h"
#include "serving/postgres/shared_writes.h"

namespace aisle::api {

class SharedChangeWriter final : public ChangeWriter {
 public:
  struct Place {
    postgres::ConnectionSettings reader;
    serving::StoreNames names;
    std::chrono::milliseconds look{250};
  };
  static std::shared_ptr<SharedChangeWriter> Start(const Place& place, Publish publish);
  ~SharedChangeWriter() override;

  void Stop() override;
  void Serve(const StatePointer& state, const std::string& stands_in) override;
  void Upkeep() override { shelf_.Upkeep(); }
  net::Task<Status> Write(std::vector<events::Change> changes,
                          domain::RetailerShape shape) override;
  void Hurry(std::uint64_t position) override;

  bool IsNew(domain::ProductId product) const override { return products_.Has(product); }
  std::string Trouble() const override;
  bool Follows() const override;
  std::string Behind() const override;
  bool Ahead() const override { return ahead_; }
  std::uint64_t Taken() const override { return taken_; }
  std::size_t Kept() const override { return shelf_.Kept(); }

 private:
  struct Waiting {
    std::vector<events::Change> changes;
    domain::RetailerShape shape;
    net::Give<Status> give;
  };
  SharedChangeWriter(const Place& place, Publish publish);

  // On the loop.
  // What it gives means nothing. It ends so long after Stop() at the latest.
  void Run(net::Task<bool> task, std::chrono::milliseconds grace = {});
  net::Task<bool> Watch();
  net::Task<bool> WriteWaiting();
  void TakeSome();
  net::Task<Status> AppendAll(std::vector<events::Change> changes);
  std::vector<events::Change> Checked(std::vector<Status>& results);
  // Reads on from where the shelf is. How many records came.
  net::Task<Result<std::size_t>> ReadOn();
  // Lays what came after `known` over the shelf. False: it is not all that did, so the log is to be read again.
  bool Take(const serving::StoreWrites& news, std::uint64_t known,
            std::optional<base::Timestamp> at);
  net::Task<Status> ReadAgain();
  std::vector<serving::Write> WritesOf(const serving::StoreWrites& news);
  std::string BehindOf(const std::string& log, std::uint64_t removed) const;
  // Says it once in the log.
  void SetTrouble(std::string& trouble, std::string words);

  const std::chrono::milliseconds look_;
  const std::string name_;  // No other writer has it: ids of its changes begin so.
  ShelfPublisher shelf_;
  WrittenProducts products_;
  net::EventLoops loop_{1, "changes"};
  serving::SharedWrites writes_;  // Goes before the loop.

  mutable std::mutex asked_mutex_;
  std::vector<Waiting> waiting_;
  std::vector<Waiting> under_way_;  // The loop's, until it has stopped.
  bool writing_ = false;
  bool stopping_ = false;
  std::string read_trouble_;
  std::string write_trouble_;
  bool refused_ =
      false;  // By the database, and not for want of a connection: reading does not mend it.
  std::atomic<std::uint64_t> taken_ = 0;
  std::atomic<bool> ahead_ = false;
  std::atomic<bool> hurried_ = false;
  std::atomic<net::SteadyTime> stopped_at_ = net::SteadyTime::max();
  // Of the log as it was read last: what was removed before, up to here.
  std::atomic<std::uint64_t> removed_until_ = 0;
  // Of the loop.
  std::uint64_t written_ = 0;
  std::optional<base::Timestamp>
      known_at_;     // When the change was written up to which the shelf is.
  int unheard_ = 0;  // Looks in a row that found what nobody had told of.
};

}  // namespace aisle::api
