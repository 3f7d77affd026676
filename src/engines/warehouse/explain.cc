#include "warehouse/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/files.h"

namespace aisle::warehouse {
namespace {

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The number that follows `before`, and where it stands.
struct Number {
  std::size_t at = 0;
  int value = 0;
};
std::optional<Number> NumberAfter(std::string_view text, std::string_view before) {
  const std::size_t at = text.find(before);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(at + before.size());
  int value = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc{})
    return std::nullopt;
  return Number{at, value};
}

ErrorCode CodeOf(std::string_view words) {
  using enum ErrorCode;
  if (Has(words, "read-only mode") || Has(words, "transaction is aborted") ||
      Has(words, "database has been invalidated") || words.starts_with("IO Error: Extension "))
    return kFailedPrecondition;
  if (Has(words, "No files found that match") || Has(words, "No such file or directory"))
    return kNotFound;
  if (Has(words, "could not allocate") || Has(words, "No space left")) return kUnavailable;
  if (words.starts_with("Transaction") && Has(words, "onflict")) return kUnavailable;
  constexpr std::pair<std::string_view, ErrorCode> kKinds[] = {
      {"Parser", kInvalidArgument},
      {"Syntax", kInvalidArgument},
      {"Binder", kInvalidArgument},
      {"Catalog", kInvalidArgument},
      {"Conversion", kInvalidArgument},
      {"Constraint", kInvalidArgument},
      {"Invalid Input", kInvalidArgument},
      {"Invalid type", kInvalidArgument},
      {"Out of Range", kInvalidArgument},
      {"Mismatch Type", kInvalidArgument},
      {"Decimal", kInvalidArgument},
      {"Divide by Zero", kInvalidArgument},
      {"Not implemented", kInvalidArgument},
      {"Parameter", kInvalidArgument},
      {"Expression", kInvalidArgument},
      {"Invalid Configuration", kInvalidArgument},
      {"Permission", kFailedPrecondition},
      {"TransactionContext", kFailedPrecondition},
      {"Dependency", kFailedPrecondition},
      {"Missing Extension", kFailedPrecondition},
      {"IO Error", kUnavailable},
      {"Out of Memory", kUnavailable},
      {"INTERRUPT", kUnavailable},
      {"Interrupt", kUnavailable}};
  for (const auto& [start, code] : kKinds)
    if (words.starts_with(start)) return code;
  return kInternal;
}

// The holder's command line, as far as the system tells, on one short line.
std::string CommandOf(int pid) {
  constexpr std::size_t kLength = 120;
  Result<std::string> command = base::ReadFile(fmt::format("/proc/{}/cmdline", pid));
  if (!command) return "";
  while (!command->empty() && command->back() == '\0') command->pop_back();
  std::ranges::replace_if(*command, [](char c) { return c >= 0 && c < ' '; }, ' ');
  if (command->size() > kLength) command->replace(kLength, std::string::npos, "...");
  return *std::move(command);
}

}  // namespace

Error ExplainWords(std::string_view words) {
  const std::size_t end = words.find("\n\nLINE ");
  std::string line;
  for (const char c : words.substr(0, end)) {
    const bool space = c == '\n' || c == ' ';
    if (!space || (!line.empty() && line.back() != ' ')) line += space ? ' ' : c;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  // Nobody interrupts a query here. DuckDB's threads stop each other when one of them fails, and the one that was stopped
  // may be heard first (its issue tracker: pull requests 10337, 25902).
  if (line.starts_with("INTERRUPT")) {
    line =
        "one of several threads failed, and the database does not say why; "
        "ask again, or with one thread, to hear the cause";
  }
  return {CodeOf(words), std::move(line)};
}

Error ExplainStatement(const Failure& failure, std::string_view name, int line) {
  if (const auto inside = NumberAfter(failure.words, "\nLINE ")) line += inside->value - 1;
  Error error = ExplainWords(failure.words);
  error.message = fmt::format("{}:{}: {}", name, line, error.message);
  return error;
}

Error ExplainIngest(const Failure& failure) {
  Error error = ExplainWords(failure.words);
  if (Has(error.message, "already exists")) error.code = ErrorCode::kFailedPrecondition;
  if (Has(error.message, "does not exist")) error.code = ErrorCode::kNotFound;
  return error;
}

Error ExplainOpen(const Failure& failure, const std::filesystem::path& path) {
  const std::string& words = failure.words;
  const auto say = [&](ErrorCode code, std::string_view what) {
    return Error{code, fmt::format("database {}: {}", path.string(), what)};
  };
  if (Has(words, "Could not set lock")) {
    const auto pid = NumberAfter(words, "PID ");
    if (!pid) {
      return say(ErrorCode::kUnavailable,
                 "another process has it open; wait for its end or stop it, then try again");
    }
    const std::string command = CommandOf(pid->value);
    return say(ErrorCode::kUnavailable,
               fmt::format("process {}{} has it open; wait for its end or stop it, then try again",
                           pid->value, command.empty() ? "" : " (" + command + ")"));
  }
  const Error error = ExplainWords(words);
  if (Has(words, "storage version greater") || Has(words, "newer version of DuckDB")) {
    return say(ErrorCode::kFailedPrecondition,
               "written by a newer DuckDB than this one; open it with a newer aisle, or export it "
               "there and import it here (" +
                   error.message + ")");
  }
  if (Has(words, "not a valid DuckDB database"))
    return say(ErrorCode::kInvalidArgument, "not a DuckDB database file");
  if (Has(words, "Corrupt database file"))
    return say(ErrorCode::kInternal, "damaged; put a copy in its place (" + error.message + ")");
  if (Has(words, "Permission denied")) return say(ErrorCode::kFailedPrecondition, error.message);
  return say(error.code, error.message);
}

}  // namespace aisle::warehouse
