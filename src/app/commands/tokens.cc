#include <pwd.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include "app/command.h"
#include "app/every.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/token_settings.h"

namespace aisle::app {
namespace {

using access::AuditEntry;
using access::TokenRecord;

constexpr std::size_t kTokensMax = 10'000;
constexpr std::int64_t kLogDefault = 50;

struct TokenOptions {
  std::optional<std::string> id, role, expires, customers, name, grace;
  std::optional<std::int64_t> rate, last;
};

// "root on shop1"
std::string ThisPerson() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  const passwd* const user = getpwuid(geteuid());
  return fmt::format("{} on {}", user != nullptr ? user->pw_name : fmt::to_string(geteuid()),
                     host.data());
}

AuditEntry EntryOf(std::string action, const TokenRecord& record, std::string detail) {
  return {.at = base::Now(),
          .action = std::move(action),
          .by = ThisPerson(),
          .token = record.id,
          .detail = std::move(detail)};
}

std::string Described(const TokenRecord& record) {
  std::string text = fmt::format("role {}, expires {}", web::RoleName(record.role),
                                 base::FormatIso(record.expires));
  if (record.customers) text += fmt::format(", customers {}", access::TextOf(*record.customers));
  if (record.requests_per_second > 0)
    text += fmt::format(", {} requests a second", record.requests_per_second);
  return text;
}

std::unexpected<Error> Wrong(const std::string& what, std::string_view accepted) {
  return Fail(ErrorCode::kInvalidArgument, fmt::format("{}; accepted is {}", what, accepted));
}

Result<TokenRecord> RecordOf(const TokenOptions& options, const access::Token& token) {
  TokenRecord record;
  record.id = token.id;
  record.hash = access::HashOf(token.secret);
  record.name = options.name.value_or("");
  if (record.name.size() > 100 || record.name.find_first_of("\r\n") != std::string::npos)
    return Wrong("--name is too long, or of several lines", "at most 100 bytes of one line");
  const auto role = access::TokenRoleOf(options.role.value_or(""));
  if (!role)
    return Wrong(fmt::format("--role is '{}'", options.role.value_or("")), "reader, writer, admin");
  record.role = *role;
  AISLE_TRY(const auto lasts, ParseDuration("--expires", options.expires.value_or("90d")));
  record.created = std::chrono::floor<std::chrono::seconds>(base::Now());
  record.expires = record.created + lasts;
  if (options.customers) {
    record.customers = access::RangeOf(*options.customers);
    if (!record.customers) {
      return Wrong(fmt::format("--customers is '{}'", *options.customers),
                   "a range of numbers, like 1000000-1000999");
    }
  }
  record.requests_per_second = options.rate.value_or(0);
  return record;
}

// The only time that a secret is shown.
void Show(const Context& context, const access::Token& token, const TokenRecord& record) {
  if (context.json) {
    PrintJson({{"id", token.id},
               {"token", token.Text()},
               {"role", web::RoleName(record.role)},
               {"expires", base::FormatIso(record.expires)}});
    return;
  }
  PrintOut(token.Text() + "\n");
  context.Say("token {}: {}. It is shown this once; servers know it at once", token.id,
              Described(record));
}

Status Create(Context& context, const TokenOptions& options) {
  AISLE_CHECK(context.workspace.Create());
  AISLE_TRY(const auto store, TokensToChange(context));
  AISLE_TRY(const access::Token token, access::NewToken());
  AISLE_TRY(const TokenRecord record, RecordOf(options, token));
  AISLE_TRY(const auto before, store->Read());
  if (before.size() >= kTokensMax) {
    return Fail(
        ErrorCode::kFailedPrecondition,
        fmt::format("there are {} tokens, which is as many as there may be", before.size()));
  }
  AISLE_CHECK(store->Add(record, EntryOf("create", record, Described(record))));
  Show(context, token, record);
  if (before.empty()) {
    context.Say(
        "it is the first: from now on servers let nobody in without a token, but to public routes");
  }
  return {};
}

Result<TokenRecord> Find(access::TokenStore& store, const TokenOptions& options,
                         std::string_view command) {
  if (!options.id || !access::IsTokenId(*options.id)) {
    // Perhaps a whole token, which must not be repeated.
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("name the token by its id, the {} characters behind aisle_, as `aisle "
                            "tokens list` shows it: `aisle tokens {} ID`",
                            access::kTokenIdBytes, command));
  }
  AISLE_TRY(const auto records, store.Read());
  for (const TokenRecord& record : records) {
    if (record.id == *options.id) return record;
  }
  return Fail(ErrorCode::kNotFound,
              fmt::format("there is no token {}; `aisle tokens list` has them", *options.id));
}

