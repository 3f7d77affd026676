// Takes in changes of stock, products and customers while a server answers, and keeps the live shelf of them.
//
// A change is durable, then laid over the shelf, then handed to every event loop; only then Write() ends, so an answer
// of this server that starts after it knows the change. A generation comes by Serve() and is laid under what it does
// not know (docs/decisions/0028): it never undoes a newer write.
//
// Two of them: of a log in a folder, which this server alone writes (local_change_writer.h), and of the log of a
// Postgres store, which several servers write (shared_change_writer.h).
//
//   order    times never fall along the log, whatever the clock does.
//   threads  Write on an event loop; Serve and Upkeep on one other thread; the rest any.
//   errors   Write: kInvalidArgument: as events::CheckChange, and nothing was taken; else the log cannot be written
//            now, and nobody may know whether it was: the same again does no harm.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "domain/ids.h"
#include "domain/retailer_shape.h"
#include "events/events.h"
#include "net/task.h"
#include "serving/state/live_shelf.h"
#include "serving/state/serving_state.h"

namespace aisle::api {

using StatePointer = std::shared_ptr<const serving::ServingState>;
using ShelfPointer = std::shared_ptr<const serving::LiveShelf>;

class ChangeWriter {
 public:
  // Called by one thread at a time, versions in their order. `stands_in`: as the watcher says it.
  using Publish = std::function<void(const ShelfPointer&, const std::string& stands_in)>;

  virtual ~ChangeWriter() = default;
  ChangeWriter(const ChangeWriter&) = delete;
  ChangeWriter& operator=(const ChangeWriter&) = delete;

  // Writes what waits; Write() is refused from now on. While the event loops are still there.
  virtual void Stop() = 0;
  // A generation, or the same one that begins or ceases to stand in for another.
  virtual void Serve(const StatePointer& state, const std::string& stands_in) = 0;
  // Now and then: prepares the generation again when much of a shelf is ranked by rows.
  virtual void Upkeep() = 0;
  // All or none. Ids and times of the envelopes are set here.
  virtual net::Task<Status> Write(std::vector<events::Change> changes,
                                  domain::RetailerShape shape) = 0;
  // Somebody has seen that the log goes up to this position: what is there is read at once. Does not wait.
  virtual void Hurry(std::uint64_t position) = 0;

  // Whether a product has been written that no generation has yet.
  virtual bool IsNew(domain::ProductId product) const = 0;
  // Why Write() is refused, or what others write is not known; empty: neither.
  virtual std::string Trouble() const = 0;
  // Whether what others have written is being read.
  virtual bool Follows() const { return true; }
  // Why something that was written elsewhere may not be known here although the log is read; empty: all is known.
  virtual std::string Behind() const = 0;
  // Whether changes get times ahead of the clock, which was put back: no generation knows of them before then.
  virtual bool Ahead() const = 0;
  // Changes that were taken in here since the start, and those that are kept for generations that do not know them.
  virtual std::uint64_t Taken() const = 0;
  virtual std::size_t Kept() const = 0;

 protected:
  ChangeWriter() = default;
};

}  // namespace aisle::api
