#include <fmt/ranges.h>

#include "app/command.h"
#include "app/job.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/promotion_text.h"
#include "registry/promotion_json.h"
#include "registry/registry.h"

namespace aisle::app {
namespace {

namespace json = boost::json;

// What can be said of one version; one that cannot be read is listed with the reason.
struct ListedVersion {
  std::string model;
  int version = 0;
  std::string aliases;
  Result<registry::Manifest> manifest;
};

// A model of which nothing can be told, not even the aliases, adds to `problems`.
Result<std::vector<ListedVersion>> ListVersions(const registry::Registry& registry,
                                                std::vector<std::string>& problems) {
  std::vector<ListedVersion> list;
  AISLE_TRY(const auto models, registry.Models());
  for (const std::string& model : models) {
    const auto versions = registry.Versions(model);
    const auto aliases = registry.Aliases(model);
    if (!aliases) problems.push_back(aliases.error().message);
    for (const int version : versions.value_or(std::vector<int>{})) {
      list.push_back({.model = model,
                      .version = version,
                      .aliases = aliases ? registry::AliasesOf(*aliases, version) : "",
                      .manifest = registry.ReadManifest(model, version)});
    }
  }
  return list;
}

json::object ListedJson(const ListedVersion& listed) {
  json::object object = {
      {"model", listed.model}, {"version", listed.version}, {"aliases", listed.aliases}};
  if (!listed.manifest) {
    object["problem"] = listed.manifest.error().message;
    return object;
  }
  object["created"] = base::FormatIso(listed.manifest->created);
  object["recipe"] = listed.manifest->recipe;
  object["train_rows"] = listed.manifest->train_rows;
  object["inputs"] = listed.manifest->inputs.size();
  object["promotion"] = registry::PromotionToJson(listed.manifest->promotion);
  object["metrics"] = json::value_from(listed.manifest->metrics);
  return object;
}

Status List(Context& context) {
  std::vector<std::string> problems;
  AISLE_TRY(const auto listed, ListVersions(context.workspace.Models(), problems));
  TextTable table({{"model"},
                   {"version", Align::kRight},
                   {"alias"},
                   {"created"},
                   {"recipe"},
                   {"rows", Align::kRight},
                   {"inputs", Align::kRight},
                   {"when trained"}});
  json::array list;
  for (const ListedVersion& one : listed) {
    list.push_back(ListedJson(one));
    const std::string version = fmt::format("{}", one.version);
    if (one.manifest) {
      table.Add({one.model, version, one.aliases, Moment(one.manifest->created),
                 one.manifest->recipe, Grouped(one.manifest->train_rows),
                 fmt::format("{}", one.manifest->inputs.size()), one.manifest->promotion.decision});
    } else {
      table.Add({one.model, version, one.aliases, "", "UNREADABLE", "", "", ""});
      problems.push_back(
          fmt::format("{}/{}: {}", one.model, one.version, one.manifest.error().message));
    }
  }
  if (context.json) {
    PrintJson(list);
    return {};
  }
  PrintOut(table.RowCount() == 0 ? "no models yet; `aisle train` makes the default pair\n"
                                 : table.Text());
  for (const std::string& problem : problems) PrintOut(fmt::format("PROBLEM    {}\n", problem));
  return {};
}

Status Moved(const Context& context, const std::string& model, int version) {
  if (context.json) {
    PrintJson({{"model", model}, {"champion", version}});
  } else {
    PrintOut(fmt::format("{}/{} is champion now\n", model, version));
    context.Say("a server serves what was published: next: `aisle score`, `aisle publish`");
  }
  return {};
}

Status Promote(Context& context, const std::string& text) {
  const registry::Registry registry = context.workspace.Models();
  if (text.find('/') == std::string::npos) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' names no version; give MODEL/VERSION, like {}/2", text, text));
  }
  AISLE_TRY(auto lock, context.workspace.LockJobs("aisle " + context.command));
  AISLE_TRY(const registry::VersionName name, registry.Find(text));
  // A damaged version must not become champion.
  AISLE_TRY(const auto loaded, registry.Load(name.model, name.version));
  for (const std::string& objection : loaded.manifest.promotion.objections)
    context.Say("when it was trained, this spoke against it: {}", objection);
  AISLE_CHECK(registry.Promote(name.model, name.version));
  return Moved(context, name.model, name.version);
}

Status Rollback(Context& context, const std::string& model) {
  AISLE_TRY(auto lock, context.workspace.LockJobs("aisle " + context.command));
  AISLE_TRY(const int version, context.workspace.Models().Rollback(model));
  return Moved(context, model, version);
}

// A sub-command that takes one name.
void DefineNamed(CommandBuilder& command, const std::string& placeholder, const std::string& help,
                 Status (*run)(Context&, const std::string&)) {
  auto name = std::make_shared<std::optional<std::string>>();
  command.Positional(placeholder, name.get(), help);
  command.Run([name, placeholder, run](Context& context) -> Status {
    if (!*name) {
      return Fail(
          ErrorCode::kInvalidArgument,
          fmt::format("{} is missing; `aisle models list` shows what there is", placeholder));
    }
    return run(context, **name);
  });
}

}  // namespace

void DefineModels(CommandBuilder& command) {
  command.Sub("list", "all models and versions", [](CommandBuilder& sub) {
    sub.Examples({{"aisle models list", "with aliases, recipes and rows"},
                  {"aisle models list --json", "with metrics"}});
    sub.Run(List);
  });
  command.Sub("show", "learner, inputs and where they come from, metrics, promotion, fingerprint",
              DefineModelsShow);
  command.Sub("promote", "make a version champion", [](CommandBuilder& sub) {
    DefineNamed(sub, "model", "MODEL/VERSION or MODEL/ALIAS", Promote);
    sub.Examples({{"aisle models promote ranking/2", "by number"},
                  {"aisle models promote ranking/challenger", "by alias"}});
  });
  command.Sub("rollback", "champion goes back to what it was before", [](CommandBuilder& sub) {
    DefineNamed(sub, "model", "MODEL", Rollback);
    sub.Examples({{"aisle models rollback ranking", "after a promotion that was none"},
                  {"aisle models list", "to see where it points now"}});
  });
  command.Sub("predict", "score the rows of a CSV file with a model file", DefineModelsPredict);
  command.Sub("explain", "what each input added to the margins of a CSV file's rows",
              DefineModelsExplain);
  command.Sub("bench", "time every engine on a model file", DefineModelsBench);
  command.Run([](Context&) -> Status {
    return Fail(ErrorCode::kInvalidArgument,
                "say which of: `aisle models list`, `aisle models show`, `aisle models promote`, "
                "`aisle models rollback`, `aisle models predict`, `aisle models explain`, "
                "`aisle models bench`");
  });
  command.Examples({{"aisle models list", "all models and versions"},
                    {"aisle models show ranking", "what the champion takes and how good it was"},
                    {"aisle models promote ranking/2", "version 2 becomes champion"},
                    {"aisle models rollback ranking", "and steps back"}});
}

}  // namespace aisle::app
