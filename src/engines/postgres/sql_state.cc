#include "postgres/sql_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <regex>
#include <string>

#include "postgres/libpq.h"

namespace aisle::postgres {
namespace {

constexpr std::string_view kMark = " (SQLSTATE ";

bool IsOneOf(std::string_view sql_state, auto... those) { return ((sql_state == those) || ...); }

// What libpq's own checks say of certificates and passwords carries no SQLSTATE.
bool MustBeMended(std::string_view text) {
  constexpr std::array<std::string_view, 6> kTexts = {
      "certificate",     "does not support SSL", "no password supplied",
      "channel binding", "private key",          "sslmode value"};
  return std::ranges::any_of(
      kTexts, [&](std::string_view part) { return text.find(part) != std::string_view::npos; });
}

std::string Field(const PGresult* result, int code) {
  const char* const text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

}  // namespace

ErrorCode CodeOfSqlState(std::string_view sql_state) {
  const std::string_view group = sql_state.substr(0, 2);
  if (sql_state == "08P01") return ErrorCode::kInternal;  // What we sent was wrong.
  // No connection; resources; an operator's stop; a standby where a primary was; what two at once
  // may meet.
  if (IsOneOf(group, "08", "53", "57")) return ErrorCode::kUnavailable;
  if (IsOneOf(sql_state, "25006", "40001", "40P01", "55P03", "55006", "0A000", "26000"))
    return ErrorCode::kUnavailable;
  if (IsOneOf(group, "22", "23")) return ErrorCode::kInvalidArgument;
  if (IsOneOf(group, "28", "3D", "3F", "55")) return ErrorCode::kFailedPrecondition;
  // Permissions; tables, columns, functions, types and the like that are not there, or there
  // already.
  if (IsOneOf(sql_state, "42501", "42P01", "42703", "42883", "42704", "42P06", "42P07", "42701",
              "42710", "42723"))
    return ErrorCode::kFailedPrecondition;
  return ErrorCode::kInternal;
}

std::string_view SqlStateOf(const Error& error) {
  const std::string_view text = error.message;
  const std::size_t at = text.rfind(kMark);
  if (at == std::string_view::npos || text.size() != at + kMark.size() + 6) return {};
  return text.substr(at + kMark.size(), 5);
}

std::string_view SqlStateOfResult(const PGresult* result) {
  const char* const text = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return text == nullptr ? std::string_view() : text;
}

std::string Scrubbed(std::string text, std::string_view secret) {
  if (secret.empty()) return text;
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3))
    text.replace(at, secret.size(), "***");
  return text;
}

Error ErrorOfResult(const PGresult* result, std::string_view secret) {
  const std::string_view sql_state = SqlStateOfResult(result);
  if (sql_state.empty()) {
    std::string text = PQresultErrorMessage(result);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return {ErrorCode::kUnavailable, Scrubbed("postgres: " + text, secret), {}};
  }
  std::string text = "postgres: " + Field(result, PG_DIAG_MESSAGE_PRIMARY);
  // Details of these two quote the values of a row, which are somebody's.
  const bool quotes_values = sql_state.starts_with("22") || sql_state.starts_with("23");
  const std::string detail = Field(result, PG_DIAG_MESSAGE_DETAIL);
  const std::string hint = Field(result, PG_DIAG_MESSAGE_HINT);
  if (!detail.empty() && !quotes_values) text += "; " + detail;
  if (!hint.empty()) text += "; " + hint;
  text = Scrubbed(std::move(text), secret);
  return {CodeOfSqlState(sql_state), fmt::format("{}{}{})", text, kMark, sql_state), {}};
}

Error ErrorOfConnecting(std::string_view text, std::string_view secret) {
  // "connection to server at ... failed: FATAL: 28P01: password authentication failed for ...",
  // then a line "LOCATION: ..." that is of no use here.
  static const std::regex kSqlState(":  ([0-9A-Z]{5}): ");
  static const std::regex kLocation("\n?LOCATION:[^\n]*");
  std::string words = std::regex_replace(std::string(text), kLocation, "");
  std::smatch found;
  std::string sql_state;
  if (std::regex_search(words, found, kSqlState)) {
    sql_state = found[1];
    words = std::regex_replace(words, kSqlState, ": ");
  }
  while (!words.empty() && words.back() == '\n') words.pop_back();
  static const std::regex kBreak("[\n\t]+");
  words = std::regex_replace(words, kBreak, " ");
  words = Scrubbed("postgres: " + words, secret);
  if (!sql_state.empty())
    return {CodeOfSqlState(sql_state), fmt::format("{}{}{})", words, kMark, sql_state), {}};
  return {
      MustBeMended(words) ? ErrorCode::kFailedPrecondition : ErrorCode::kUnavailable, words, {}};
}

}  // namespace aisle::postgres
