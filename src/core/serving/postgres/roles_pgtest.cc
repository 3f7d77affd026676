// What create makes, drop takes away; and neither touches what is not the store's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serving/postgres/roles.h"
#include "serving/postgres/store_testing.h"

namespace aisle::serving {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(PostgresStoreTest, CreateMayBeRepeatedAndGivesThePasswordItIsTold) {
  const auto again = Create();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_THAT(again->roles_made, IsEmpty());
  EXPECT_FALSE(again->schema_made);
  EXPECT_THAT(again->migrations, IsEmpty());
  EXPECT_EQ(again->schema_version, StoreMigrations().back().number);
  ASSERT_TRUE(base::WriteFileAtomic(PasswordFile(names.reader), "another\n"));
  EXPECT_THAT(AskAs(As(names.reader), "SELECT 1"), HasSubstr("password"));
  const auto verifier = [](const char* password) { return *postgres::PasswordVerifier(password); };
  ASSERT_TRUE(net::Await(CreateStore(Admin(), As(names.owner), names,
                                     {.owner = verifier(("secret of " + names.owner).c_str()),
                                      .writer = verifier("third"),
                                      .reader = verifier("another")})));
  EXPECT_EQ(AskAs(As(names.reader), "SELECT 1"), "1");
  // The same password, another salt.
  EXPECT_NE(verifier("another"), verifier("another"));
}

TEST_F(PostgresStoreTest, WhoeverMayMakeRolesAndSchemasNeedNotBeSuperuser) {
  const std::string dba = dbname + "_dba";
  ASSERT_EQ(Do(Admin(), fmt::format("CREATE ROLE {0} LOGIN CREATEROLE PASSWORD 'secret'; GRANT "
                                    "CREATE ON DATABASE {1} TO {0}",
                                    dba, dbname)),
            "");
  ASSERT_TRUE(base::WriteFileAtomic(PasswordFile(dba), "secret\n"));
  StoreNames theirs = {
      .schema = "second", .owner = dbname + "_o", .writer = dbname + "_w", .reader = dbname + "_r"};
  ASSERT_TRUE(base::WriteFileAtomic(PasswordFile(theirs.owner), "owner's\n"));
  const std::string verifier = *postgres::PasswordVerifier("owner's");
  const auto created =
      net::Await(CreateStore(As(dba), As(theirs.owner), theirs,
                             {.owner = verifier, .writer = verifier, .reader = verifier}));
  ASSERT_TRUE(created) << created.error().message;
  EXPECT_EQ(Ask("SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'second'"),
            theirs.owner);
  const auto dropped = net::Await(DropStore(As(dba), theirs, false));
  ASSERT_TRUE(dropped) << dropped.error().message;
  EXPECT_TRUE(dropped->schema);
  EXPECT_EQ(dropped->roles.size(), 3U);
  // The other store of the database is as it was.
  EXPECT_EQ(AskAs(As(names.reader), "SELECT count(*) FROM customer_features"), "0");
  EXPECT_EQ(Do(Admin(), fmt::format("DROP OWNED BY {0}; DROP ROLE {0}", dba)), "");
}

TEST_F(PostgresStoreTest, WhatIsNotTheStoresOwnIsRefusedByName) {
  StoreNames other = names;
  other.schema = "taken";
  ASSERT_EQ(Do(Admin(), "CREATE SCHEMA taken"), "");
  const std::string verifier = *postgres::PasswordVerifier("x");
  const RoleVerifiers verifiers = {.owner = verifier, .writer = verifier, .reader = verifier};
  const auto schema = net::Await(CreateStore(Admin(), As(names.owner), other, verifiers));
  ASSERT_FALSE(schema);
  EXPECT_THAT(schema.error().message, HasSubstr("the schema taken exists and does not belong to"));
  EXPECT_THAT(net::Await(DropStore(Admin(), other, true)).error().message,
              HasSubstr("does not belong to"));
  // Roles of one store are not another's.
  other.schema = "fresh";
  const auto roles = net::Await(CreateStore(Admin(), As(names.owner), other, verifiers));
  ASSERT_FALSE(roles);
  EXPECT_THAT(roles.error().message, HasSubstr("for schema aisle of database"));
  EXPECT_EQ(Ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'fresh'"), "0");
  for (const char* name : {"", "Aisle", "1st", "pg_mine", "a-b", "a b", "a\"b", "public"}) {
    other.schema = name;
    EXPECT_EQ(CheckNames(other).error().code, ErrorCode::kInvalidArgument) << name;
  }
}

TEST_F(PostgresStoreTest, DropTakesNothingAlongUnlessItIsTold) {
  const auto refused = [&](const std::string& make, const std::string& remove,
                           const std::string& what) {
    ASSERT_EQ(Do(Admin(), make), "");
    const auto dropped = net::Await(DropStore(Admin(), names, false));
    ASSERT_FALSE(dropped) << what;
    EXPECT_EQ(dropped.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_THAT(dropped.error().message, HasSubstr(what));
    EXPECT_EQ(AskAs(As(names.reader), "SELECT count(*) FROM customer_features"), "0") << what;
    ASSERT_EQ(Do(Admin(), remove), "");
  };
  refused("CREATE TABLE mine (i int)", "DROP TABLE mine", "table aisle.mine");
  refused("CREATE VIEW public.v AS SELECT 1 FROM inventory", "DROP VIEW public.v", "view v");
  refused("CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", "DROP FUNCTION mine",
          "function aisle.mine()");
  refused("CREATE TABLE public.t (id bigint REFERENCES customer_features)", "DROP TABLE public.t",
          "t_id_fkey");
  refused(fmt::format("CREATE TABLE public.theirs (i int); ALTER TABLE public.theirs OWNER TO {}",
                      names.writer),
          "DROP TABLE public.theirs", "table theirs");
  ASSERT_EQ(Do(Admin(), "CREATE VIEW public.v AS SELECT 1 FROM inventory"), "");
  const auto dropped = net::Await(DropStore(Admin(), names, true));
  ASSERT_TRUE(dropped) << dropped.error().message;
  EXPECT_EQ(Ask("SELECT count(*) FROM pg_views WHERE viewname = 'v'"), "0");
  EXPECT_THAT(net::Await(DropStore(Admin(), names, false))->roles, IsEmpty());
}

}  // namespace
}  // namespace aisle::serving
