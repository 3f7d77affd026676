// The family of `aisle store`, and the two members that are about a server of one's own.
#include <map>

#include "app/child_process.h"
#include "app/command.h"
#include "app/home.h"
#include "app/print.h"
#include "app/print_json.h"
#include "base/files.h"

namespace aisle::app {
namespace {

namespace fs = std::filesystem;

struct DevOptions {
  std::optional<std::string> folder;
  std::optional<std::int64_t> port;
};

fs::path DevFolder(const Context& context, const DevOptions& options) {
  return options.folder ? fs::path(*options.folder) : context.workspace.Root() / "postgres-server";
}

Result<std::string> RunDevTool(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"python3", (Home() / "tools/postgres-dev").string()});
  return RunProgram(arguments);
}

std::string SettingsOf(const Context& context) {
  const fs::path file =
      context.config_flag ? fs::path(*context.config_flag) : context.workspace.SettingsFile();
  return base::ReadFile(file).value_or("");
}

// As comments, which a file takes however often it is given them.
std::string AsComments(const std::string& lines) {
  std::string text;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = lines.find('\n', begin) + 1;
    text += "# " + lines.substr(begin, end - begin);
    begin = end;
  }
  return text;
}

// People append them to their settings, also a second time: what is printed must not break the file then.
void PrintSettings(const Context& context, const std::string& url, const std::string& lines) {
  if (context.settings.postgres_url == url) {
    context.Say("a Postgres runs; the settings lead there already");
    PrintOut(fmt::format("# [postgres] leads to {} already\n", url));
    return;
  }
  workspace::Settings ignored = context.settings;
  const std::string before = SettingsOf(context);
  const std::string gap = before.empty() || before.ends_with('\n') ? "" : "\n";
  const std::string appended = before + gap + lines;
  if (workspace::ApplySettingsText({.name = "settings", .text = appended}, ignored)) {
    context.Say(
        "a Postgres runs; these lines, in <data>/aisle.toml or a file of --config, lead there:");
    PrintOut(gap + lines);
    return;
  }
  context.Say(
      "a Postgres runs; the settings have a [postgres] that leads elsewhere: these lines, in its "
      "place, lead there:");
  PrintOut(AsComments(lines));
}

Status DevUp(Context& context, const DevOptions& options) {
  std::vector<std::string> arguments = {"up", DevFolder(context, options).string()};
  if (options.port) {
    arguments.insert(arguments.end(), {"--port", std::to_string(*options.port)});
  }
  AISLE_TRY(const std::string said, RunDevTool(std::move(arguments)));
  std::map<std::string, std::string> facts;
  for (std::size_t begin = 0; begin < said.size();) {
    const std::size_t end = std::min(said.find('\n', begin), said.size());
    const std::string line = said.substr(begin, end - begin);
    if (const std::size_t equals = line.find('='); equals != std::string::npos)
      facts[line.substr(0, equals)] = line.substr(equals + 1);
    begin = end + 1;
  }
  const std::string url = fmt::format("postgresql://{}:{}/{}?sslrootcert={}", facts["host"],
                                      facts["port"], facts["database"], facts["root_certificate"]);
  if (context.json) {
    boost::json::object object;
    for (const auto& [key, value] : facts) object[key] = value;
    object["url"] = url;
    PrintJson(object);
    return {};
  }
  PrintSettings(
      context, url,
      fmt::format("[postgres]\nurl = \"{}\"\nadmin = \"{}\"\nadmin_password_file = \"{}\"\n", url,
                  facts["user"], facts["password_file"]));
  return {};
}

Status DevDown(Context& context, const DevOptions& options) {
  AISLE_TRY(const std::string said, RunDevTool({"down", DevFolder(context, options).string()}));
  const bool stopped = said.starts_with("stopped");
  if (context.json) {
    PrintJson({{"stopped", stopped}});
  } else {
    PrintOut(said);
  }
  return {};
}

void DefineDevUp(CommandBuilder& command) {
  auto options = std::make_shared<DevOptions>();
  command.Positional("folder", &options->folder,
                     "Where all of it lies (default <data>/postgres-server)");
  command.Number("--port", &options->port, 1024, 65535, "Default: a free one, which is kept");
  command.Examples({{"aisle store dev-up >> aisle-data/aisle.toml",
                     "the first time: start it, keep where it is"},
                    {"aisle store dev-up", "again after a restart of the machine"},
                    {"aisle store dev-up /srv/pg --port 5433", "elsewhere"}});
  command.Run([options](Context& context) { return DevUp(context, *options); });
}

void DefineDevDown(CommandBuilder& command) {
  auto options = std::make_shared<DevOptions>();
  command.Positional("folder", &options->folder, "As given to dev-up");
  command.Examples(
      {{"aisle store dev-down", "what it holds stays"},
       {"aisle store dev-down && rm -r aisle-data/postgres-server", "and then it does not"}});
  command.Run([options](Context& context) { return DevDown(context, *options); });
}

}  // namespace

void DefineStore(CommandBuilder& command) {
  command.Sub("create", "make or upgrade the schema, its tables and its roles", DefineStoreCreate);
  command.Sub("load", "put the published generation in, under readers", DefineStoreLoad);
  command.Sub("sync", "bring over what changed since, in one transaction", DefineStoreSync);
  command.Sub("status", "which generation it holds, and whether that is whole", DefineStoreStatus);
  command.Sub("access", "who may connect from where: lines for pg_hba.conf", DefineStoreAccess);
  command.Sub("bench", "time a load beside psql's \\copy of the same rows", DefineStoreBench);
  command.Sub("drop", "remove the schema and the roles", DefineStoreDrop);
  command.Sub("dev-up", "start a Postgres of one's own, to try and to test", DefineDevUp);
  command.Sub("dev-down", "stop it", DefineDevDown);
  command.Run([](Context&) -> Status {
    return Fail(ErrorCode::kInvalidArgument,
                "say which of: `aisle store create`, `load`, `sync`, `status`, `access`, `bench`, "
                "`drop`, `dev-up`, `dev-down`");
  });
  command.Examples({{"aisle store dev-up >> aisle-data/aisle.toml", "a server to try it with"},
                    {"aisle store create", "schema, tables, roles, passwords"},
                    {"aisle store load", "the generation in service goes in"},
                    {"aisle store sync --every 5m", "and what changes follows"}});
}

}  // namespace aisle::app
