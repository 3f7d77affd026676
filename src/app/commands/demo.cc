#include <fmt/ranges.h>

#include <algorithm>

#include "app/child_process.h"
#include "app/command.h"
#include "app/job.h"
#include "app/portrait.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/server.h"
#include "app/steps.h"
#include "recommend/request.h"
#include "serving/state/in_service.h"
#include "web/address.h"
#include "workspace/attempts.h"
#include "workspace/process.h"

namespace aisle::app {
namespace {

constexpr std::int64_t kFirstCustomer = 1'000'000;
constexpr std::int64_t kEnoughCustomers = 2'000;  // For models that pass their gates; 100 are not.

struct DemoOptions {
  std::optional<std::int64_t> customers;
  bool once = false;
};

bool HasChampion(const Context& context, const std::string& model) {
  return context.workspace.Models().Resolve(model, registry::kChampion).has_value();
}

// What has to be done for the demo's data, and what has been done already.
class Plan {
 public:
  Plan(const Context& context, base::Timestamp as_of) : context_(context), as_of_(as_of) {}

  // Reads what is there; everything after the first step that is due is due as well.
  Status Look() {
    AISLE_TRY(const auto jobs, context_.workspace.ReadJobs());
    const auto about = context_.workspace.ReadAbout();
    if (!about && about.error().code != ErrorCode::kFailedPrecondition)
      return std::unexpected(about.error());
    const workspace::Settings& settings = context_.settings;
    generate_ = !about || about->kind != "synthetic" || about->seed != settings.seed ||
                about->customers != settings.generate_customers || about->until != as_of_;
    const auto done = [&](const std::string& step) {
      const auto found = jobs.find(step);
      return !generate_ && found != jobs.end() && found->second.data == about->id &&
             found->second.as_of == as_of_;
    };
    refresh_ = !done("refresh");
    for (const std::string& recipe : settings.train_recipes) {
      const bool there = done("train " + recipe) && ModelsResolve(jobs.at("train " + recipe));
      if (!there || !recipes_.empty()) recipes_.push_back(recipe);
    }
    const bool can_score = HasChampion(context_, "propensity");
    score_ = !recipes_.empty() || refresh_ || (can_score && !done("score"));
    publish_ = score_ || !done("publish") || !Published();
    return {};
  }

  bool Generate() const { return generate_; }
  bool Refresh() const { return refresh_; }
  const std::vector<std::string>& Recipes() const { return recipes_; }
  bool Score() const { return score_; }
  bool Publish() const { return publish_; }
  bool AnythingDue() const { return generate_ || refresh_ || score_ || publish_; }

 private:
  // The versions that a training wrote are still there.
  bool ModelsResolve(const workspace::JobRecord& record) const {
    const registry::Registry registry = context_.workspace.Models();
    return std::ranges::all_of(record.counts, [&](const auto& entry) {
      return entry.first == "rows" ||
             registry.ReadManifest(entry.first, static_cast<int>(entry.second)).has_value();
    });
  }
  bool Published() const {
    return serving::CurrentGeneration(context_.workspace.Serving()).has_value();
  }

