#include "app/store_settings.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/files.h"
#include "postgres/password_verifier.h"

namespace aisle::app {
namespace {

namespace fs = std::filesystem;

constexpr std::array kRoles = {StoreRole::kOwner, StoreRole::kWriter, StoreRole::kReader};
constexpr std::array kRoleWords = {"owner", "writer", "reader"};
constexpr std::size_t kSecretBytes = 24;

Result<std::string> NewSecret() {
  std::array<unsigned char, kSecretBytes> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return Fail(ErrorCode::kInternal, "the system gives no random bytes");
  std::string secret;
  for (const unsigned char byte : bytes) secret += fmt::format("{:02x}", byte);
  return secret;
}

// For nobody but us, from the first moment; a file that is there stays. Whether it was made.
Result<bool> WriteSecret(const fs::path& path) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno == EEXIST) return false;
  const auto failed = [&] {
    return Fail(ErrorCode::kInternal,
                fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
  };
  if (descriptor < 0) return failed();
  const auto secret = NewSecret();
  const std::string line = secret ? *secret + "\n" : "";
  const bool written =
      write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
      fsync(descriptor) == 0;
  const auto failure = failed();
  close(descriptor);
  if (secret && written) return true;
  std::error_code ignored;
  fs::remove(path, ignored);
  return std::unexpected(secret ? failure.error() : secret.error());
}

}  // namespace

Result<StoreSettings> StoreSettings::Of(const Context& context) {
  const workspace::Settings& settings = context.settings;
  if (settings.postgres_url.empty()) {
    return Fail(ErrorCode::kFailedPrecondition,
                "no Postgres is set; put `url` into [postgres] of the settings, or set "
                "AISLE_POSTGRES_URL (`aisle store dev-up` starts a server and prints the lines)");
  }
  StoreSettings store;
  auto server = postgres::ParseConnection(settings.postgres_url);
  if (!server) return Within("postgres.url", server.error());
  store.server_ = *std::move(server);
  if (!store.server_.user.empty()) {
    return Fail(
        ErrorCode::kInvalidArgument,
        "postgres.url names a user; who connects is said by owner, writer, reader and admin");
  }
  store.server_.application_name = "aisle " + context.command;
  store.names_ = {.schema = settings.postgres_schema,
                  .owner = settings.postgres_owner,
                  .writer = settings.postgres_writer,
                  .reader = settings.postgres_reader};
  AISLE_CHECK(serving::CheckNames(store.names_));
  store.named_files_[0] = settings.postgres_owner_password_file;
  store.named_files_[1] = settings.postgres_writer_password_file;
  store.named_files_[2] = settings.postgres_reader_password_file;
  store.folder_ = context.workspace.Root() / "postgres";
  store.admin_ = settings.postgres_admin;
  store.admin_password_file_ = settings.postgres_admin_password_file;
  return store;
}

const std::string& StoreSettings::NameOf(StoreRole role) const {
  switch (role) {
    case StoreRole::kOwner:
      return names_.owner;
    case StoreRole::kWriter:
      return names_.writer;
    case StoreRole::kReader:
      break;
  }
  return names_.reader;
}

fs::path StoreSettings::PasswordFile(StoreRole role) const {
  const std::string& named = named_files_[static_cast<std::size_t>(role)];
  return named.empty() ? folder_ / (NameOf(role) + ".password") : fs::path(named);
}

postgres::ConnectionSettings StoreSettings::As(StoreRole role) const {
  postgres::ConnectionSettings settings = server_;
  settings.user = NameOf(role);
  settings.password = {postgres::PasswordSource::Kind::kFile, PasswordFile(role).string()};
  return settings;
}

Result<postgres::ConnectionSettings> StoreSettings::Existing(StoreRole role) const {
  std::error_code code;
  if (const fs::path file = PasswordFile(role); !fs::exists(file, code)) {
    return Fail(
        ErrorCode::kFailedPrecondition,
        fmt::format("there is no {}, the password of {}; `aisle store create` makes role and "
                    "password; a copy that lies elsewhere is named by [postgres] "
                    "{}_password_file",
                    file.string(), NameOf(role), kRoleWords[static_cast<std::size_t>(role)]));
  }
  return As(role);
}

postgres::ConnectionSettings StoreSettings::AsAdmin() const {
  postgres::ConnectionSettings settings = server_;
  settings.user = admin_;
  if (!admin_password_file_.empty())
    settings.password = {postgres::PasswordSource::Kind::kFile, admin_password_file_};
  return settings;
}

std::string StoreSettings::Where() const { return postgres::Describe(server_); }

Result<StoreSettings::Passwords> StoreSettings::EnsurePasswords() const {
  std::error_code code;
  fs::create_directories(folder_, code);
  if (code) {
    return Fail(ErrorCode::kInternal,
                fmt::format("cannot make {}: {}", folder_.string(), code.message()));
  }
  Passwords passwords;
  std::array<std::string, kRoles.size()> verifiers;
  for (const StoreRole role : kRoles) {
    AISLE_TRY(const bool made, WriteSecret(PasswordFile(role)));
    if (made) passwords.made.push_back(PasswordFile(role));
    AISLE_TRY(const std::string password,
              postgres::ReadPassword(
                  {postgres::PasswordSource::Kind::kFile, PasswordFile(role).string()}));
    AISLE_TRY(verifiers[static_cast<std::size_t>(role)], postgres::PasswordVerifier(password));
  }
  passwords.verifiers = {.owner = verifiers[0], .writer = verifiers[1], .reader = verifiers[2]};
  return passwords;
}

Status StoreSettings::RemovePasswords() const {
  for (const StoreRole role : kRoles) {
    if (!named_files_[static_cast<std::size_t>(role)].empty()) continue;
    std::error_code code;
    fs::remove(PasswordFile(role), code);
    if (code) {
      return Fail(ErrorCode::kInternal,
                  fmt::format("cannot remove {}: {}", PasswordFile(role).string(), code.message()));
    }
  }
  std::error_code ignored;
  fs::remove(folder_, ignored);  // Only if nothing else is in it.
  return {};
}

}  // namespace aisle::app
