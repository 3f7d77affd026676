// What the server keeps of a password: made here, so that the password itself stands in no statement, and so in no
// log.
//
//   AISLE_TRY(const std::string verifier, PasswordVerifier(password));
//   ... fmt::format("ALTER ROLE shop PASSWORD '{}'", verifier) ...
//
//   order    another one each time, for the same password: its salt is random.
//   errors   kInvalidArgument: a password that libpq does not take.
//   cost     some milliseconds, which is its purpose.
//   source   RFC 5802, RFC 7677: SCRAM-SHA-256, by libpq.
#pragma once

#include <string>

#include "base/result.h"

namespace aisle::postgres {

Result<std::string> PasswordVerifier(const std::string& password);

}  // namespace aisle::postgres