  const Context& context_;
  base::Timestamp as_of_;
  bool generate_ = false;
  bool refresh_ = false;
  std::vector<std::string> recipes_;
  bool score_ = false;
  bool publish_ = false;
};

// A shop may be too small for a recipe: then the demo goes on without its model, and says so.
Status Learn(const Context& context, Job& job, const std::string& recipe, base::Timestamp as_of) {
  const base::Stopwatch watch;
  context.Say("3. Learning: {}", recipe);
  const auto report = TrainStep(context, job, recipe, as_of, training::Promote::kWhenGood);
  if (!report && report.error().code == ErrorCode::kFailedPrecondition) {
    context.Say("   nothing was learnt: {}", report.error().message);
    return {};
  }
  if (!report) return std::unexpected(report.error());
  context.Say("   {}/{} from {} rows in {}", report->model, report->version, Grouped(report->rows),
              Seconds(watch.Seconds()));
  for (const std::string& gate : report->promotion.objections)
    context.Say("   it does not serve; a gate did not pass: {}", gate);
  return {};
}

Status Score(const Context& context, Job& job, base::Timestamp as_of) {
  if (!HasChampion(context, "propensity")) {
    context.Say("4. Scoring is left out: there is no propensity model");
    return {};
  }
  const base::Stopwatch watch;
  context.Say("4. Scoring every customer for every category");
  AISLE_TRY(const auto report, ScoreStep(context, job, as_of));
  context.Say("   {} propensities in {}", Grouped(report.rows), Seconds(watch.Seconds()));
  return {};
}

Status DoSteps(const Context& context, const Plan& plan, Job& job, base::Timestamp as_of) {
  if (plan.Generate()) {
    context.Say("1. Making a shop: {} customers, a year of events up to {}",
                Grouped(context.settings.generate_customers), base::FormatTimestamp(as_of));
    if (const auto& before = job.About()) {
      context.Say("   in place of the synthetic shop of {} customers up to {} (seed {})",
                  Grouped(before->customers), base::FormatTimestamp(before->until), before->seed);
    }
    AISLE_TRY(const auto report, GenerateStep(context, job, as_of, false));
    std::int64_t rows = 0;
    for (const LoadedTable& table : report.tables) rows += table.rows;
    context.Say("   {} rows in {}", Grouped(rows), Seconds(report.seconds));
  }
  if (plan.Refresh()) {
    context.Say("2. Summing up: Customer 360, histories, feature views");
    AISLE_TRY(const auto outcome, RefreshStep(context, job, as_of));
    context.Say("   {} tables in {}", outcome.tables.size(), Seconds(outcome.seconds));
  }
  for (const std::string& recipe : plan.Recipes()) AISLE_CHECK(Learn(context, job, recipe, as_of));
  if (plan.Score()) AISLE_CHECK(Score(context, job, as_of));
  if (plan.Publish()) {
    const base::Stopwatch watch;
    context.Say("5. Publishing what a server answers from");
    AISLE_TRY(const auto manifest, PublishStep(context, job, as_of));
    context.Say("   generation {} in {}", manifest.generation, Seconds(watch.Seconds()));
  }
  return {};
}

Status Prepare(const Context& context, base::Timestamp as_of) {
  Plan plan(context, as_of);
  AISLE_CHECK(plan.Look());
  if (!plan.AnythingDue()) {
    AISLE_TRY(const bool hold, Job::RecordsHold(context));
    if (hold) {
      context.Say("{} holds this demo already: nothing to make", context.workspace.Root().string());
      return {};
    }
  }
  const auto about = context.workspace.ReadAbout();
  if (about && about->kind != "synthetic") {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} holds imported data ({}); give the demo another --data DIR",
                            context.workspace.Root().string(), about->source));
  }
  if (!plan.Recipes().empty()) RestartWithPatientThreads();
  AISLE_TRY(auto job, Job::Begin(context, Job::Needs::kNothing));
  // Beginning may have mended what a killed run left, so look again.
  Plan mended(context, as_of);
  AISLE_CHECK(mended.Look());
  return DoSteps(context, mended, job, as_of);
}

// The end of the shop that is there, so that the demo of yesterday is not made again today.
base::Timestamp DemoAsOf(const Context& context) {
  if (context.as_of_flag) return *context.as_of_flag;
  const auto about = context.workspace.ReadAbout();
  if (about && about->kind == "synthetic" && about->seed == context.settings.seed &&
      about->customers == context.settings.generate_customers)
    return about->until;
  return base::Midnight(base::Now());
}

