// Where the tokens of this data directory are, as the settings say; and the token that aisle's own clients show.
//
//   missing  [serve] store = "embedded": in <data>/access. [client] token_file = "": no token is shown.
//   errors   as StoreSettings where the store is Postgres; kNotFound, kInvalidArgument: a token's file that is not
//            there, or holds no token. No message holds a secret.
#pragma once

#include <memory>
#include <string>

#include "access/gatekeeper.h"
#include "access/token_store.h"
#include "app/command.h"
#include "base/result.h"

namespace aisle::app {

// For a server: it reads, and notes what it refused.
Result<access::GatekeeperOptions> GatekeeperOf(const Context& context);
// For who makes, revokes and rotates.
Result<std::shared_ptr<access::TokenStore>> TokensToChange(const Context& context);
// Says in the log of a server that tokens cross the network in the clear, where they do. `listens_at`: its
// Address::Text(), with a handed socket looked up.
void WarnOfPlainText(const std::string& listens_at);
// The value of Authorization, "Bearer aisle_..."; empty: none is to be sent.
Result<std::string> ClientAuthorization(const workspace::Settings& settings);

}  // namespace aisle::app
