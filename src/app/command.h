// What a command is: its name, what it takes, examples, and the function that does it.
//
// Each command file defines one Define…() that describes the command to a CommandBuilder; the command
// line (command_line.h) parses into the variables that were named and calls what Run() was given. The
// options that every command knows (--data, --config, --seed, --as-of, --json, --quiet) arrive in the
// Context.
//
//   errors   a command returns a Status; its code decides the exit code, and its message is printed
//            behind "aisle <command>: ". A message says what to do next.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "workspace/settings.h"
#include "workspace/workspace.h"

namespace aisle::app {

struct Context {
  std::string command;           // "models promote"
  workspace::Settings settings;  // Flags already laid over.
  workspace::Workspace workspace;
  std::optional<base::Timestamp> as_of_flag;
  std::optional<std::string> config_flag;
  bool json = false;
  bool quiet = false;
  int exit_code = 0;  // Of a command that came to its end and found what its caller should know.

  std::uint64_t Seed() const { return static_cast<std::uint64_t>(settings.seed); }
  // --as-of; without it the last UTC midnight, or the end of the data when that is earlier.
  Result<base::Timestamp> AsOf() const;
  // The same for serving and the worker, where "now" counts from the second, not from midnight.
  Result<base::Timestamp> AsOfNow() const;

  // A line for people, on standard error; nothing under --quiet.
  template <typename... Args>
  void Say(fmt::format_string<Args...> format, Args&&... args) const {
    if (quiet) return;
    fmt::print(stderr, "{}\n", fmt::format(format, std::forward<Args>(args)...));
    std::fflush(stderr);
  }
};

struct Example {
  std::string line;  // "aisle train ranking_reference"
  std::string what;  // "the reference's ranking model, beside the default"
};

class CommandBuilder {
 public:
  struct Impl;
  explicit CommandBuilder(Impl& impl) : impl_(&impl) {}

  // The variables must live until the command has run: keep them in what Run() is given.
  void Positional(const std::string& name, std::optional<std::string>* value,
                  const std::string& help);
  void Positionals(const std::string& name, std::vector<std::string>* values,
                   const std::string& help);
  // `flag` as "--out" or "-o,--out"; `placeholder` as "FILE".
  void Text(const std::string& flag, const std::string& placeholder,
            std::optional<std::string>* value, const std::string& help);
  void Texts(const std::string& flag, const std::string& placeholder,
             std::vector<std::string>* values, const std::string& help);
  void Number(const std::string& flag, std::optional<std::int64_t>* value, std::int64_t low,
              std::int64_t high, const std::string& help);
  void Switch(const std::string& flag, bool* value, const std::string& help);
  // --listen and --threads of servers; they go into the settings.
  void ServerOptions();

  void Examples(const std::vector<Example>& examples);
  // A command of its own below this one.
  void Sub(const std::string& name, const std::string& summary,
           const std::function<void(CommandBuilder&)>& define);
  void Run(std::function<Status(Context&)> run);

 private:
  Impl* impl_;
};

struct Command {
  std::string_view name;
  std::string_view group;
  std::string_view summary;
  void (*define)(CommandBuilder&);
};
// In the order of the help.
const std::vector<Command>& Commands();

void DefineDemo(CommandBuilder& command);
void DefineInit(CommandBuilder& command);
void DefineGenerate(CommandBuilder& command);
void DefineImport(CommandBuilder& command);
void DefineRefresh(CommandBuilder& command);
void DefineTrain(CommandBuilder& command);
void DefineModels(CommandBuilder& command);
void DefineModelsBench(CommandBuilder& command);
void DefineModelsPredict(CommandBuilder& command);
void DefineModelsExplain(CommandBuilder& command);
void DefineModelsShow(CommandBuilder& command);
void DefineScore(CommandBuilder& command);
void DefinePublish(CommandBuilder& command);
void DefineServe(CommandBuilder& command);
void DefinePredictServer(CommandBuilder& command);
void DefineWorker(CommandBuilder& command);
void DefineUp(CommandBuilder& command);
void DefineRecommend(CommandBuilder& command);
void DefineEvaluate(CommandBuilder& command);
void DefineInputs(CommandBuilder& command);
void DefineTables(CommandBuilder& command);
void DefineSql(CommandBuilder& command);
void DefineStatus(CommandBuilder& command);
void DefineStore(CommandBuilder& command);
void DefineStoreCreate(CommandBuilder& command);
void DefineStoreLoad(CommandBuilder& command);
void DefineStoreSync(CommandBuilder& command);
void DefineStoreStatus(CommandBuilder& command);
void DefineStoreAccess(CommandBuilder& command);
void DefineStoreBench(CommandBuilder& command);
void DefineStoreDrop(CommandBuilder& command);
void DefineTokens(CommandBuilder& command);
void DefineClean(CommandBuilder& command);

}  // namespace aisle::app
