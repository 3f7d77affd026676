#include "serving/postgres/fetcher.h"

#include <fmt/format.h>

#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/files.h"
#include "base/log.h"
#include "base/stopwatch.h"
#include "net/event_loops.h"
#include "postgres/rows.h"
#include "postgres/statement.h"
#include "postgres/transaction.h"
#include "serving/generation/fetched.h"
#include "serving/generation/layout.h"
#include "serving/postgres/files.h"
#include "serving/postgres/session.h"
#include "serving/sql.h"

namespace aisle::serving {
namespace {

using postgres::Connection;
using Steady = std::chrono::steady_clock;

constexpr std::array kChannels = {kGenerationChannel, kFilesChannel};
constexpr std::chrono::seconds kConnectWait{5};
constexpr std::chrono::seconds kAnswerWait{10};
// For one part of a file.
constexpr std::chrono::seconds kPartWait{60};

struct Offer {
  OfferedGeneration current;
  bool has_files = false;
  std::string coming;  // Checksum of the one that is being loaded; empty: none.
};

// kNotFound: nothing was loaded yet.
net::Task<Result<Offer>> ReadOffer(Connection& connection) {
  AISLE_CO_TRY(const postgres::Rows rows,
               co_await connection.Run(postgres::Statement(std::string(sql::kStoreOffer.text)),
                                       net::Deadline::After(kAnswerWait)));
  postgres::RowReader row(rows);
  const auto generation = row.Int("generation");
  const auto checksum = row.Text("generation_checksum");
  const auto created = row.Time("created_at");
  const auto has_files = row.Bool("has_files");
  const auto coming = row.Text("coming");
  AISLE_CO_TRY(const bool found, row.Next());
  if (!found) {
    co_return Fail(ErrorCode::kNotFound,
                   "nothing was loaded into Postgres yet (`aisle store load`)");
  }
  Offer offer;
  offer.current.generation = row[generation];
  offer.current.checksum = row[checksum];
  offer.current.created = row[created];
  offer.has_files = row[has_files];
  offer.coming = row.OrElse(coming, std::string_view());
  co_return offer;
}

// All files as one moment has them: a load may replace them meanwhile.
net::Task<Result<StoredGeneration>> ReadAll(Connection& connection, OfferedGeneration offered) {
  const postgres::TransactionOptions snapshot = {.isolation = postgres::Isolation::kRepeatableRead,
                                                 .read_only = true};
  co_return co_await postgres::InTransaction<StoredGeneration>(connection, {}, snapshot, [&]() {
    return ReadStoredGeneration(connection, offered, kPartWait);
  });
}

// What is to be done on the disk.
struct News {
  OfferedGeneration offered;
  bool is_here = false;  // Only to be switched to.
  bool is_ahead = false;
  Result<StoredGeneration> stored = StoredGeneration{};
  double seconds = 0;
};

}  // namespace

struct GenerationFetcher::Impl {
  postgres::ConnectionSettings settings;
  StoreNames names;
  std::filesystem::path root;
  FetchOptions options;

  mutable std::mutex mutex = {};
  mutable std::condition_variable changed = {};
  bool stopping = false;
  bool looked = false;
  bool answered = false;
  std::string trouble = {};
  net::EventLoops* loops = nullptr;  // While the thread waits for Postgres.
  // Of the thread.
  bool checked = false;     // What was here at the start.
  std::string failed = {};  // Checksum of what could not be fetched,
  Steady::time_point try_again = {};
  std::string ahead = {};  // and of what was tried ahead.
  std::thread thread = {};

  void SetAnswered(bool now) {
    const std::lock_guard lock(mutex);
    answered = now;
  }

  void Note(const std::string& words) {
    bool news = false;
    {
      const std::lock_guard lock(mutex);
      news = words != trouble;
      trouble = words;
      looked = true;
    }
    changed.notify_all();
    if (news && !words.empty()) base::LogWarning("{}", words);
  }

  // Until there is something to do on the disk; an error: the connection is lost.
  net::Task<Result<News>> WaitForNews() {
    AISLE_CO_TRY(Connection connection,
                 co_await OpenStore(settings, names, net::Deadline::After(kConnectWait)));
    Status listens;
    for (const std::string_view channel : kChannels) {
      listens = co_await connection.Listen(std::string(channel), net::Deadline::After(kAnswerWait));
      if (!listens && !connection.IsOpen()) co_return std::unexpected(listens.error());
    }
    for (;;) {
      AISLE_CO_TRY(auto news, co_await Look(connection));
      if (news) co_return *std::move(news);
      if (listens) {
        AISLE_CO_TRY([[maybe_unused]] const auto told,
                     co_await connection.NextNotification(net::Deadline::After(options.every)));
      } else {
        co_await net::Sleep(options.every);
      }
    }
  }

  net::Task<Result<std::optional<News>>> Look(Connection& connection) {
    auto offer = co_await ReadOffer(connection);
    SetAnswered(offer || offer.error().code == ErrorCode::kNotFound);
    if (!offer && offer.error().code == ErrorCode::kNotFound) {
      Note(offer.error().message);
      co_return std::nullopt;
    }
    if (!offer) co_return std::unexpected(std::move(offer).error());
    // What lies here may have been damaged since. Who publishes may be in the way: then next time.
    if (!checked) checked = RemoveIfDamaged(root, offer->current).has_value();
    const Standing standing = StandingOf(root, offer->current);
    if (standing == Standing::kHere || standing == Standing::kMissing)
      co_return co_await Fetch(connection, *offer, standing);
    Note("");
    if (offer->coming.empty() || offer->coming == ahead) co_return std::nullopt;
    co_return co_await FetchAhead(connection, offer->coming);
  }

