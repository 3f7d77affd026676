#include <fmt/ranges.h>

#include "app/command.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/store_settings.h"
#include "net/await.h"
#include "serving/postgres/roles.h"

namespace aisle::app {
namespace {

struct DropOptions {
  bool yes = false;
  bool cascade = false;
};

Status Create(Context& context) {
  AISLE_TRY(const StoreSettings store, StoreSettings::Of(context));
  AISLE_TRY(const StoreSettings::Passwords passwords, store.EnsurePasswords());
  AISLE_TRY(const serving::CreateReport report,
            net::Await(serving::CreateStore(store.AsAdmin(), store.As(StoreRole::kOwner),
                                            store.Names(), passwords.verifiers)));
  if (context.json) {
    boost::json::array roles;
    for (const std::string& role : report.roles_made) roles.emplace_back(role);
    boost::json::array files;
    for (const auto& file : passwords.made) files.emplace_back(file.string());
    PrintJson({{"schema", store.Names().schema},
               {"schema_made", report.schema_made},
               {"schema_version", report.schema_version},
               {"steps_applied", report.migrations.size()},
               {"roles_made", std::move(roles)},
               {"passwords_made", std::move(files)}});
    return {};
  }
  PrintOut(fmt::format("schema {} at {} is of version {}{}{}\n", store.Names().schema,
                       store.Where(), report.schema_version,
                       report.schema_made          ? ", made now"
                       : report.migrations.empty() ? ", as it was"
                                                   : ", upgraded",
                       report.roles_made.empty()
                           ? std::string()
                           : fmt::format("; roles made: {}", fmt::join(report.roles_made, ", "))));
  for (const auto& file : passwords.made)
    PrintOut(
        fmt::format("a new password, for whoever runs servers and loads: {}\n", file.string()));
  context.Say("next: `aisle store load`");
  return {};
}

Status Drop(Context& context, const DropOptions& options) {
  AISLE_TRY(const StoreSettings store, StoreSettings::Of(context));
  if (!options.yes) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("removes schema {} and its roles from {}: say --yes",
                            store.Names().schema, store.Where()));
  }
  AISLE_TRY(const serving::DropReport report,
            net::Await(serving::DropStore(store.AsAdmin(), store.Names(), options.cascade)));
  AISLE_CHECK(store.RemovePasswords());
  if (context.json) {
    boost::json::array roles;
    for (const std::string& role : report.roles) roles.emplace_back(role);
    PrintJson({{"schema_dropped", report.schema}, {"roles_dropped", std::move(roles)}});
    return {};
  }
  if (!report.schema && report.roles.empty()) {
    PrintOut(fmt::format("nothing of schema {} at {}\n", store.Names().schema, store.Where()));
  } else {
    PrintOut(fmt::format(
        "{}: removed {}{}\n", store.Where(),
        report.schema ? fmt::format("schema {}", store.Names().schema) : "no schema",
        report.roles.empty() ? std::string()
                             : fmt::format(", roles {}", fmt::join(report.roles, ", "))));
  }
  return {};
}

}  // namespace

void DefineStoreCreate(CommandBuilder& command) {
  command.Examples(
      {{"aisle store create", "may be repeated: what is there stays, what is older is upgraded"},
       {"aisle store create --json", "for scripts"}});
  command.Run([](Context& context) { return Create(context); });
}

void DefineStoreDrop(CommandBuilder& command) {
  auto options = std::make_shared<DropOptions>();
  command.Switch("--yes", &options->yes, "Do not ask");
  command.Switch("--cascade", &options->cascade,
                 "Other people's views, tables and foreign keys that hang on it go too");
  command.Examples(
      {{"aisle store drop --yes", "refuses while other things would go with it, and names them"},
       {"aisle store drop --yes --cascade", "and then does not"}});
  command.Run([options](Context& context) { return Drop(context, *options); });
}

}  // namespace aisle::app
