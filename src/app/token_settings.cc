#include "app/token_settings.h"

#include "access/file_token_store.h"
#include "access/shared_token_store.h"
#include "app/store_settings.h"
#include "base/files.h"
#include "base/log.h"
#include "web/address.h"

namespace aisle::app {
namespace {

Result<std::shared_ptr<access::TokenStore>> StoreOf(const Context& context, StoreRole role) {
  if (context.settings.serve_store != "postgres")
    return std::make_shared<access::FileTokenStore>(context.workspace.Access());
  AISLE_TRY(const StoreSettings store, StoreSettings::Of(context));
  AISLE_TRY(auto settings, store.Existing(role));
  return std::make_shared<access::SharedTokenStore>(std::move(settings), store.Names());
}

}  // namespace

Result<access::GatekeeperOptions> GatekeeperOf(const Context& context) {
  access::GatekeeperOptions options;
  AISLE_TRY(options.store, StoreOf(context, StoreRole::kReader));
  if (context.settings.serve_store == "postgres")
    options.remembered = context.workspace.Access() / "remembered.json";
  return options;
}

Result<std::shared_ptr<access::TokenStore>> TokensToChange(const Context& context) {
  return StoreOf(context, StoreRole::kOwner);
}

void WarnOfPlainText(const std::string& listens_at) {
  const auto address = web::ParseAddress(listens_at);
  if (!address || address->tls || address->IsLoopback() || address->IsUnix()) return;
  base::LogWarning(
      "{} is reached over the network without TLS: whoever can listen in there can take tokens",
      listens_at);
}

Result<std::string> ClientAuthorization(const workspace::Settings& settings) {
  if (settings.client_token_file.empty()) return std::string();
  auto text = base::ReadFile(settings.client_token_file);
  if (!text) return Within("client.token_file", text.error());
  const std::string line = text->substr(0, text->find_first_of("\r\n"));
  if (const auto token = access::ParseToken(line); !token)
    return Within("client.token_file: " + settings.client_token_file, token.error());
  return "Bearer " + line;
}

}  // namespace aisle::app