Status Revoke(Context& context, const TokenOptions& options) {
  AISLE_TRY(const auto store, TokensToChange(context));
  AISLE_TRY(TokenRecord record, Find(*store, options, "revoke"));
  const bool was = record.IsRevoked();
  if (!was) {
    record.revoked = std::chrono::floor<std::chrono::seconds>(base::Now());
    AISLE_CHECK(store->Replace(record, EntryOf("revoke", record, Described(record))));
  }
  if (context.json) {
    PrintJson({{"id", record.id}, {"revoked", base::FormatIso(record.revoked)}});
  } else {
    PrintOut(fmt::format("{}: {}\n", record.id,
                         was ? "was revoked already" : "revoked; servers know within a second"));
  }
  return {};
}

Status Rotate(Context& context, const TokenOptions& options) {
  AISLE_TRY(const auto store, TokensToChange(context));
  AISLE_TRY(TokenRecord record, Find(*store, options, "rotate"));
  AISLE_TRY(const auto grace, ParseDuration("--grace", options.grace.value_or("1h")));
  const auto now = std::chrono::floor<std::chrono::seconds>(base::Now());
  if (!record.IsLive(now)) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("token {} is {}; make a new one by `aisle tokens create`", record.id,
                            record.StateName(now)));
  }
  if (options.expires) {
    AISLE_TRY(const auto lasts, ParseDuration("--expires", *options.expires));
    record.expires = now + lasts;
  }
  AISLE_TRY(const access::Token token, access::NewSecretFor(record.id));
  record.old_hash = std::exchange(record.hash, access::HashOf(token.secret));
  record.old_until = now + grace;
  AISLE_CHECK(
      store->Replace(record, EntryOf("rotate", record,
                                     fmt::format("{}, the old secret until {}", Described(record),
                                                 base::FormatIso(record.old_until)))));
  Show(context, token, record);
  context.Say("the old one is good until {}", Moment(record.old_until));
  return {};
}

Status List(Context& context) {
  AISLE_TRY(const auto store, TokensToChange(context));
  AISLE_TRY(const auto records, store->Read());
  const base::Timestamp now = base::Now();
  if (context.json) {
    boost::json::array list;
    for (const TokenRecord& record : records) {
      boost::json::object object = {{"id", record.id},
                                    {"name", record.name},
                                    {"role", web::RoleName(record.role)},
                                    {"created", base::FormatIso(record.created)},
                                    {"expires", base::FormatIso(record.expires)},
                                    {"requests_per_second", record.requests_per_second},
                                    {"state", record.StateName(now)}};
      if (record.customers) object["customers"] = access::TextOf(*record.customers);
      list.emplace_back(std::move(object));
    }
    PrintJson(list);
    return {};
  }
  if (records.empty()) {
    context.Say("there are no tokens ({}): servers are open, on loopback and Unix sockets only",
                store->Where());
    return {};
  }
  TextTable table(
      {{"id"}, {"role"}, {"state"}, {"expires"}, {"customers"}, {"a second"}, {"name"}});
  for (const TokenRecord& record : records) {
    table.Add({record.id, std::string(web::RoleName(record.role)),
               std::string(record.StateName(now)), Moment(record.expires),
               record.customers ? access::TextOf(*record.customers) : "all",
               record.requests_per_second > 0 ? fmt::to_string(record.requests_per_second) : "any",
               record.name});
  }
  PrintOut(table.Text());
  return {};
}

