// A folder of tokens for tests of servers, and requests by whoever shows one. Private to the tests.
//
//   errors   what cannot be set up fails the test.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/file_token_store.h"
#include "access/gatekeeper.h"
#include "base/temp_folder_testing.h"
#include "web/client_testing.h"

namespace aisle::api {

// Somebody who asks: a line of the head, and the role that a server should see in it; nothing: nobody.
struct Asker {
  std::string name;
  std::string field;
  std::optional<web::Role> role;
  std::string secret;  // Must not come back.
};

struct MakeOptions {
  std::optional<web::IdRange> customers = {};
  std::int64_t requests_per_second = 0;
  std::chrono::seconds lasts{3600};
  bool revoked = false;
};

class TokenFolder {
 public:
  access::GatekeeperOptions Options() const {
    access::GatekeeperOptions options;
    options.store = std::make_shared<access::FileTokenStore>(Path());
    options.look_every = std::chrono::milliseconds{20};
    return options;
  }
  std::filesystem::path Path() const { return folder_.Path() / "access"; }
  access::FileTokenStore Store() const { return access::FileTokenStore(Path()); }

  // Its text.
  std::string Make(web::Role role, const MakeOptions& options = {}) const {
    const auto token = access::NewToken();
    access::TokenRecord record;
    record.id = token->id;
    record.role = role;
    record.created = base::Now();
    record.expires = record.created + options.lasts;
    record.hash = access::HashOf(token->secret);
    record.customers = options.customers;
    record.requests_per_second = options.requests_per_second;
    if (options.revoked) record.revoked = base::Now();
    auto store = Store();
    const Status added = store.Add(record, Entry("create"));
    EXPECT_TRUE(added) << added.error().message;
    return token->Text();
  }
  void Change(std::string_view text,
              const std::function<void(access::TokenRecord&)>& change) const {
    auto store = Store();
    const auto records = store.Read();
    for (access::TokenRecord record : *records) {
      if (record.id != access::ParseToken(text)->id) continue;
      change(record);
      ASSERT_TRUE(store.Replace(record, Entry("revoke")));
    }
  }

  std::vector<Asker> Everybody() const {
    std::vector<Asker> askers = {{"nobody", "", {}, "no secret was sent"},
                                 {"somebody else", "Authorization: Basic YTpi", {}, "YTpi"}};
    const auto add = [&](std::string name, std::string_view form, std::optional<web::Role> role,
                         const std::string& token) {
      askers.push_back({std::move(name), fmt::format(fmt::runtime(form), token), role,
                        access::ParseToken(token)->secret});
    };
    constexpr std::string_view kBearer = "Authorization: Bearer {}";
    for (const web::Role role : {web::Role::kReader, web::Role::kWriter, web::Role::kAdmin}) {
      const std::string token = Make(role);
      const std::string name(web::RoleName(role));
      add(name, kBearer, role, token);
      add(name + " as the quickstart does", "Authorization: Snowflake Token=\"{}\"", role, token);
      add(name + " by cookie", "Cookie: aisle_session={}\r\nOrigin: http://localhost", role, token);
    }
    using enum web::Role;
    add("an unknown one", kBearer, {}, access::NewToken()->Text());
    add("one past its time", kBearer, {}, Make(kAdmin, {.lasts = std::chrono::seconds{-1}}));
    add("a revoked one", kBearer, {}, Make(kAdmin, {.revoked = true}));
    // The id of one that is good, and another secret.
    const std::string id = access::ParseToken(Make(kAdmin))->id;
    add("a guess", kBearer, {}, access::NewSecretFor(id)->Text());
    std::string mistyped = Make(kAdmin);
    mistyped.back() = mistyped.back() == 'a' ? 'b' : 'a';
    askers.push_back({"a mistyped one", "Authorization: Bearer " + mistyped, {}, mistyped});
    return askers;
  }

 private:
  static access::AuditEntry Entry(const std::string& action) {
    access::AuditEntry entry;
    entry.action = action;
    entry.by = "a test";
    return entry;
  }
  base::TempFolder folder_;
};

// `field`: lines of the head without the last line end; empty: none.
inline web::ClientAnswer AskAs(web::Client& client, const std::string& field,
                               std::string_view method, std::string_view target,
                               std::string_view body = {}) {
  const std::string request = fmt::format(
      "{} {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n{}{}\r\n{}",
      method, target, body.size(), field, field.empty() ? "" : "\r\n", body);
  EXPECT_TRUE(client.Send(request));
  const auto answer = client.Receive();
  EXPECT_TRUE(answer) << answer.error().message;
  return answer.value_or(web::ClientAnswer{});
}

}  // namespace aisle::api