  net::Task<Result<std::optional<News>>> Fetch(Connection& connection, const Offer& offer,
                                               Standing standing) {
    const bool waits = offer.current.checksum == failed && Steady::now() < try_again;
    // Who publishes here is let go first.
    if (waits || base::FileLock::IsHeld(root / kWriterLockFile)) co_return std::nullopt;
    News news;
    news.offered = offer.current;
    news.is_here = standing == Standing::kHere;
    if (!news.is_here && !offer.has_files) {
      Note(
          fmt::format("generation {} is in Postgres without its files; run `aisle store sync` of "
                      "this version where it was published",
                      offer.current.generation));
      co_return std::nullopt;
    }
    const base::Stopwatch watch;
    if (!news.is_here) news.stored = co_await ReadAll(connection, offer.current);
    news.seconds = watch.Seconds();
    co_return std::optional(std::move(news));
  }

  net::Task<Result<std::optional<News>>> FetchAhead(Connection& connection, std::string checksum) {
    ahead = checksum;
    const auto manifest =
        co_await ReadStoredFile(connection, checksum, std::string(kManifestFile), kPartWait);
    // What is wrong with it is said when its turn has come.
    const auto offered = manifest ? OfferOf(*manifest) : std::unexpected(manifest.error());
    if (!offered || StandingOf(root, *offered) != Standing::kMissing) co_return std::nullopt;
    News news;
    news.offered = *offered;
    news.is_ahead = true;
    const base::Stopwatch watch;
    news.stored = co_await ReadAll(connection, *offered);
    news.seconds = watch.Seconds();
    if (!news.stored) co_return std::nullopt;
    co_return std::optional(std::move(news));
  }

  // Nothing: it was told to stop.
  std::optional<Result<News>> AskPostgres() {
    std::optional<Result<News>> news;
    net::EventLoops own(1, "fetch");
    own.Spawn(0, [](Impl& impl, net::EventLoops& on, auto& out) -> net::Task<void> {
      try {
        out = co_await impl.WaitForNews();
      } catch (const std::exception& error) {
        out = Fail(ErrorCode::kInternal, error.what());
      }
      on.Stop();
    }(*this, own, news));
    {
      const std::lock_guard lock(mutex);
      if (stopping) return std::nullopt;
      loops = &own;
    }
    own.Start();
    own.Join(std::chrono::milliseconds{0});
    const std::lock_guard lock(mutex);
    loops = nullptr;
    return stopping ? std::nullopt : std::move(news);
  }

  Status TakeNews(const News& news) const {
    if (news.is_here) return SwitchToFetched(root, news.offered);
    if (!news.stored) return std::unexpected(news.stored.error());
    return TakeIn(root, news.offered, news.stored->manifest, news.stored->files, !news.is_ahead);
  }

  void Do(const News& news) {
    const Status done = TakeNews(news);
    const std::int64_t generation = news.offered.generation;
    if (news.is_ahead) return;
    if (done) {
      if (news.is_here) {
        base::LogInfo("generation {} is what Postgres holds now; it had been fetched", generation);
      } else {
        base::LogInfo("generation {} was fetched from Postgres in {:.1f} s", generation,
                      news.seconds);
      }
      Note("");
      return;
    }
    failed = news.offered.checksum;
    try_again = Steady::now() + options.again;
    Note(fmt::format("generation {} cannot be fetched from Postgres: {}", generation,
                     done.error().message));
  }

  void Run() {
    for (;;) {
      const auto news = AskPostgres();
      if (!news) return;
      if (*news) {
        Do(**news);
        continue;
      }
      SetAnswered(false);
      Note(fmt::format("Postgres does not say which generation it holds: {}",
                       news->error().message));
      std::unique_lock lock(mutex);
      if (changed.wait_for(lock, options.every, [&] { return stopping; })) return;
    }
  }
};

GenerationFetcher::GenerationFetcher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->thread = std::thread([state = impl_.get()] { state->Run(); });
}

std::unique_ptr<GenerationFetcher> GenerationFetcher::Start(postgres::ConnectionSettings settings,
                                                            StoreNames names,
                                                            std::filesystem::path root,
                                                            FetchOptions options) {
  auto impl = std::make_unique<Impl>();
  impl->settings = std::move(settings);
  impl->names = std::move(names);
  impl->root = std::move(root);
  impl->options = options;
  return std::unique_ptr<GenerationFetcher>(new GenerationFetcher(std::move(impl)));
}

GenerationFetcher::~GenerationFetcher() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    if (impl_->loops != nullptr) impl_->loops->Stop();
  }
  impl_->changed.notify_all();
  impl_->thread.join();
}

void GenerationFetcher::WaitForFirstLook(std::chrono::milliseconds at_most) const {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait_for(lock, at_most, [&] { return impl_->looked; });
}

bool GenerationFetcher::IsAnswered() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->answered;
}

std::string GenerationFetcher::Trouble() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->trouble;
}

}  // namespace aisle::serving