Status Log(Context& context, const TokenOptions& options) {
  AISLE_TRY(const auto store, TokensToChange(context));
  AISLE_TRY(const auto entries,
            store->ReadLog(static_cast<std::size_t>(options.last.value_or(kLogDefault))));
  for (const AuditEntry& entry : entries) {
    PrintOut(context.json ? access::LineOf(entry) + "\n"
                          : fmt::format("{}  {:<8} {:<12} by {}: {}\n", Moment(entry.at),
                                        entry.action, entry.token, entry.by, entry.detail));
  }
  return {};
}

void DefineCreate(CommandBuilder& command) {
  auto options = std::make_shared<TokenOptions>();
  command.Text("--role", "ROLE", &options->role,
               "reader asks; writer also changes stock, products, customers; admin everything");
  command.Text("--expires", "TIME", &options->expires, "After 1s to 365d, like 7d (default 90d)");
  command.Text("--customers", "A-B", &options->customers,
               "Only customers of these numbers, both included (default: all)");
  command.Text("--name", "TEXT", &options->name, "What it is for, to tell it by");
  command.Number("--rate", &options->rate, 1, 1'000'000,
                 "Requests a second that each server takes from it (default: any)");
  command.Examples({{"aisle tokens create --role reader --expires 7d --name storefront",
                     "prints the token, this once"},
                    {"aisle tokens create --role writer > stock-feed.token",
                     "into a file, for [client] token_file"},
                    {"aisle tokens create --role reader --customers 1000000-1000999 --rate 20",
                     "a narrow one"}});
  command.Run([options](Context& context) { return Create(context, *options); });
}

void DefineRevoke(CommandBuilder& command) {
  auto options = std::make_shared<TokenOptions>();
  command.Positional("id", &options->id, "Of the token: what stands between aisle_ and the next _");
  command.Examples(
      {{"aisle tokens revoke 4dR0s9kTq2Lw", "for good; servers know within a second"}});
  command.Run([options](Context& context) { return Revoke(context, *options); });
}

void DefineRotate(CommandBuilder& command) {
  auto options = std::make_shared<TokenOptions>();
  command.Positional("id", &options->id, "Of the token: what stands between aisle_ and the next _");
  command.Text("--grace", "TIME", &options->grace,
               "How long the old secret is good beside the new one (default 1h)");
  command.Text("--expires", "TIME", &options->expires, "From now on (default: as it was)");
  command.Examples(
      {{"aisle tokens rotate 4dR0s9kTq2Lw", "prints the new one; the old one for an hour"},
       {"aisle tokens rotate 4dR0s9kTq2Lw --grace 1s", "the old one has leaked"}});
  command.Run([options](Context& context) { return Rotate(context, *options); });
}

void DefineLog(CommandBuilder& command) {
  auto options = std::make_shared<TokenOptions>();
  command.Number("--last", &options->last, 1, 1'000'000, "So many lines, the newest (default 50)");
  command.Examples({{"aisle tokens log", "who made, revoked, rotated; what was refused"},
                    {"aisle tokens log --json --last 1000", "as JSON lines"}});
  command.Run([options](Context& context) { return Log(context, *options); });
}

}  // namespace

void DefineTokens(CommandBuilder& command) {
  command.Sub("create", "make one; it is shown once", DefineCreate);
  command.Sub("list", "which there are, without secrets", [](CommandBuilder& list) {
    list.Examples({{"aisle tokens list", "also those revoked or past their time"}});
    list.Run([](Context& context) { return List(context); });
  });
  command.Sub("revoke", "end one for good", DefineRevoke);
  command.Sub("rotate", "a new secret; the old one for a grace", DefineRotate);
  command.Sub("log", "what was done, and what was refused", DefineLog);
  command.Examples(
      {{"aisle tokens create --role reader --expires 7d", "the first one closes the door"},
       {"aisle tokens list", "which there are"}});
  command.Run([](Context&) -> Status {
    return Fail(ErrorCode::kInvalidArgument,
                "say which of: `aisle tokens create`, `list`, `revoke`, `rotate`, `log`");
  });
}

}  // namespace aisle::app
