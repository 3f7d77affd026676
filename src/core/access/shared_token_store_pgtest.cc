// Tokens in a store's tables: who may do what there, and what a server makes of a store that is away or of an older aisle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "access/gatekeeper.h"
#include "access/shared_token_store.h"
#include "serving/postgres/store_testing.h"

namespace aisle::serving {
namespace {

using namespace std::chrono_literals;
using access::AuditEntry;
using access::SharedTokenStore;
using access::TokenRecord;
using testing::HasSubstr;

TokenRecord Some() {
  TokenRecord record;
  record.id = access::NewToken()->id;
  record.name = "the storefront's";
  record.role = web::Role::kWriter;
  record.created = *base::ParseTimestamp("2026-11-24");
  record.expires = record.created + base::kDay * 3650;
  record.hash = access::HashOf("x");
  return record;
}
AuditEntry Entry(const std::string& action) {
  return {.at = {}, .action = action, .by = "a test", .token = "t", .detail = "d"};
}

class TokenTables : public PostgresStoreTest {
 protected:
  SharedTokenStore StoreAs(const std::string& role) const { return {As(role), names}; }
};

TEST_F(TokenTables, WhatTheOwnerWritesServersRead) {
  auto owner = StoreAs(names.owner);
  auto reader = StoreAs(names.reader);
  ASSERT_TRUE(reader.Read()) << reader.Read().error().message;
  EXPECT_TRUE(reader.Read()->empty());
  TokenRecord record = Some();
  ASSERT_TRUE(owner.Add(record, Entry("create")));
  EXPECT_EQ(TextOf(*reader.Read()), TextOf(std::vector<TokenRecord>{record}));
  record.customers = web::IdRange{1, 2};
  record.requests_per_second = 5;
  record.old_hash = access::HashOf("y");
  record.old_until = record.expires;
  ASSERT_TRUE(owner.Replace(record, Entry("rotate")));
  EXPECT_EQ(TextOf(*reader.Read()), TextOf(std::vector<TokenRecord>{record}));
  const TokenRecord before = record;
  record.revoked = record.created + base::kDay;
  ASSERT_TRUE(owner.Replace(record, Entry("revoke")));
  // Nobody who still has the record of before takes that back.
  ASSERT_TRUE(owner.Replace(before, Entry("rotate")));
  EXPECT_TRUE(reader.Read()->at(0).IsRevoked());
  EXPECT_EQ(owner.Replace(Some(), Entry("revoke")).error().code, ErrorCode::kNotFound);
  const auto log = owner.ReadLog(100);
  ASSERT_TRUE(log);
  ASSERT_GE(log->size(), 4U);
  EXPECT_EQ(log->at(0).action, "create");
  EXPECT_GT(log->at(0).at, record.created);
  EXPECT_EQ(owner.ReadLog(2)->size(), 2U);
}

TEST_F(TokenTables, AServersRoleReadsTokensAndAddsToTheLogAndNoMore) {
  auto owner = StoreAs(names.owner);
  auto reader = StoreAs(names.reader);
  auto writer = StoreAs(names.writer);
  ASSERT_TRUE(owner.Add(Some(), Entry("create")));
  EXPECT_THAT(reader.Add(Some(), Entry("create")).error().message, HasSubstr("permission denied"));
  EXPECT_THAT(reader.Replace(reader.Read()->at(0), Entry("revoke")).error().message,
              HasSubstr("permission denied"));
  EXPECT_FALSE(reader.ReadLog(10));
  EXPECT_FALSE(writer.Read());
  EXPECT_FALSE(writer.Add(Some(), Entry("create")));
  const AuditEntry refused = Entry("refused");
  ASSERT_TRUE(reader.Note({&refused, 1}));
  EXPECT_EQ(owner.ReadLog(10)->back().action, "refused");
  for (const char* change : {"DELETE FROM token_audit", "UPDATE token_audit SET detail = ''",
                             "DELETE FROM tokens", "TRUNCATE tokens"})
    EXPECT_THAT(Do(As(names.reader), change), HasSubstr("permission denied")) << change;
}

TEST_F(TokenTables, AStoreOfAnOlderAisleHasNoTokensAndWhatIsNoStoreIsUnknown) {
  ASSERT_EQ(Do(Admin(), "DROP TABLE tokens, token_audit"), "");
  auto reader = StoreAs(names.reader);
  ASSERT_TRUE(reader.Read());
  EXPECT_TRUE(reader.Read()->empty());
  EXPECT_THAT(StoreAs(names.owner).Add(Some(), Entry("create")).error().message,
              HasSubstr("aisle store create"));
  StoreNames other = names;
  other.schema = "nowhere";
  SharedTokenStore nowhere(As(names.reader), other);
  EXPECT_EQ(nowhere.Read().error().code, ErrorCode::kFailedPrecondition);
}

TEST_F(TokenTables, ARowThatNobodyUnderstandsLetsNobodyIn) {
  auto owner = StoreAs(names.owner);
  ASSERT_TRUE(owner.Add(Some(), Entry("create")));
  ASSERT_EQ(Do(As(names.owner), "UPDATE tokens SET customers = 'all of them'"), "");
  EXPECT_EQ(owner.Read().error().code, ErrorCode::kInternal);
}

// Two servers: what is revoked by one connection is revoked at both.
TEST_F(TokenTables, ARevocationReachesEveryServer) {
  const auto token = access::NewToken();
  auto owner = StoreAs(names.owner);
  TokenRecord record = Some();
  record.id = token->id;
  record.hash = access::HashOf(token->secret);
  ASSERT_TRUE(owner.Add(record, Entry("create")));
  net::EventLoops loops(1, "gate");
  const auto open = [&] {
    return *access::Gatekeeper::Start(
        loops, {.store = std::make_shared<SharedTokenStore>(As(names.reader), names),
                .remembered = temp.Path() / "access" / "remembered.json",
                .look_every = 20ms});
  };
  const auto first = open();
  const auto second = open();
  loops.Start();
  const auto finds = [&](const std::shared_ptr<access::Gatekeeper>& gate) {
    std::promise<bool> given;
    loops.Post(0, [&] { given.set_value(gate->Look(token->Text(), 0).principal != nullptr); });
    return given.get_future().get();
  };
  EXPECT_TRUE(finds(first) && finds(second));
  record.revoked = base::Now();
  ASSERT_TRUE(owner.Replace(record, Entry("revoke")));
  for (int i = 0; i < 10'000 && (finds(first) || finds(second)); ++i)
    std::this_thread::sleep_for(1ms);
  EXPECT_FALSE(finds(first) || finds(second));
  first->Close();
  second->Close();
  loops.Stop();
  loops.Join();
}

}  // namespace
}  // namespace aisle::serving
