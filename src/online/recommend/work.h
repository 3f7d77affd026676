// Memory that requests borrow for as long as they rank, one each, however many are under way on a loop.
//
//   threads  a pool and its leases belong to one event loop; a lease may outlive the pool.
//   cost     as many pieces of work as requests ever ranked at once; a request that finds one takes no memory.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "ranking/ranking.h"
#include "ranking/screen_scorer.h"
#include "ranking/select.h"
#include "ranking/sweep_scorer.h"

namespace aisle::recommend {

// One of the best candidates: a position in the catalogue's products.
struct Finalist {
  std::uint32_t product = 0;
  float score = 0;
};

struct Work {
  ranking::Scratch scratch;
  ranking::TopSelector selector;
  ranking::SweepWorkspace sweep;
  ranking::ScreenScratch screen;
  std::vector<float> scores;
  std::vector<Finalist> finalists;  // Best first.
};

class WorkPool {
  struct Free {
    std::vector<std::unique_ptr<Work>> pieces;
  };

 public:
  // Gives its piece back when it goes.
  class Lease {
   public:
    Lease(std::shared_ptr<Free> free, std::unique_ptr<Work> piece)
        : free_(std::move(free)), piece_(std::move(piece)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (piece_) free_->pieces.push_back(std::move(piece_));
    }
    Work& operator*() const { return *piece_; }
    Work* operator->() const { return piece_.get(); }

   private:
    std::shared_ptr<Free> free_;
    std::unique_ptr<Work> piece_;
  };

  Lease Take() {
    if (free_->pieces.empty()) return Lease(free_, std::make_unique<Work>());
    auto piece = std::move(free_->pieces.back());
    free_->pieces.pop_back();
    return Lease(free_, std::move(piece));
  }
  std::size_t FreeCount() const { return free_->pieces.size(); }

 private:
  std::shared_ptr<Free> free_ = std::make_shared<Free>();
};

}  // namespace aisle::recommend
