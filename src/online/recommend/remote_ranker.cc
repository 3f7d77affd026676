#include "recommend/remote_ranker.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "recommend/infer_exchange.h"
#include "recommend/rungs.h"
#include "serving/store/breaker.h"
#include "web/http_client.h"
#include "web/json_reader.h"

namespace aisle::recommend {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kErrorBytesMax = 200;

net::Deadline Share(net::Deadline deadline, double share) {
  if (deadline.IsNever()) return deadline;
  const auto now = Steady::now();
  const auto left = std::chrono::duration<double>(deadline.At() - now) * share;
  return net::Deadline(now + std::chrono::duration_cast<Steady::duration>(left));
}

// Reports how it went, or that nobody will know: a request can be dropped with its loop.
class Attempt {
 public:
  Attempt(serving::Breaker& breaker, serving::Breaker::Ticket ticket)
      : breaker_(&breaker), ticket_(ticket) {}
  ~Attempt() {
    if (breaker_ != nullptr) breaker_->Dropped(ticket_);
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  bool Succeeded() { return std::exchange(breaker_, nullptr)->Succeeded(ticket_); }
  bool Failed(net::SteadyTime now) {
    return std::exchange(breaker_, nullptr)->Failed(ticket_, now);
  }

 private:
  serving::Breaker* breaker_;
  serving::Breaker::Ticket ticket_;
};

// Rows of all lists, one after the other.
void FillRows(RankTask& task, std::vector<float>& rows) {
  const ranking::PairScorer& scorer = *task.state->Ranker();
  Work& work = *task.work;
  for (const CandidateList& list : task.candidates.Lists()) {
    if (list.products.empty()) continue;
    scorer.FillRows(task.customer.record, task.propensity, task.now, list.products, work.scratch,
                    task.candidates.Repriced());
    rows.insert(rows.end(), work.scratch.rows.begin(), work.scratch.rows.end());
  }
}

void TakeScores(RankTask& task, std::span<float> scores) {
  task.work->finalists.clear();
  for (const CandidateList& list : task.candidates.Lists()) {
    const std::span<float> of_list = scores.first(list.products.size());
    scores = scores.subspan(of_list.size());
    task.state->Ranker()->Blend(task.propensity, list.products, of_list);
    TakeBest(task, list, of_list);
  }
}

}  // namespace

struct RemoteRanker::Impl {
  explicit Impl(RemoteRankerOptions given)
      : options(std::move(given)),
        client({.address = options.address}),
        breaker(options.failures_to_open, options.open_for),
        // Two programs that ask one service do not use the same ids.
        seed(static_cast<std::uint64_t>(Steady::now().time_since_epoch().count())) {}

  RemoteRankerOptions options;
  web::HttpClient client;
  serving::Breaker breaker;
  std::uint64_t seed;
  std::uint64_t asked = 0;

  net::Task<Status> Score(const RankTask& task, std::span<const float> rows,
                          std::span<float> scores);
};

// Fills `scores`, or says why not.
net::Task<Status> RemoteRanker::Impl::Score(const RankTask& task, std::span<const float> rows,
                                            std::span<float> scores) {
  const InferAsk ask{.model = options.model,
                     .version = task.state->Manifest().ranking_version,
                     .id = fmt::format("{:016x}", base::Mix(seed + ++asked)),
                     .inputs = task.state->Ranker()->Forest().FeatureCount()};
  web::HttpAsk made = MakeInferAsk(ask, rows);
  if (!options.authorization.empty())
    made.fields.emplace_back("Authorization", options.authorization);
  AISLE_CO_TRY(const web::HttpAnswer answer,
               co_await client.Send(std::move(made), Share(task.deadline, options.deadline_share)));
  if (answer.status != 200) {
    co_return Fail(ErrorCode::kUnavailable,
                   fmt::format("{}: {}: {}", web::UrlOf(options.address.Text()), answer.status,
                               ErrorTextOf(answer.body)));
  }
  co_return TakeInferAnswer(ask, answer, scores);
}

RemoteRanker::RemoteRanker(RemoteRankerOptions options)
    : impl_(std::make_shared<Impl>(std::move(options))) {
  AISLE_ASSERT(impl_->options.deadline_share > 0 && impl_->options.deadline_share <= 1);
}
RemoteRanker::~RemoteRanker() = default;

std::string_view RemoteRanker::LeftOut() const {
  return impl_->breaker.IsClosed() ? "" : "the model service does not answer: see the log";
}

net::Task<Result<RankTimes>> RemoteRanker::Rank(std::shared_ptr<RankTask> task) {
  const std::shared_ptr<Impl> impl = impl_;
  const auto ticket = impl->breaker.Admit(impl->options.now());
  if (!ticket) co_return Fail(ErrorCode::kUnavailable, {});  // Said when it was left out.
  Attempt attempt(impl->breaker, *ticket);
  const auto begin = Steady::now();
  std::vector<float> rows;
  FillRows(*task, rows);
  const auto filled = Steady::now();
  std::vector<float> scores(rows.size() / task->state->Ranker()->Forest().FeatureCount());
  const Status scored = co_await impl->Score(*task, rows, scores);
  if (!scored) {
    if (attempt.Failed(impl->options.now())) {
      base::LogWarning("the model service is left out and tried every {} ms: {}",
                       impl->options.open_for.count(), scored.error().message);
    }
    co_return std::unexpected(scored.error());
  }
  if (attempt.Succeeded()) base::LogInfo("the model service answers again");
  TakeScores(*task, scores);
  co_return RankTimes{.pair_features = filled - begin, .model = Steady::now() - filled};
}

std::string ErrorTextOf(std::string_view body) {
  web::JsonReader json(body);
  std::string key;
  std::string text;
  if (json.Next() == web::JsonReader::Kind::kObject && json.BeginObject()) {
    while (json.NextKey(key)) {
      const bool wanted = key == "error" || key == "detail";
      if (wanted && json.Next() == web::JsonReader::Kind::kString) {
        json.String(text);
        break;
      }
      const std::string_view value = json.Skip();
      if (wanted) {
        text = value;  // A list of problems, say.
        break;
      }
    }
  }
  if (text.empty()) text = body;
  text.resize(std::min(text.size(), kErrorBytesMax));
  for (char& c : text) c = static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return text.empty() ? "no words" : text;
}

}  // namespace aisle::recommend
