#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "app/command.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/store_settings.h"
#include "base/files.h"
#include "serving/postgres/access.h"

namespace aisle::app {
namespace {

namespace fs = std::filesystem;

struct AccessOptions {
  std::vector<std::string> networks;
  std::vector<std::string> batch_networks;
  std::optional<std::string> file;
};

// In place of the file by one rename, for the same owner and with the same rights: the server must still read it.
Status Replace(const fs::path& path, const std::string& text) {
  struct stat was{};
  if (stat(path.c_str(), &was) != 0) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("cannot read {}: {}", path.string(), std::strerror(errno)));
  }
  const fs::path fresh = path.string() + ".aisle";
  AISLE_CHECK(base::WriteFileAtomic(fresh, text));
  if (chown(fresh.c_str(), was.st_uid, was.st_gid) == 0 &&
      chmod(fresh.c_str(), was.st_mode & 07777U) == 0 && rename(fresh.c_str(), path.c_str()) == 0) {
    return {};
  }
  const int number = errno;
  std::error_code ignored;
  fs::remove(fresh, ignored);
  return Fail(ErrorCode::kInternal,
              fmt::format("cannot replace {}: {}", path.string(), std::strerror(number)));
}

Status Access(Context& context, const AccessOptions& options) {
  AISLE_TRY(const StoreSettings store, StoreSettings::Of(context));
  if (options.networks.empty() && options.batch_networks.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                "say from where: --network of the servers, --batch-network of loads and syncs");
  }
  AISLE_TRY(const std::string block,
            serving::AccessBlock(store.Names(), {.dbname = store.AsAdmin().dbname,
                                                 .reader_networks = options.networks,
                                                 .batch_networks = options.batch_networks}));
  if (!options.file) {
    if (context.json) {
      PrintJson({{"lines", block}});
    } else {
      PrintOut(block);
      context.Say(
          "above all other lines of the server's pg_hba.conf; then: SELECT pg_reload_conf()");
    }
    return {};
  }
  AISLE_TRY(const std::string before, base::ReadFile(*options.file));
  const std::string after = serving::WithAccessBlock(before, store.Names(), block);
  if (after != before) AISLE_CHECK(Replace(*options.file, after));
  if (context.json) {
    PrintJson({{"file", *options.file}, {"changed", after != before}, {"lines", block}});
  } else {
    PrintOut(fmt::format("{}: {}\n", *options.file, after == before ? "as it was" : "written"));
    context.Say("the server reads it when it is told: SELECT pg_reload_conf()");
  }
  return {};
}

}  // namespace

void DefineStoreAccess(CommandBuilder& command) {
  auto options = std::make_shared<AccessOptions>();
  command.Texts(
      "--network", "NETWORK", &options->networks,
      "Where servers run, like 10.20.0.0/16: the reader comes from there. May be repeated");
  command.Texts("--batch-network", "NETWORK", &options->batch_networks,
                "Where loads and syncs run: owner and writer come from there. May be repeated");
  command.Text(
      "--file", "FILE", &options->file,
      "Write the lines into this pg_hba.conf, above all others, in place of those of before");
  command.Examples(
      {{"aisle store access --network 10.20.0.0/16 --batch-network 10.20.7.0/24",
        "lines to look at"},
       {"aisle store access --network 10.20.0.0/16 --file /etc/postgresql/15/main/pg_hba.conf",
        "and written"}});
  command.Run([options](Context& context) { return Access(context, *options); });
}

}  // namespace aisle::app
