#include "postgres/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/temp_folder_testing.h"

namespace aisle::postgres {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string ErrorOf(std::string_view text) {
  const auto settings = ParseConnection(text);
  EXPECT_FALSE(settings.has_value()) << text;
  if (settings) return "";
  EXPECT_EQ(settings.error().code, ErrorCode::kInvalidArgument);
  return settings.error().message;
}

TEST(Settings, AUrlAndKeywordsSayTheSame) {
  for (const char* text :
       {"postgresql://aisle@db1:5433,db2:5434/"
        "shop?sslmode=verify-full&target_session_attrs=read-write&connect_timeout=7",
        "host=db1,db2 port=5433,5434 dbname=shop user=aisle sslmode=verify-full "
        "target_session_attrs=read-write "
        "connect_timeout=7"}) {
    const auto settings = ParseConnection(text);
    ASSERT_TRUE(settings.has_value()) << settings.error().message;
    EXPECT_EQ(Describe(*settings), "aisle@db1:5433, db2:5434/shop");
    EXPECT_EQ(settings->sslmode, "verify-full");
    EXPECT_EQ(settings->target_session_attrs, "read-write");
    EXPECT_EQ(settings->connect_timeout, std::chrono::seconds{7});
  }
}

TEST(Settings, OnePortServesAllHostsAndASocketIsAHost) {
  const auto settings = ParseConnection("host=/var/run/postgresql,db2 port=6000");
  ASSERT_TRUE(settings.has_value());
  EXPECT_TRUE(settings->hosts[0].IsSocket());
  EXPECT_EQ(settings->hosts[0].port, 6000);
  EXPECT_FALSE(settings->hosts[1].IsSocket());
  EXPECT_EQ(settings->hosts[1].port, 6000);
}

TEST(Settings, APasswordInTheTextIsRefusedAndNotRepeated) {
  for (const char* text :
       {"postgresql://aisle:hunter2@db1/shop", "host=db1 password=hunter2",
        "host=db1 sslpassword=hunter2", "postgresql://db1/shop?password=hunter2"}) {
    const std::string error = ErrorOf(text);
    EXPECT_THAT(error, HasSubstr("a password does not belong into this text"));
    EXPECT_THAT(error, Not(HasSubstr("hunter2")));
  }
}

TEST(Settings, ATextThatCannotBeReadIsNotRepeated) {
  for (const char* text :
       {"postgresql://aisle:hunter2@db1:port:more/", "host=db1 hunter2", "postgresql://[hunter2"}) {
    EXPECT_THAT(ErrorOf(text), Not(HasSubstr("hunter2")));
  }
}

TEST(Settings, WhatIsNotOfferedIsNamed) {
  EXPECT_THAT(ErrorOf("host=a sslmode=prefer"), HasSubstr("sslmode 'prefer'"));
  EXPECT_THAT(ErrorOf("host=a target_session_attrs=best"), HasSubstr("'best'"));
  EXPECT_THAT(ErrorOf("host=a options=-cx=y"), HasSubstr("'options'"));
  EXPECT_THAT(ErrorOf("host=a,b,c port=1,2"), HasSubstr("3 hosts and 2 ports"));
  EXPECT_THAT(ErrorOf("host=a port=70000"), HasSubstr("70000"));
  EXPECT_THAT(ErrorOf("host=a connect_timeout=0"), HasSubstr("connect_timeout"));
  EXPECT_THAT(ErrorOf("host=a, dbname=b"), HasSubstr("a host without a name"));
  EXPECT_THAT(ErrorOf("port=5"), HasSubstr("a port without a host"));
}

TEST(Settings, ADbnameThatLibpqWouldReadAsMoreIsRefused) {
  ConnectionSettings settings;
  settings.dbname = "dbname=shop password=hunter2";
  ASSERT_FALSE(CheckSettings(settings).has_value());
  EXPECT_THAT(CheckSettings(settings).error().message, Not(HasSubstr("hunter2")));
}

TEST(Settings, StatementNamesAreThree) {
  EXPECT_EQ(ParseStatementNames("auto").value(), StatementNames::kAuto);
  EXPECT_EQ(ParseStatementNames("named").value(), StatementNames::kNamed);
  EXPECT_EQ(ParseStatementNames("unnamed").value(), StatementNames::kUnnamed);
  EXPECT_FALSE(ParseStatementNames("often").has_value());
}

TEST(Password, IsTheFirstLineOfAFileOrAVariable) {
  const base::TempFolder folder;
  const std::string path = (folder.Path() / "secret").string();
  std::ofstream(path) << "hunter2\r\nmore\n";
  EXPECT_EQ(ReadPassword({PasswordSource::Kind::kFile, path}).value(), "hunter2");
  ASSERT_EQ(setenv("AISLE_TEST_SECRET", "hunter3", 1), 0);
  EXPECT_EQ(ReadPassword({PasswordSource::Kind::kEnvironment, "AISLE_TEST_SECRET"}).value(),
            "hunter3");
  EXPECT_EQ(ReadPassword({}).value(), "");
}

TEST(Password, OneThatIsNotThereIsNamed) {
  const base::TempFolder folder;
  const std::string path = (folder.Path() / "secret").string();
  const auto no_file = ReadPassword({PasswordSource::Kind::kFile, path});
  ASSERT_FALSE(no_file.has_value());
  EXPECT_EQ(no_file.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(no_file.error().message, HasSubstr(path));
  std::ofstream(path) << "\n";
  EXPECT_FALSE(ReadPassword({PasswordSource::Kind::kFile, path}).has_value());
  const auto no_variable =
      ReadPassword({PasswordSource::Kind::kEnvironment, "AISLE_TEST_NO_SECRET"});
  ASSERT_FALSE(no_variable.has_value());
  EXPECT_THAT(no_variable.error().message, HasSubstr("AISLE_TEST_NO_SECRET"));
}

}  // namespace
}  // namespace aisle::postgres
