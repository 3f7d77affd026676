// Makes a Postgres store and removes it: its schema, its tables, its three roles.
//
// CreateStore may be repeated: it makes what is not there yet, brings an older schema up to date, and gives every
// role the password it is told. A role that somebody else made is left alone and refused by name; which ones are the
// store's own is said by a comment on each. DropStore takes away exactly what CreateStore made, and refuses while
// other things would go with it.
//
//   threads  one loop.
//   errors   kFailedPrecondition: a name that is taken, other things that would go, a role that may not;
//            kUnavailable: no connection; kInvalidArgument: names (CheckNames).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "net/task.h"
#include "postgres/settings.h"
#include "serving/postgres/names.h"

namespace aisle::serving {

// What the server is to keep of the passwords (postgres/password_verifier.h).
struct RoleVerifiers {
  std::string owner;
  std::string writer;
  std::string reader;
};

struct CreateReport {
  std::vector<std::string> roles_made;
  bool schema_made = false;
  std::vector<int> migrations;  // Applied by this call.
  int schema_version = 0;
};
// `admin` may make roles and schemas; `owner` is the store's owner, with the password that belongs to the verifier.
net::Task<Result<CreateReport>> CreateStore(postgres::ConnectionSettings admin,
                                            postgres::ConnectionSettings owner, StoreNames names,
                                            RoleVerifiers verifiers);

struct DropReport {
  bool schema = false;
  std::vector<std::string> roles;
};
// With `cascade` other things that would go with it do go.
net::Task<Result<DropReport>> DropStore(postgres::ConnectionSettings admin, StoreNames names,
                                        bool cascade);

}  // namespace aisle::serving
