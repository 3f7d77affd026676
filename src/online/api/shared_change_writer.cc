#include "api/shared_change_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "base/log.h"
#include "net/finish_by.h"
#include "recommend/write_of.h"

namespace aisle::api {
namespace {

using namespace std::chrono_literals;

// For one statement; whoever waits over HTTP has a deadline of their own.
constexpr std::chrono::seconds kPatience{5};
// At the end a write that is under way may take so long; all else is told to stop at once, which it does.
constexpr std::chrono::milliseconds kWriteGrace{1500};
constexpr std::chrono::seconds kStopGrace{5};
constexpr std::chrono::milliseconds kLookForStop{50};
constexpr std::chrono::minutes kAheadMax{1};
// One may be a matter of which came first.
constexpr int kUnheardMax = 3;
// Changes of one transaction, if one request does not bring more.
constexpr std::size_t kTogetherMax = 2'000;
// Rounds of reading a log again, each of which may find that something was written meanwhile.
constexpr int kRoundsMax = 3;

std::string NewName() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

SharedChangeWriter::SharedChangeWriter(const Place& place, Publish publish)
    : look_(place.look),
      name_(NewName()),
      shelf_(std::move(publish)),
      writes_(loop_, 0, place.reader, place.names) {}

std::shared_ptr<SharedChangeWriter> SharedChangeWriter::Start(const Place& place, Publish publish) {
  std::shared_ptr<SharedChangeWriter> writer(new SharedChangeWriter(place, std::move(publish)));
  // Generations are served before the database has answered; look-ups say when that was too early.
  writer->shelf_.Begin(serving::ShelfKeeper(""));
  writer->Run(writer->Watch());
  writer->loop_.Start();
  return writer;
}

SharedChangeWriter::~SharedChangeWriter() { Stop(); }

void SharedChangeWriter::Run(net::Task<bool> task, std::chrono::milliseconds grace) {
  const auto stopped = [this, grace] {
    const auto since = stopped_at_.load();
    return since != net::SteadyTime::max() && std::chrono::steady_clock::now() >= since + grace;
  };
  loop_.Spawn(0, [](auto ended, net::Task<bool> inner) -> net::Task<void> {
    (void)co_await net::FinishUnless(ended, kLookForStop, std::move(inner));
  }(stopped, std::move(task)));
}

void SharedChangeWriter::Stop() {
  {
    const std::lock_guard lock(asked_mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  stopped_at_ = std::chrono::steady_clock::now();
  loop_.Stop();
  loop_.Join(kStopGrace);
  const std::lock_guard lock(asked_mutex_);
  for (auto* list : {&under_way_, &waiting_}) {
    for (Waiting& one : *list) one.give(Fail(ErrorCode::kUnavailable, "the server stops"));
    list->clear();
  }
}

void SharedChangeWriter::Serve(const StatePointer& state, const std::string& stands_in) {
  const bool another = shelf_.Serve(state, stands_in);
  if (!another || shelf_.Until() == 0) return;
  Run([](SharedChangeWriter* self) -> net::Task<bool> {
    co_return (co_await self->ReadAgain()).has_value();
  }(this));
}

net::Task<Status> SharedChangeWriter::Write(std::vector<events::Change> changes,
                                            domain::RetailerShape shape) {
  co_return co_await net::Elsewhere<Status>([&](net::Give<Status> give) {
    const std::lock_guard lock(asked_mutex_);
    if (stopping_) return give(Fail(ErrorCode::kUnavailable, "the server stops"));
    waiting_.push_back({std::move(changes), std::move(shape), std::move(give)});
    if (!std::exchange(writing_, true)) Run(WriteWaiting(), kWriteGrace);
  });
}

void SharedChangeWriter::Hurry(std::uint64_t position) {
  if (position <= shelf_.Until() || hurried_.exchange(true)) return;
  Run([](SharedChangeWriter* self) -> net::Task<bool> {
    self->hurried_ = false;
    co_return (co_await self->ReadOn()).has_value();
  }(this));
}

net::Task<bool> SharedChangeWriter::Watch() {
  for (;;) {
    const auto found = co_await ReadOn();
    const net::Deadline next_look = net::Deadline::After(look_);
    bool told = false;
    for (bool waits = true; waits;) {
      const auto position = co_await writes_.Told(look_);
      told = told || position;
      // What this server wrote, and what came in one look, is told of one by one.
      waits = position && *position != 0 && *position <= shelf_.Until() && !next_look.Passed();
    }
    if (told) unheard_ = 0;
    if (!found || *found == 0 || told) continue;
    // Somebody's write came by looking; the word of it should have come, too.
    if (++unheard_ < kUnheardMax || !writes_.DeafBecause().empty()) continue;
    base::LogWarning("changes: the listener hears nothing of what is written; it listens anew");
    writes_.ListenAnew();
    unheard_ = 0;
  }
}

bool SharedChangeWriter::Take(const serving::StoreWrites& news, std::uint64_t known,
                              std::optional<base::Timestamp> at) {
  if (shelf_.Log() != news.log || !news.GoOnFrom(known, at)) return false;
  // Of two that read at the same time the later may know less.
  if (news.last_at && news.Until() > shelf_.Until()) known_at_ = news.last_at;
  shelf_.Take(news.log, WritesOf(news), news.Until());
  return true;
}

net::Task<Result<std::size_t>> SharedChangeWriter::ReadOn() {
  std::size_t count = 0;
  for (;;) {
    const std::uint64_t known = shelf_.Until();
    const auto at = known_at_;
    auto news = co_await writes_.Since(known, net::Deadline::After(kPatience));
    if (!news) {
      SetTrouble(read_trouble_, news.error().message);
      co_return std::unexpected(std::move(news).error());
    }
    SetTrouble(read_trouble_, "");
    if (!Take(*news, known, at)) {
      AISLE_CO_CHECK(co_await ReadAgain());
      co_return count;
    }
    count += news->records.size();
    if (news->Until() == news->last) co_return count;
  }
}

net::Task<Status> SharedChangeWriter::ReadAgain() {
  std::optional<serving::ShelfKeeper> found;
  std::optional<base::Timestamp> at;
  std::uint64_t removed = 0;
  for (int rounds = 0; rounds < kRoundsMax;) {
    const std::uint64_t known = found ? found->Until() : 0;
    auto news = co_await writes_.Since(known, net::Deadline::After(kPatience));
    if (!news) {
      SetTrouble(read_trouble_, news.error().message);
      co_return std::unexpected(std::move(news).error());
    }
    if (found && (found->Log() != news->log || !news->GoOnFrom(known, at))) {
      found.reset();  // Made anew meanwhile, put back, or some were removed.
      at.reset();
      ++rounds;
      continue;
    }
    if (!found) {
      found.emplace(news->log);
      removed = news->records.empty() ? news->last : news->records.front().position - 1;
    }
    found->Take(WritesOf(*news), news->Until());
    if (news->last_at) at = news->last_at;
    if (news->Until() != news->last) continue;
    // What the shelf knows already was written meanwhile; or the database is an older one that was put back.
    if (shelf_.Log() != found->Log() || found->Until() >= shelf_.Until()) break;
    ++rounds;
  }
  if (!found) co_return Fail(ErrorCode::kUnavailable, "the log of changes does not stand still");
  removed_until_ = removed;
  known_at_ = at;
  std::string behind = BehindOf(found->Log(), removed);
  if (!behind.empty()) base::LogWarning("changes: {}", behind);
  shelf_.Begin(*std::move(found), std::move(behind));
  co_return Status{};
}

std::vector<serving::Write> SharedChangeWriter::WritesOf(const serving::StoreWrites& news) {
  std::vector<serving::Write> writes;
  for (const events::LogRecord& record : news.records) {
    const auto change = events::DecodeChange(record.bytes);
    if (!change) {
      base::LogError("changes: record {} is passed over: {}", record.position,
                     change.error().message);
      continue;
    }
    products_.Note(*change);
    ahead_ = change->envelope.time > base::Now() + kAheadMax;
    if (auto write = recommend::WriteOf(*change, record.position))
      writes.push_back(*std::move(write));
  }
  return writes;
}

net::Task<bool> SharedChangeWriter::WriteWaiting() {
  for (;;) {
    {
      const std::lock_guard lock(asked_mutex_);
      writing_ = !waiting_.empty();
      if (!writing_) co_return true;
      TakeSome();
    }
    std::vector<Status> results(under_way_.size());
    std::vector<events::Change> changes = Checked(results);
    if (!changes.empty()) {
      const Status written = co_await AppendAll(std::move(changes));
      for (Status& result : results) {
        if (!written && result) result = written;
      }
    }
    const std::lock_guard lock(asked_mutex_);
    for (std::size_t i = 0; i < under_way_.size(); ++i) under_way_[i].give(std::move(results[i]));
    under_way_.clear();
  }
}

// As many as one transaction takes, while which no other server writes; one at least.
void SharedChangeWriter::TakeSome() {
  std::size_t count = 0;
  auto end = waiting_.begin();
  while (end != waiting_.end() && (count == 0 || count + end->changes.size() <= kTogetherMax)) {
    count += end->changes.size();
    ++end;
  }
  under_way_.assign(std::move_iterator(waiting_.begin()), std::move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
}

// The changes of those that may be written; the others have their result.
std::vector<events::Change> SharedChangeWriter::Checked(std::vector<Status>& results) {
  std::vector<events::Change> all;
  for (std::size_t i = 0; i < under_way_.size(); ++i) {
    std::vector<events::Change>& changes = under_way_[i].changes;
    for (events::Change& change : changes) {
      change.envelope.time = base::Now();  // Until the database says it.
      change.envelope.id = fmt::format("{}.{}", name_, ++written_);
      if (results[i]) results[i] = events::CheckChange(change, under_way_[i].shape);
    }
    if (!results[i]) continue;
    std::ranges::move(changes, std::back_inserter(all));
  }
  return all;
}

net::Task<Status> SharedChangeWriter::AppendAll(std::vector<events::Change> changes) {
  const std::size_t count = changes.size();
  const std::uint64_t known = shelf_.Until();
  const auto at = known_at_;
  auto news = co_await writes_.Append(std::move(changes), known, net::Deadline::After(kPatience));
  if (!news) {
    {
      const std::lock_guard lock(asked_mutex_);
      refused_ = news.error().code != ErrorCode::kUnavailable;
    }
    SetTrouble(write_trouble_, news.error().message);
    co_return Fail(ErrorCode::kUnavailable,
                   "changes cannot be written now: " + news.error().message);
  }
  SetTrouble(write_trouble_, "");
  SetTrouble(read_trouble_, "");
  taken_ += count;
  if (!Take(*news, known, at) || news->Until() != news->last) {
    AISLE_CO_TRY([[maybe_unused]] const std::size_t more, co_await ReadOn());
  }
  if (shelf_.Log() == news->log) co_return Status{};
  co_return Fail(ErrorCode::kUnavailable, "the store was made anew after the change was written");
}

void SharedChangeWriter::SetTrouble(std::string& trouble, std::string words) {
  std::string now;
  {
    const std::lock_guard lock(asked_mutex_);
    const bool before = !read_trouble_.empty() || !write_trouble_.empty();
    trouble = std::move(words);
    // What failed for want of a connection is mended with it.
    if (&trouble == &read_trouble_ && trouble.empty() && !refused_) write_trouble_.clear();
    now = write_trouble_.empty() ? read_trouble_ : write_trouble_;
    if (before == !now.empty()) return;
  }
  if (now.empty()) {
    base::LogInfo("changes are taken in again");
  } else {
    base::LogError("changes are refused, or those of other servers not known: {}", now);
  }
}

std::string SharedChangeWriter::Trouble() const {
  const std::lock_guard lock(asked_mutex_);
  return write_trouble_.empty() ? read_trouble_ : write_trouble_;
}

bool SharedChangeWriter::Follows() const {
  const std::lock_guard lock(asked_mutex_);
  return read_trouble_.empty();
}

std::string SharedChangeWriter::Behind() const {
  return BehindOf(shelf_.Log().value_or(""), removed_until_);
}

std::string SharedChangeWriter::BehindOf(const std::string& log, std::uint64_t removed) const {
  const StatePointer state = shelf_.State();
  if (removed == 0 || !state) return {};
  const serving::KnownChanges& known = state->Known();
  if (known.log == log && known.until >= removed) return {};
  return fmt::format(
      "changes up to {} were removed, and this server's generation does not know them: it needs a "
      "newer one",
      removed);
}

}  // namespace aisle::api
