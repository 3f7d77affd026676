// Keeps the last write of everything that changes between two generations, and makes the live shelf of it.
//
// A generation's shelf is laid under the writes that it does not know (KnownChanges): again at every flip, so that
// one made from tables of before a write never undoes it. Writes come in the order of their log, from its beginning
// or from where every generation knows what came before; the same again changes nothing.
//
//   shapes   a write names its product by id and its region by name, which mean the same in all generations; what
//            the generation in service does not have waits for one that does.
//   missing  what a write does not say stays as it was.
//   threads  one at a time; the shelves it gives are immutable.
//   errors   none.
//   cost     Take: a look-up and a change of the shelf for each. Serve: all writes that are kept. Memory: one entry for
//            each product and region written to, until Forget().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "domain/ids.h"
#include "serving/shelf/shelf.h"
#include "serving/state/live_shelf.h"

namespace aisle::serving {

struct Write {
  std::uint64_t position = 0;  // In the log; rising.
  base::Timestamp time{};      // When it was taken in; never falling.
  domain::ProductId product;
  std::string region = {};  // Of the two below; empty where neither is said.
  std::optional<std::int32_t> quantity = {};
  std::optional<std::int32_t> delivery_days = {};
  std::optional<domain::Cents> price = {};
  std::optional<bool> hidden = {};
};

class ShelfKeeper {
 public:
  // Of the log with this id.
  explicit ShelfKeeper(std::string log) : log_(std::move(log)) {}

  // From now on the shelf is that of this state with what it does not know.
  void Serve(std::shared_ptr<const ServingState> state);
  // `until`: the log was read up to there, whatever of it is a write; 0: up to the last of them.
  void Take(std::span<const Write> writes, std::uint64_t until = 0);
  // Drops writes up to the position: every generation that may be served knows them.
  void Forget(std::uint64_t position);

  // Null before the first Serve().
  const std::shared_ptr<const LiveShelf>& Shelf() const { return shelf_; }
  const std::string& Log() const { return log_; }
  // Up to where of the log it has read.
  std::uint64_t Until() const { return last_; }
  // What is kept, as writes that say the same.
  std::vector<Write> Kept() const;
  // How many keys are kept.
  std::size_t Size() const { return stock_.size() + products_.size(); }
  // The shelf as it is now, to be prepared (ServingState::PrepareAgain). Needs a shelf.
  std::pair<serving::Shelf, KnownChanges> Now() const;

 private:
  template <typename T>
  struct Said {
    std::optional<T> value;
    std::uint64_t position = 0;
    base::Timestamp time{};
  };
  struct OfStock {
    Said<std::int32_t> quantity;
    Said<std::int32_t> delivery_days;
  };
  struct OfProduct {
    Said<domain::Cents> price;
    Said<bool> hidden;
  };
  struct Changes;

  template <typename T>
  const T* News(const Said<T>& said) const;
  bool HiddenNow(std::uint32_t product) const;
  StockLevel LevelNow(domain::Region region, std::uint32_t product) const;
  void AddRegion(const std::string& name, std::uint32_t product, Changes& changes) const;
  void AddProduct(std::uint32_t product, Changes& changes) const;

  std::string log_;
  std::uint64_t last_ = 0;  // It has read up to there.
  std::map<std::pair<std::int64_t, std::string>, OfStock> stock_;
  std::map<std::int64_t, OfProduct> products_;
  std::shared_ptr<const LiveShelf> shelf_;
};

}  // namespace aisle::serving
