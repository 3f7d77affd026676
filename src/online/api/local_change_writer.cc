#include "api/local_change_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "events/log_keeper.h"
#include "recommend/write_of.h"
#include "serving/state/in_service.h"

namespace aisle::api {
namespace {

// So far the clock may have been put back unnoticed.
constexpr std::chrono::minutes kAheadMax{1};

}  // namespace

LocalChangeWriter::LocalChangeWriter(std::filesystem::path log_folder,
                                     std::filesystem::path serving_root, Publish publish,
                                     std::chrono::milliseconds again)
    : log_folder_(std::move(log_folder)),
      serving_root_(std::move(serving_root)),
      again_(again),
      shelf_(std::move(publish)) {}

Result<std::shared_ptr<LocalChangeWriter>> LocalChangeWriter::Start(
    std::filesystem::path log_folder, std::filesystem::path serving_root, Publish publish,
    std::chrono::milliseconds again) {
  std::shared_ptr<LocalChangeWriter> writer(new LocalChangeWriter(
      std::move(log_folder), std::move(serving_root), std::move(publish), again));
  AISLE_CHECK(writer->OpenLog());
  writer->thread_ = std::thread([raw = writer.get()] { raw->Run(); });
  return writer;
}

LocalChangeWriter::~LocalChangeWriter() { Stop(); }

void LocalChangeWriter::Stop() {
  {
    const std::lock_guard lock(asked_mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Status LocalChangeWriter::OpenLog() {
  try_again_ = std::chrono::steady_clock::now() + again_;
  auto kept = events::OpenKept(log_folder_);
  if (!kept) return Within("log of changes", kept.error());
  std::optional<events::EventLog> log = std::move(kept->log);
  const bool writable = log.has_value();
  if (writable) {
    AISLE_CHECK(log->Register(events::kLiveReader));
  } else if (auto read = events::EventLog::Open(log_folder_, events::EventLog::Access::kRead)) {
    log.emplace(*std::move(read));
  }
  SetTrouble(kept->trouble);
  // What this process knows already is no less than what can only be read.
  const auto known = shelf_.Log();
  if (known && !writable) return {};
  serving::ShelfKeeper found(log ? log->Id() : std::string());
  if (log)
    AISLE_CHECK(recommend::Replay(*log, found, [this](const auto& change) { Note(change); }));
  if (known && *known != found.Log()) AISLE_CHECK(CarryOver(*log, found));
  shelf_.Begin(std::move(found));
  if (!writable) return {};
  AISLE_TRY(last_position_, log->LastPosition());
  SetLog(std::make_shared<events::EventLog>(*std::move(log)));
  return {};
}

// The log was set aside while this process served: what it still knows is written into the new one.
Status LocalChangeWriter::CarryOver(events::EventLog& log, serving::ShelfKeeper& found) {
  const StatePointer state = shelf_.State();
  if (!state) return {};
  std::vector<events::Change> changes;
  last_time_ = std::max(base::Now(), last_time_ + base::Microseconds{1});
  for (const serving::Write& write : shelf_.KeptWrites()) {
    events::Change change = recommend::ChangeOf(write);
    change.envelope.time = last_time_;
    change.envelope.id = fmt::format("{}.{}", base::ToMicros(last_time_), changes.size());
    if (events::CheckChange(change, state->RetailerShape())) changes.push_back(std::move(change));
  }
  AISLE_CHECK(log.Append(changes, state->RetailerShape()));
  base::LogWarning("log of changes: {} that this server knew are in the new one", changes.size());
  found = serving::ShelfKeeper(log.Id());
  return recommend::Replay(log, found);
}

void LocalChangeWriter::SetTrouble(std::string words) {
  const bool news = !words.empty() && words != Trouble();
  if (news) base::LogError("changes are refused: {}", words);
  const std::lock_guard lock(asked_mutex_);
  trouble_ = std::move(words);
}

// What must be known of all that is in the log.
void LocalChangeWriter::Note(const events::Change& change) {
  last_time_ = std::max(last_time_, change.envelope.time);
  products_.Note(change);
}

std::shared_ptr<events::EventLog> LocalChangeWriter::Log() const {
  const std::lock_guard lock(log_mutex_);
  return log_;
}

void LocalChangeWriter::SetLog(std::shared_ptr<events::EventLog> log) {
  const std::lock_guard lock(log_mutex_);
  log_ = std::move(log);
}

void LocalChangeWriter::Serve(const StatePointer& state, const std::string& stands_in) {
  if (shelf_.Serve(state, stands_in)) LetGo();
}

void LocalChangeWriter::LetGo() {
  const std::shared_ptr<events::EventLog> log = Log();
  if (!log) return;
  const auto mark = log->Mark(events::kLiveReader);
  if (!mark) return;
  const auto position =
      recommend::KnownUntil(*log, *mark, serving::KnownToAll(serving_root_, log->Id()));
  if (!position || *position == *mark) return;
  // Another log: this one failed meanwhile.
  if (!shelf_.Forget(log->Id(), *position)) return;
  if (const Status moved = log->Advance(events::kLiveReader, *position); !moved)
    base::LogWarning("log of changes: {}", moved.error().message);
}

net::Task<Status> LocalChangeWriter::Write(std::vector<events::Change> changes,
                                           domain::RetailerShape shape) {
  co_return co_await net::Elsewhere<Status>([&](net::Give<Status> give) {
    const std::lock_guard lock(asked_mutex_);
    if (stopping_) return give(Fail(ErrorCode::kUnavailable, "the server stops"));
    waiting_.push_back({std::move(changes), std::move(shape), std::move(give)});
    wake_.notify_one();
  });
}

void LocalChangeWriter::Run() {
  for (;;) {
    std::vector<Waiting> batch;
    {
      std::unique_lock lock(asked_mutex_);
      const auto called = [&] { return stopping_ || !waiting_.empty(); };
      if (log_) {
        wake_.wait(lock, called);
      } else {
        wake_.wait_until(lock, try_again_, called);
      }
      if (waiting_.empty() && stopping_) return;
      batch = std::exchange(waiting_, {});
    }
    if (!log_) TryAgain();
    // What came on both sides of a flip may be of two shapes.
    for (std::span<Waiting> rest = batch; !rest.empty();) {
      const auto other = std::ranges::find_if_not(
          rest, [&](const Waiting& next) { return next.shape == rest.front().shape; });
      const auto count = static_cast<std::size_t>(other - rest.begin());
      WriteAll(rest.first(count));
      rest = rest.subspan(count);
    }
  }
}

void LocalChangeWriter::TryAgain() {
  if (std::chrono::steady_clock::now() < try_again_) return;
  if (const Status opened = OpenLog(); !opened) SetTrouble(opened.error().message);
}

void LocalChangeWriter::WriteAll(std::span<Waiting> batch) {
  std::vector<Status> results(batch.size());
  const std::vector<events::Change> changes = Stamp(batch, results);
  if (!changes.empty()) {
    if (const Status written = Append(changes, batch.front().shape); !written) {
      for (Status& result : results) {
        if (result) result = written;
      }
    }
  }
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].give(std::move(results[i]));
}

std::vector<events::Change> LocalChangeWriter::Stamp(std::span<Waiting> batch,
                                                     std::vector<Status>& results) {
  std::vector<events::Change> all;
  const base::Timestamp now = base::Now();
  const base::Timestamp time = std::max(now, last_time_ + base::Microseconds{1});
  const bool ahead = time > now + kAheadMax;
  if (ahead && !ahead_) {
    base::LogError(
        "changes are stamped {}, ahead of the clock, as one before them was: no generation knows "
        "of them before then",
        base::FormatIso(time));
  }
  ahead_ = ahead;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    for (std::size_t c = 0; c < batch[i].changes.size() && results[i]; ++c) {
      events::Envelope& envelope = batch[i].changes[c].envelope;
      envelope.time = time;
      envelope.id = fmt::format("{}.{}", base::ToMicros(time), all.size() + c);
      results[i] = events::CheckChange(batch[i].changes[c], batch[i].shape);
    }
    if (!results[i]) continue;
    for (events::Change& change : batch[i].changes) all.push_back(std::move(change));
  }
  return all;
}

Status LocalChangeWriter::Append(const std::vector<events::Change>& changes,
                                 const domain::RetailerShape& shape) {
  const auto refuse = [&](std::string words) {
    SetTrouble(words);
    return Fail(ErrorCode::kUnavailable, "changes cannot be written now: " + std::move(words));
  };
  if (!log_) return refuse(Trouble());
  if (const Status written = log_->Append(changes, shape); !written) {
    SetLog(nullptr);
    try_again_ = std::chrono::steady_clock::now() + again_;
    return refuse(written.error().message);
  }
  std::vector<serving::Write> writes;
  for (const events::Change& change : changes) {
    Note(change);
    if (auto write = recommend::WriteOf(change, ++last_position_))
      writes.push_back(*std::move(write));
  }
  taken_ += changes.size();
  shelf_.Take(log_->Id(), writes, last_position_);
  return {};
}

std::string LocalChangeWriter::Trouble() const {
  const std::lock_guard lock(asked_mutex_);
  return trouble_;
}

}  // namespace aisle::api
