// The server's errors as ours: five characters of SQLSTATE decide what a caller can do.
//
// A message keeps the server's words and ends in "(SQLSTATE 42P01)". The details that the server
// adds are kept too, except where they quote values of rows (classes 22 and 23).
//
//   errors   kUnavailable: no connection, the server stops or starts, too many connections, a lock
//            or a deadline, a serialisation failure, a server that has become a standby: trying
//            again may help. kInvalidArgument: values the database does not take (22, 23).
//            kFailedPrecondition: a password, a permission, a database, schema, table or column
//            that is not there: a person must act. kInternal: all else, a syntax error among them.
//   source   PostgreSQL 15, appendix A.
#pragma once

#include <string_view>

#include "base/result.h"

namespace aisle::postgres {

ErrorCode CodeOfSqlState(std::string_view sql_state);
// The SQLSTATE that the error's message ends with; empty: it did not come from a server. Valid as
// long as the error.
std::string_view SqlStateOf(const Error& error);

}  // namespace aisle::postgres
