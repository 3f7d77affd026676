#include "app/command_line.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <new>

#include "app/command.h"
#include "app/interrupt.h"
#include "app/manual.h"
#include "base/log.h"
#include "workspace/attempts.h"

namespace aisle::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExitCodes =
    "Exit codes: 0 done, 1 internal or a damaged file, 2 wrong arguments, file or query, 3 not\n"
    "found, 4 held by another process or unreachable (try again), 5 a step before is missing,\n"
    "versions disagree, nothing came in or memory ran out, 6 `status` found a problem,\n"
    "130 interrupted, 143 terminated.\n"
    "`serve`, `predict-server`, `demo`, `up` and `worker --every` run until they are told to\n"
    "stop, and then end with 0 when a signal does.\n";

// The options of every command, as they were given.
struct Globals {
  std::optional<std::string> data, config, as_of, listen;
  std::optional<std::int64_t> seed, threads;
  bool json = false;
  bool quiet = false;
};

void AddGlobals(CLI::App& app, Globals& globals) {
  const std::string group = "Options of every command";
  app.add_option("--data", globals.data, "Data directory (default ./aisle-data, or AISLE_DATA)")
      ->type_name("DIR")
      ->group(group);
  app.add_option("--config", globals.config,
                 "Settings (default AISLE_CONFIG, or <data>/aisle.toml if it is there)")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--seed", globals.seed, "Seed of all that is random (default 1)")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()).description(""))
      ->group(group);
  app.add_option("--as-of", globals.as_of,
                 "UTC time nothing at or after which is looked at: 2026-11-24 or "
                 "2026-11-24T05:00:00Z (default: the last midnight, or the end of the data)")
      ->type_name("TIME")
      ->group(group);
  app.add_flag("--json", globals.json, "Results as JSON")->group(group);
  app.add_flag("--quiet", globals.quiet, "Only results and errors")->group(group);
}

Result<Context> MakeContext(std::string command, const Globals& globals) {
  Context context;
  context.command = std::move(command);
  context.json = globals.json;
  context.config_flag = globals.config;
  context.quiet = globals.quiet;
  context.workspace = workspace::Workspace(
      globals.data.value_or(workspace::ProcessEnvironment("AISLE_DATA").value_or("aisle-data")));
  std::optional<fs::path> file;
  std::error_code code;
  if (globals.config) {
    file = *globals.config;
  } else if (const auto named = workspace::ProcessEnvironment("AISLE_CONFIG")) {
    file = *named;
  } else if (fs::exists(context.workspace.SettingsFile(), code)) {
    file = context.workspace.SettingsFile();
  }
  AISLE_TRY(context.settings, workspace::LoadSettings(file, workspace::ProcessEnvironment));
  if (globals.seed) context.settings.seed = *globals.seed;
  if (globals.listen) context.settings.serve_listen = *globals.listen;
  if (globals.threads) context.settings.serve_threads = *globals.threads;
  if (globals.as_of) {
    AISLE_TRY(context.as_of_flag, base::ParseTimestamp(*globals.as_of));
  }
  base::SetLogLevel(context.quiet ? base::LogLevel::kError : base::LogLevel::kInfo);
  return context;
}

std::string WhatNext(ErrorCode code, const std::string& command) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return command.empty() ? std::string("`aisle help` lists the commands")
                             : fmt::format("`aisle {} --help` shows what it takes", command);
    case ErrorCode::kNotFound:
    case ErrorCode::kFailedPrecondition:
      return "`aisle status` shows what there is";
    case ErrorCode::kUnavailable:
      return "try again; `aisle status` shows what runs";
    case ErrorCode::kInternal:
      return "what was in service stays; `aisle status` shows what there is";
  }
  return "";
}

