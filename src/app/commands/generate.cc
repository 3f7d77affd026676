#include "app/command.h"
#include "app/job.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/steps.h"

namespace aisle::app {
namespace {

struct GenerateOptions {
  std::optional<std::int64_t> customers, oracle_customers;
  bool replace = false;
};

Status Generate(Context& context, const GenerateOptions& options) {
  workspace::Settings& settings = context.settings;
  settings.generate_customers = options.customers.value_or(settings.generate_customers);
  settings.generate_oracle_customers =
      options.oracle_customers.value_or(settings.generate_oracle_customers);
  AISLE_TRY(auto job, Job::Begin(context, Job::Needs::kNothing));
  // New data may end later than what is there.
  const base::Timestamp as_of = context.as_of_flag.value_or(base::Midnight(base::Now()));
  context.Say("generating {} customers, seed {}, as of {}", Grouped(settings.generate_customers),
              settings.seed, base::FormatTimestamp(as_of));
  AISLE_TRY(const auto report, GenerateStep(context, job, as_of, options.replace));
  if (context.json) {
    boost::json::object tables;
    for (const LoadedTable& table : report.tables) tables[table.table] = table.rows;
    PrintJson({{"customers", report.about.customers},
               {"seed", report.about.seed},
               {"as_of", base::FormatIso(as_of)},
               {"seconds", report.seconds},
               {"tables", std::move(tables)}});
    return {};
  }
  TextTable table({{"table"}, {"rows", Align::kRight}});
  for (const LoadedTable& loaded : report.tables) table.Add({loaded.table, Grouped(loaded.rows)});
  PrintOut(table.Text());
  context.Say("generated in {}; next: `aisle refresh`", Seconds(report.seconds));
  return {};
}

}  // namespace

void DefineGenerate(CommandBuilder& command) {
  auto options = std::make_shared<GenerateOptions>();
  command.Number("--customers", &options->customers, 1, 50'000'000,
                 "Customers, from id 1000000 (default 50000)");
  command.Number("--oracle-customers", &options->oracle_customers, 0, 1'000'000,
                 "How many of them the oracle ranks for (default 10000)");
  command.Switch("--replace", &options->replace, "Drop imported data that are there");
  command.Examples({{"aisle generate", "50,000 customers, about four million events"},
                    {"aisle generate --customers 2000 --seed 7", "a small shop, another world"},
                    {"aisle generate --as-of 2026-06-30", "whose log ends on that day"}});
  command.Run([options](Context& context) { return Generate(context, *options); });
}

}  // namespace aisle::app
