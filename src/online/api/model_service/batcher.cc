#include "api/model_service/batcher.h"

#include <algorithm>
#include <utility>

#include "net/alarm.h"
#include "net/event_loops.h"

namespace aisle::api {
namespace {

// So many rows are scored before others get their turn on the loop; sums of doubles are made row by row.
constexpr std::size_t kRowsPerTurn = 8192;
constexpr std::size_t kDoubleRowsPerTurn = 512;

Numbers Part(const Numbers& all, std::size_t begin, std::size_t count) {
  return std::visit(
      [&](const auto& values) -> Numbers {
        if (values.empty()) return Numbers(std::decay_t<decltype(values)>());
        const auto from = values.begin() + static_cast<std::ptrdiff_t>(begin);
        return std::decay_t<decltype(values)>(from, from + static_cast<std::ptrdiff_t>(count));
      },
      all);
}

void Append(Numbers& all, const Numbers& more) {
  std::visit(
      [&](auto& values) {
        const auto& added = std::get<std::decay_t<decltype(values)>>(more);
        values.insert(values.end(), added.begin(), added.end());
      },
      all);
}

}  // namespace

struct Batcher::Batch {
  ServedPointer model;
  Numbers rows;
  Scores scores = {};
  std::shared_ptr<net::Alarm> alarm;
  std::size_t requests = 0;
  bool done = false;
};

void Batcher::Count(std::size_t requests, std::size_t rows) {
  counts_.requests.fetch_add(requests, std::memory_order_relaxed);
  counts_.rows.fetch_add(rows, std::memory_order_relaxed);
}

net::Task<Scores> Batcher::ScoreNow(ServedPointer model, Numbers rows) {
  const std::size_t count = SizeOf(rows) / model->InputCount();
  Count(1, count);
  Scores scores = model->RoomFor(count);
  const std::size_t per_turn = model->SumsDoubles() ? kDoubleRowsPerTurn : kRowsPerTurn;
  for (std::size_t first = 0; first < count; first += per_turn) {
    if (first > 0) co_await net::Sleep(std::chrono::nanoseconds{0});
    counts_.calls.fetch_add(1, std::memory_order_relaxed);
    model->Score(rows, first, std::min(per_turn, count - first), scores);
  }
  co_return scores;
}

net::Task<std::shared_ptr<Batcher::Batch>> Batcher::BatchOf(const ServedPointer& model) {
  for (const std::weak_ptr<Batch>& open : open_) {
    if (auto batch = open.lock(); batch && batch->model == model) co_return batch;
  }
  auto batch = std::make_shared<Batch>();
  batch->model = model;
  batch->rows = model->NoRows();
  batch->alarm = co_await net::Alarm::After(wait_);
  open_.push_back(batch);
  co_return batch;
}

void Batcher::Finish(Batch& batch) {
  std::erase_if(open_, [&](const std::weak_ptr<Batch>& open) {
    const auto other = open.lock();
    return !other || other.get() == &batch;
  });
  const std::size_t count = SizeOf(batch.rows) / batch.model->InputCount();
  Count(batch.requests, count);
  counts_.calls.fetch_add(1, std::memory_order_relaxed);
  batch.scores = batch.model->RoomFor(count);
  batch.model->Score(batch.rows, 0, count, batch.scores);
  batch.done = true;
}

net::Task<Scores> Batcher::Score(ServedPointer model, Numbers rows) {
  const std::size_t count = SizeOf(rows) / model->InputCount();
  if (wait_.count() == 0 || count >= rows_full_ || count == 0)
    co_return co_await ScoreNow(std::move(model), std::move(rows));
  const std::shared_ptr<Batch> batch = co_await BatchOf(model);
  const std::size_t first = SizeOf(batch->rows) / model->InputCount();
  Append(batch->rows, rows);
  ++batch->requests;
  if (first + count >= rows_full_) {
    Finish(*batch);
    batch->alarm->Ring();
  } else {
    co_await batch->alarm->Wait();
    if (!batch->done) Finish(*batch);
  }
  const auto part = [&](const Numbers& all, std::size_t width) {
    return Part(all, first * width, count * width);
  };
  co_return Scores{part(batch->scores.margins, model->MarginCount()),
                   part(batch->scores.predictions, model->PredictionCount())};
}

}  // namespace aisle::api