// One line, whatever a third party put into the message.
std::string OneLine(std::string_view message) {
  std::string line;
  for (const char c : message) {
    if (c != '\n' && c != '\r') {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

int Report(const std::string& command, const Error& error) {
  fmt::print(stderr, "aisle{}{}: {}\n", command.empty() ? "" : " ", command,
             OneLine(error.message));
  fmt::print(stderr, "  next: {}\n", WhatNext(error.code, command));
  return ExitCodeOf(error.code);
}

}  // namespace

// One CLI11 app with what it will run.
struct CommandBuilder::Impl {
  CLI::App* app;
  std::string name;  // "models promote"
  Globals* globals;
  std::function<Status(Context&)>* chosen_run;
  std::string* chosen_name;
  // Those of sub-commands live here.
  std::vector<std::unique_ptr<Impl>> subs;
};

void CommandBuilder::Positional(const std::string& name, std::optional<std::string>* value,
                                const std::string& help) {
  impl_->app->add_option(name, *value, help)->type_name("");
}
void CommandBuilder::Positionals(const std::string& name, std::vector<std::string>* values,
                                 const std::string& help) {
  impl_->app->add_option(name, *values, help)->type_name("");
}
void CommandBuilder::Text(const std::string& flag, const std::string& placeholder,
                          std::optional<std::string>* value, const std::string& help) {
  impl_->app->add_option(flag, *value, help)->type_name(placeholder);
}
void CommandBuilder::Texts(const std::string& flag, const std::string& placeholder,
                           std::vector<std::string>* values, const std::string& help) {
  impl_->app->add_option(flag, *values, help)->type_name(placeholder)->allow_extra_args(false);
}
void CommandBuilder::Number(const std::string& flag, std::optional<std::int64_t>* value,
                            std::int64_t low, std::int64_t high, const std::string& help) {
  impl_->app->add_option(flag, *value, help)
      ->type_name("N")
      ->check(CLI::Range(low, high, fmt::format("{} to {}", low, high)));
}
void CommandBuilder::Switch(const std::string& flag, bool* value, const std::string& help) {
  impl_->app->add_flag(flag, *value, help);
}
void CommandBuilder::ServerOptions() {
  Text("--listen", "ADDRESS", &impl_->globals->listen,
       "HOST:PORT (default 127.0.0.1:8000; port 0 picks a free one and prints it), unix:/PATH or "
       "systemd");
  Number("--threads", &impl_->globals->threads, 0, 256, "Event loops (default: one per core)");
}

void CommandBuilder::Examples(const std::vector<Example>& examples) {
  std::size_t width = 0;
  for (const Example& example : examples) width = std::max(width, example.line.size());
  std::string text = "Examples:\n";
  for (const Example& example : examples) {
    // Long lines get their explanation below.
    if (width > 52) {
      text += fmt::format("  {}\n      {}\n", example.line, example.what);
    } else {
      text += fmt::format("  {:<{}}  {}\n", example.line, width, example.what);
    }
  }
  impl_->app->footer(text);
}

void CommandBuilder::Sub(const std::string& name, const std::string& summary,
                         const std::function<void(CommandBuilder&)>& define) {
  impl_->app->require_subcommand(0, 1);
  CLI::App* app = impl_->app->add_subcommand(name, summary);
  impl_->subs.push_back(std::make_unique<Impl>(Impl{.app = app,
                                                    .name = impl_->name + " " + name,
                                                    .globals = impl_->globals,
                                                    .chosen_run = impl_->chosen_run,
                                                    .chosen_name = impl_->chosen_name,
                                                    .subs = {}}));
  CommandBuilder builder(*impl_->subs.back());
  define(builder);
  AddGlobals(*app, *impl_->globals);
}

void CommandBuilder::Run(std::function<Status(Context&)> run) {
  impl_->app->callback([impl = impl_, run = std::move(run)] {
    // CLI11 calls the innermost first; a group's own function stands back for it.
    if (!impl->app->get_subcommands().empty()) return;
    *impl->chosen_run = run;
    *impl->chosen_name = impl->name;
  });
}

namespace {

std::string RootHelp() {
  std::string text =
      "aisle: the products a customer should see now, in stock where they live, and when they "
      "would arrive\n\n"
      "Start here:\n"
      "  aisle demo                     a synthetic shop, models, and a server, from nothing\n"
      "  aisle recommend 1000000        what one customer should see\n"
      "  aisle status                   what stands where\n";
  std::string_view group;
  for (const Command& command : Commands()) {
    if (command.group != group) text += fmt::format("\n{}:\n", command.group);
    group = command.group;
    text += fmt::format("  {:<14} {}\n", command.name, command.summary);
  }
  text += fmt::format(
      "\nEvery command: --data DIR, --config FILE, --seed N, --as-of TIME, --json, --quiet;\n"
      "`aisle help COMMAND` explains one, with examples.\n\n{}",
      kExitCodes);
  return text;
}

// `aisle help train` is `aisle train --help`.
std::vector<std::string> HelpAsFlag(std::vector<std::string> arguments) {
  if (!arguments.empty() && arguments[0] == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  return arguments;
}

// The command the words begin with, "models bench" as far as they were understood: for messages.
std::string NamedCommand(const CLI::App& root) {
  std::string name;
  for (auto below = root.get_subcommands(); !below.empty();
       below = below.front()->get_subcommands()) {
    name += (name.empty() ? "" : " ") + below.front()->get_name();
  }
  return name;
}

int RunChosen(const std::string& name, const std::function<Status(Context&)>& run,
              const Globals& globals) {
  auto context = MakeContext(name, globals);
  if (!context) return Report(name, context.error());
  Status status;
  try {
    status = run(*context);
  } catch (const std::bad_alloc&) {
    status = Fail(
        ErrorCode::kFailedPrecondition,
        "memory ran out while this ran; a machine with more memory or a smaller file is needed");
  }
  std::fflush(stdout);
  // What was interrupted did not fail: the caller wanted it so.
  workspace::EndAttempt(context->workspace, name,
                        Interrupted() ? Fail(ErrorCode::kInvalidArgument, "interrupted") : status);
  if (Interrupted() && !status) {
    fmt::print(stderr, "aisle {}: interrupted; nothing of this step is kept\n", name);
    return InterruptExitCode();
  }
  if (!status) return Report(name, status.error());
  return context->exit_code;
}

}  // namespace

int ExitCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInternal:
      return 1;
    case ErrorCode::kInvalidArgument:
      return 2;
    case ErrorCode::kNotFound:
      return 3;
    case ErrorCode::kUnavailable:
      return 4;
    case ErrorCode::kFailedPrecondition:
      return 5;
  }
  return 1;
}

int RunCommandLine(const std::vector<std::string>& given) {
  std::vector<std::string> arguments = HelpAsFlag(given);
  CLI::App root("aisle", "aisle");
  root.set_version_flag("--version", fmt::format("aisle {}", AISLE_VERSION));
  root.require_subcommand(0, 1);
  Globals globals;
  std::function<Status(Context&)> run;
  std::string name;
  std::vector<std::unique_ptr<CommandBuilder::Impl>> impls;
  for (const Command& command : Commands()) {
    CLI::App* app = root.add_subcommand(std::string(command.name), std::string(command.summary));
    impls.push_back(std::make_unique<CommandBuilder::Impl>(
        CommandBuilder::Impl{.app = app,
                             .name = std::string(command.name),
                             .globals = &globals,
                             .chosen_run = &run,
                             .chosen_name = &name,
                             .subs = {}}));
    CommandBuilder builder(*impls.back());
    command.define(builder);
    AddGlobals(*app, globals);
  }
  AddGlobals(root, globals);
  bool man_page = false;
  bool completion = false;
  root.add_flag("--man-page", man_page, "The manual page, for man");
  root.add_flag("--bash-completion", completion, "The script that completes in bash");
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    root.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    const bool of_command = !root.get_subcommands().empty();
    fmt::print("{}", of_command ? root.help() : RootHelp());
    return 0;
  } catch (const CLI::CallForVersion& version) {
    fmt::print("{}\n", version.what());
    return 0;
  } catch (const CLI::ParseError& error) {
    return Report(NamedCommand(root), Error{ErrorCode::kInvalidArgument, error.what()});
  }
  if (man_page || completion) {
    fmt::print("{}", man_page ? ManPage(root, AISLE_VERSION, kExitCodes) : BashCompletion(root));
    return 0;
  }
  if (!run) {
    if (root.get_subcommands().empty()) {
      fmt::print("{}", RootHelp());
    } else {
      fmt::print("{}", root.get_subcommands().front()->help());
    }
    return 0;
  }
  return RunChosen(name, run, globals);
}

}  // namespace aisle::app
