// Scores rows of requests, those of several together: the engines score 256 or 512 rows nearly as fast as one.
//
// Whoever asks waits until the stated wait is over since the first of its batch asked, or until the batch is full;
// then all its rows are scored by one call and each request gets its own back. Without a wait, or with rows enough
// to fill a batch alone, a request is scored at once.
//
//   order    each request's rows in its own; batches are of one version of a model.
//   threads  one event loop; Counts may be read from any. It must outlive its tasks.
//   errors   none: rows were checked before.
//   cost     nothing is shared among loops, so a batch holds requests of one loop. Many rows are scored in turns,
//            others of the loop between.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "api/model_service/served_model.h"
#include "net/task.h"

namespace aisle::api {

struct BatchCounts {
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> rows = 0;
  std::atomic<std::uint64_t> calls = 0;  // Of the forest.
};

class Batcher {
 public:
  Batcher(std::chrono::microseconds wait, std::size_t rows_full)
      : wait_(wait), rows_full_(rows_full) {}

  net::Task<Scores> Score(ServedPointer model, Numbers rows);

  const BatchCounts& Counts() const { return counts_; }

 private:
  struct Batch;
  net::Task<Scores> ScoreNow(ServedPointer model, Numbers rows);
  net::Task<std::shared_ptr<Batch>> BatchOf(const ServedPointer& model);
  void Finish(Batch& batch);
  void Count(std::size_t requests, std::size_t rows);

  const std::chrono::microseconds wait_;
  const std::size_t rows_full_;
  BatchCounts counts_;
  std::vector<std::weak_ptr<Batch>> open_;  // Held by the requests that wait.
};

}  // namespace aisle::api
