#include "postgres/password_verifier.h"

#include <memory>

#include "postgres/libpq.h"

namespace aisle::postgres {

Result<std::string> PasswordVerifier(const std::string& password) {
  // libpq wants a connection to put errors into. One whose text is none never gets as far as a server.
  const std::unique_ptr<PGconn, void (*)(PGconn*)> nowhere(PQconnectStart("="), PQfinish);
  if (nowhere == nullptr) return Fail(ErrorCode::kInternal, "libpq has no memory left");
  const std::unique_ptr<char, void (*)(void*)> verifier(
      PQencryptPasswordConn(nowhere.get(), password.c_str(), "", "scram-sha-256"), PQfreemem);
  if (verifier == nullptr) {
    return Fail(ErrorCode::kInvalidArgument, Scrubbed(PQerrorMessage(nowhere.get()), password));
  }
  return std::string(verifier.get());
}

}  // namespace aisle::postgres
