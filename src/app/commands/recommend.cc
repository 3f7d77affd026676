#include "api/answer_json.h"
#include "app/command.h"
#include "app/everyone.h"
#include "app/local_answer.h"
#include "app/print.h"
#include "app/print_json.h"

namespace aisle::app {
namespace {

struct RecommendOptions {
  std::optional<std::string> customer, zip_code, out, candidates, product;
  std::optional<std::int64_t> top_n, count;
  bool all = false;
  bool exclude_bought = false;
  bool strict = false;
  bool explain = false;
};

std::unexpected<Error> Wrong(std::string message) {
  return Fail(ErrorCode::kInvalidArgument, std::move(message));
}

// "10001 (Northeast)"
std::string Place(const recommend::Answer& answer) {
  const std::string& region = answer.region_name;
  if (answer.zip_code.empty()) return fmt::format("zip code unknown ({} is assumed)", region);
  return fmt::format("{} ({})", answer.zip_code, region);
}

Status One(Context& context, const RecommendOptions& options) {
  if (!options.customer) return Wrong("say for whom: a customer id, or --all");
  if (options.candidates || options.exclude_bought || options.count || options.out)
    return Wrong("--candidates, --exclude-bought, -k and -o belong to --all");
  if (context.as_of_flag)
    return Wrong("--as-of goes with --all; one customer is answered as of what is published");
  // The option's own bounds are TopN's.
  const auto top_n = recommend::TopN::Of(options.top_n.value_or(recommend::kTopNDefault));
  AISLE_TRY(const LocalAnswer local,
            AskPublished(context, {.customer = *options.customer,
                                   .zip_code = options.zip_code,
                                   .top_n = *top_n,
                                   .strict = options.strict,
                                   .explain = options.explain || options.product,
                                   .product = options.product.value_or(""),
                                   .request_id = "aisle-recommend"}));
  if (context.json) {
    std::string text;
    api::AppendAnswer(text, local.answer);
    PrintOut(text + "\n");
    return {};
  }
  const recommend::Answer& answer = local.answer;
  PrintOut(fmt::format("customer {}, {}, generation {}, {} candidates\n\n{}", *options.customer,
                       Place(answer), answer.generation, answer.timings.candidates,
                       ItemsTable(answer)));
  if (const std::string text = ExplainedText(answer); !text.empty()) PrintOut("\n" + text);
  for (const serving::Degraded& degraded : answer.degraded)
    PrintOut(fmt::format("degraded: {}: {}\n", degraded.what, degraded.why));
  return {};
}

// How the lists were ranked, where that was not by columns alone.
std::string Ranked(const EveryoneReport& report) {
  const std::int64_t count = report.swept + report.screened;
  const std::string_view by = report.swept > 0 ? "sweep" : "screen";
  if (count == 0) return "";
  if (count == report.customers) return fmt::format(", ranked by the {}", by);
  return fmt::format(", {} of them ranked by the {}", Grouped(count), by);
}

Status Everyone(Context& context, const RecommendOptions& options) {
  if (options.customer) return Wrong("a customer id and --all exclude each other");
  if (options.zip_code || options.top_n || options.strict || options.explain || options.product) {
    return Wrong(
        "--zip-code, --top-n, --strict, --explain and --product belong to one customer; with --all "
        "the length is -k");
  }
  if (!options.out) return Wrong("--all needs -o FILE.csv");
  EveryoneRequest request{.count = static_cast<int>(options.count.value_or(20)),
                          .candidates_csv = options.candidates,
                          .exclude_bought = options.exclude_bought,
                          .out_csv = *options.out};
  AISLE_TRY(request.as_of, context.AsOf());
  context.Say("recommending for everybody as of {}", base::FormatTimestamp(request.as_of));
  AISLE_TRY(const EveryoneReport report, RecommendEveryone(context, request));
  if (context.json) {
    PrintJson({{"as_of", base::FormatIso(request.as_of)},
               {"customers", report.customers},
               {"swept", report.swept},
               {"screened", report.screened},
               {"rows", report.rows},
               {"candidates", report.candidates},
               {"unknown_candidates", report.unknown_candidates},
               {"seconds", report.seconds},
               {"file", *options.out}});
  } else {
    PrintOut(fmt::format("{}: {} rows for {} customers{} in {}\n", *options.out,
                         Grouped(report.rows), Grouped(report.customers), Ranked(report),
                         Seconds(report.seconds)));
  }
  return {};
}

}  // namespace

void DefineRecommend(CommandBuilder& command) {
  auto options = std::make_shared<RecommendOptions>();
  command.Positional("customer", &options->customer, "Customer id, as the retailer writes it");
  command.Text("--zip-code", "ZIP", &options->zip_code,
               "Where it would be delivered (default: the customer's own)");
  command.Number("--top-n", &options->top_n, 1, recommend::kTopNMax, "How many (default 5)");
  command.Switch("--strict", &options->strict, "An unknown customer is an error");
  command.Switch(
      "--explain", &options->explain,
      "What each input added to each margin, how it became the score, what was left out");
  command.Text("--product", "ID", &options->product,
               "The same, and why this product is or is not in the answer");
  command.Switch("--all", &options->all, "Everybody, into a CSV file: customer_id,rank,product_id");
  command.Number("-k", &options->count, 1, 10'000,
                 "With --all: products per customer (default 20)");
  command.Text("--candidates", "FILE.csv", &options->candidates,
               "With --all: only these products (a column product_id)");
  command.Switch("--exclude-bought", &options->exclude_bought,
                 "With --all: nothing the customer has bought before");
  command.Text("-o,--out", "FILE.csv", &options->out, "With --all: where it goes");
  command.Examples(
      {{"aisle recommend 1000000", "five products for one customer, and why"},
       {"aisle recommend 1000000 --zip-code 90210 --top-n 10", "delivered elsewhere"},
       {"aisle recommend 1000000 --json --explain", "the answer a server would give, explained"},
       {"aisle recommend --all --as-of 2017-11-13 --candidates catalogue.csv -k 20 -o lists.csv",
        "everybody's list over a given catalogue, stock not asked"}});
  command.Run([options](Context& context) {
    return options->all ? Everyone(context, *options) : One(context, *options);
  });
}

}  // namespace aisle::app
