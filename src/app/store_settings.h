// The [postgres] settings as what the store's functions take: names, and how to connect as each of its roles.
//
//   missing  a password file that is not named lies at <data>/postgres/<role>.password.
//   errors   kFailedPrecondition: no url is set; kInvalidArgument: settings that are none, by their key.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/command.h"
#include "base/result.h"
#include "postgres/settings.h"
#include "serving/postgres/names.h"
#include "serving/postgres/roles.h"

namespace aisle::app {

enum class StoreRole : std::uint8_t { kOwner, kWriter, kReader };

class StoreSettings {
 public:
  static Result<StoreSettings> Of(const Context& context);

  const serving::StoreNames& Names() const { return names_; }
  // For who makes the role.
  postgres::ConnectionSettings As(StoreRole role) const;
  // For everybody else: kFailedPrecondition while there is no password, which `create` makes.
  Result<postgres::ConnectionSettings> Existing(StoreRole role) const;
  postgres::ConnectionSettings AsAdmin() const;
  // "db1:5432/shop", for people.
  std::string Where() const;

  struct Passwords {
    serving::RoleVerifiers verifiers;         // What the server is to keep of each.
    std::vector<std::filesystem::path> made;  // Files that were not there.
  };
  // Writes a random password into every file that is not there (0600).
  Result<Passwords> EnsurePasswords() const;
  // Of the files that lie at their default places; others are their owner's.
  Status RemovePasswords() const;

 private:
  const std::string& NameOf(StoreRole role) const;
  std::filesystem::path PasswordFile(StoreRole role) const;

  postgres::ConnectionSettings server_;
  serving::StoreNames names_;
  std::string named_files_[3];  // By role; empty: at the default place.
  std::filesystem::path folder_;
  std::string admin_;
  std::string admin_password_file_;
};

}  // namespace aisle::app
