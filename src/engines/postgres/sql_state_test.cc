#include "postgres/sql_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "postgres/libpq.h"

namespace aisle::postgres {
namespace {

TEST(SqlState, SaysWhatACallerCanDo) {
  for (const char* state :
       {"08006", "53300", "57P01", "57P03", "57014", "55P03", "40001", "40P01", "25006"})
    EXPECT_EQ(CodeOfSqlState(state), ErrorCode::kUnavailable) << state;
  for (const char* state : {"22P02", "22003", "23505", "23514"})
    EXPECT_EQ(CodeOfSqlState(state), ErrorCode::kInvalidArgument) << state;
  for (const char* state : {"28P01", "3D000", "3F000", "42501", "42P01", "42703", "42883", "55000"})
    EXPECT_EQ(CodeOfSqlState(state), ErrorCode::kFailedPrecondition) << state;
  for (const char* state : {"42601", "08P01", "XX000", "P0001", "25P02", ""})
    EXPECT_EQ(CodeOfSqlState(state), ErrorCode::kInternal) << state;
}

TEST(SqlState, IsFoundAtTheEndOfAMessageWhateverStandsInFront) {
  const Error error = {
      ErrorCode::kFailedPrecondition, "publish: postgres: no such table (SQLSTATE 42P01)", {}};
  EXPECT_EQ(SqlStateOf(error), "42P01");
  EXPECT_EQ(SqlStateOf({ErrorCode::kInternal, "postgres: (SQLSTATE 42P01) and more", {}}), "");
  EXPECT_EQ(SqlStateOf({ErrorCode::kUnavailable, "postgres: the deadline passed", {}}), "");
}

TEST(SqlState, OfConnectingIsTakenFromLibpqsText) {
  const Error error = ErrorOfConnecting(
      "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  28P01: password "
      "authentication failed for "
      "user \"postgres\"\nLOCATION:  auth_failed, auth.c:335\n",
      "");
  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(error.message,
            "postgres: connection to server at \"127.0.0.1\", port 5432 failed: FATAL: password "
            "authentication failed "
            "for user \"postgres\" (SQLSTATE 28P01)");
}

TEST(SqlState, ACertificateIsForAPersonAndARefusedConnectionIsNot) {
  EXPECT_EQ(ErrorOfConnecting("failed: SSL error: certificate verify failed", "").code,
            ErrorCode::kFailedPrecondition);
  EXPECT_EQ(ErrorOfConnecting("failed: Connection refused\n\tIs the server running?", "").code,
            ErrorCode::kUnavailable);
}

TEST(Scrubbed, EveryOccurrenceGoes) {
  EXPECT_EQ(Scrubbed("a hunter2 and hunter2", "hunter2"), "a *** and ***");
  EXPECT_EQ(Scrubbed("as it was", ""), "as it was");
  EXPECT_EQ(Scrubbed("***", "*"), "*********");
  EXPECT_EQ(ErrorOfConnecting("failed: FATAL:  28P01: no hunter2", "hunter2").message,
            "postgres: failed: FATAL: no *** (SQLSTATE 28P01)");
}

}  // namespace
}  // namespace aisle::postgres