// Whom the generation gives as an example; the shop's first one in generations that name none.
Result<std::int64_t> ShownCustomer(const Context& context) {
  AISLE_TRY(const auto opened, serving::OpenInService(context.workspace.Serving()));
  const std::string& example = opened.state->Manifest().example_customer;
  const auto key = recommend::CustomerKey::Of(example, false);
  return key ? key->Number().value : kFirstCustomer;
}

void SayWhereToLook(const Context& context, std::int64_t customer, const std::string& address) {
  const std::string query =
      fmt::format("recommend?customer_id={}&zip_code=10001&top_n=5&why=true", customer);
  if (const auto parsed = web::ParseAddress(address); parsed && parsed->IsUnix()) {
    context.Say("\nAsk it  curl --unix-socket {} 'http://localhost/{}'\nCtrl-C ends it.",
                parsed->path, query);
    return;
  }
  context.Say("\nLook at  http://{0}/\n  or     curl 'http://{0}/{1}'\nCtrl-C ends it.", address,
              query);
}

// After a shop whose models did not pass their gates.
void SayWhatIsMissing(const Context& context) {
  std::vector<std::string> missing;
  for (const char* model : {"propensity", "ranking"}) {
    if (!HasChampion(context, model)) missing.emplace_back(model);
  }
  if (missing.empty()) return;
  const std::int64_t customers = context.settings.generate_customers;
  context.Say(
      "\nno {} model serves, and answers do without; {}", fmt::join(missing, " and no "),
      customers < kEnoughCustomers
          ? fmt::format(
                "{} customers are few to learn from: `aisle demo --customers {}` has enough",
                Grouped(customers), kEnoughCustomers)
          : std::string("`aisle train` says why"));
}

Status Demo(Context& context, const DemoOptions& options) {
  workspace::Settings& settings = context.settings;
  settings.generate_customers = options.customers.value_or(settings.generate_customers);
  settings.generate_oracle_customers =
      std::min(settings.generate_oracle_customers, settings.generate_customers);
  AISLE_CHECK(context.workspace.Create());
  const base::Timestamp as_of = DemoAsOf(context);
  const base::Stopwatch watch;
  AISLE_CHECK(Prepare(context, as_of));
  AISLE_TRY(const std::int64_t customer, ShownCustomer(context));
  AISLE_TRY(const Portrait portrait, DrawPortrait(context, customer, as_of));
  if (context.json) {
    PrintJson({{"data", context.workspace.Root().string()},
               {"as_of", base::FormatIso(as_of)},
               {"seconds", watch.Seconds()},
               {"customer", portrait.value}});
  } else {
    PrintOut(
        fmt::format("\nAn example: of those who buy often, who was here last. `aisle recommend ID` "
                    "answers anybody.\n\n{}",
                    portrait.text));
  }
  std::fflush(stdout);
  SayWhatIsMissing(context);
  context.Say("\nready after {}", Seconds(watch.Seconds()));
  if (options.once) return {};
  workspace::EndAttempt(context.workspace, context.command, {});  // What follows is no job.
  if (const auto other = workspace::RunningProcess(context.workspace.Run(), "serve")) {
    context.Say("a server of this data directory runs already as process {}", other->pid);
    SayWhereToLook(context, customer, other->address);
    return {};
  }
  return ServeUntilStopped(
      context, [&](const std::string& address) { SayWhereToLook(context, customer, address); });
}

}  // namespace

void DefineDemo(CommandBuilder& command) {
  auto options = std::make_shared<DemoOptions>();
  command.Switch("--once", &options->once, "Do everything but serve");
  command.Number("--customers", &options->customers, 1, 50'000'000,
                 "Customers of the shop (default 50000)");
  command.ServerOptions();
  command.Examples({{"aisle demo", "a shop, models, one customer's answer, and a server"},
                    {"aisle demo --once --customers 2000", "small, and without serving"},
                    {"aisle demo --listen 127.0.0.1:0", "on any free port"}});
  command.Run([options](Context& context) { return Demo(context, *options); });
}

}  // namespace aisle::app
