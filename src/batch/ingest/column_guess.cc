#include "ingest/column_guess.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "arrow/batch.h"
#include "ingest/number_cast.h"
#include "ingest/sql_text.h"
#include "ingest/time_text.h"

namespace aisle::ingest {
namespace {

constexpr std::string_view kOwn = "ingest/column_guess.cc";
constexpr std::size_t kTextsMax = 5'000;
constexpr double kMost = 0.9;  // Of the rows; what does not fit then is rejected, and said so.

constexpr std::string_view kNone[] = {"NULL", "null", "n/a", "N/A", "NA",   "#N/A", "-",
                                      "--",   "\\N",  "nan", "NaN", "None", "none", "?"};

using Counts = std::map<std::string, std::int64_t>;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// "8:30", "18:30:05".
bool IsClock(std::string_view text) {
  text = Trimmed(text);
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon > 2 || text.size() < colon + 3 || text.size() > 8) return false;
  return std::ranges::all_of(text, [](char c) { return IsDigit(c) || c == ':'; });
}

// Zeros that a number would lose: of an article or a postal code.
bool HasLeadingZero(std::string_view text) {
  text = Trimmed(text);
  return text.size() > 1 && text[0] == '0' && std::ranges::all_of(text, IsDigit);
}

bool MayBeTime(std::string_view text) {
  const auto digits = std::ranges::count_if(text, IsDigit);
  const auto between =
      std::ranges::count_if(text, [](char c) { return std::string_view("-/.:, ").contains(c); });
  const bool packed = digits == std::ssize(text) && (digits == 8 || digits == 14);
  return digits >= 3 && text.size() >= 6 && text.size() <= 40 && (between >= 2 || packed);
}

// Different texts of the column with how many rows have each, some of them where they are very many.
Status Load(warehouse::Connection& connection, const Counts& counts) {
  const arrow::Schema schema = {{"v", arrow::Type::kString}, {"n", arrow::Type::kInt64}};
  arrow::BatchBuilder builder(schema);
  const std::size_t stride = counts.size() / kTextsMax + 1;
  std::size_t at = 0;
  for (const auto& [text, rows] : counts) {
    if (at++ % stride != 0) continue;
    builder.AppendString(0, text);
    builder.AppendInt(1, rows);
  }
  auto batch = std::make_shared<std::optional<arrow::Batch>>(builder.Finish());
  AISLE_CHECK(connection.Ingest("aisle_guess",
                                arrow::MakeStream(schema,
                                                  [batch]() -> Result<std::optional<arrow::Batch>> {
                                                    return std::exchange(*batch, std::nullopt);
                                                  }),
                                warehouse::IngestMode::kReplace));
  return {};
}

SourceColumn Declared(std::string type, std::string format = {}, std::string decimal = {},
                      std::string thousands = {}) {
  SourceColumn column;
  column.name = "v";
  column.type = std::move(type);
  column.format = std::move(format);
  column.decimal = std::move(decimal);
  column.thousands = std::move(thousands);
  return column;
}

// How many rows each declaration reads, and before them how many there are.
Result<std::vector<std::int64_t>> CountFits(warehouse::Connection& connection,
                                            const std::vector<SourceColumn>& tried) {
  std::string counts = "coalesce(sum(n), 0)";
  for (const SourceColumn& column : tried) {
    const Cast cast = SourceCast(column, "VARCHAR", "UTC");
    counts += fmt::format(", coalesce(sum(n) FILTER (WHERE ({}) IS NOT NULL{}), 0)", cast.value,
                          cast.lossy.empty() ? "" : " AND NOT coalesce(" + cast.lossy + ", false)");
  }
  const std::string query = fmt::format("SELECT {} FROM aisle_guess", counts);
  AISLE_TRY(const auto rows, connection.QueryText({kOwn, query}));
  std::vector<std::int64_t> fits;
  for (const std::string& count : rows[0]) fits.push_back(std::stoll(count));
  return fits;
}

struct Choice {
  SourceColumn column;
  std::int64_t all = 0;
  std::int64_t fits = 0;
  std::vector<SourceColumn> equal;  // Others that fit as many.
};

// The first of those that fit the most.
Result<Choice> Best(warehouse::Connection& connection, const std::vector<SourceColumn>& tried) {
  AISLE_TRY(const auto fits, CountFits(connection, tried));
  const auto best = std::max_element(fits.begin() + 1, fits.end());
  Choice choice{tried[static_cast<std::size_t>(best - fits.begin() - 1)], fits[0], *best, {}};
  for (auto other = best + 1; other != fits.end(); ++other) {
    if (*other == *best)
      choice.equal.push_back(tried[static_cast<std::size_t>(other - fits.begin() - 1)]);
  }
  return choice;
}

std::vector<SourceColumn> Times() {
  constexpr std::array kDays = {"%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
                                "%Y/%m/%d", "%Y%m%d",   "%d.%m.%y", "%d/%m/%y", "%m/%d/%y",
                                "%d-%b-%Y", "%d %b %Y", "%b %d, %Y"};
  constexpr std::array kClocks = {" %H:%M", " %H:%M:%S", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p"};
  std::vector<SourceColumn> tried = {Declared("DATE"), Declared("TIMESTAMP")};
  for (const std::string day : kDays) {
    tried.push_back(Declared("DATE", day));
    for (const std::string clock : kClocks) tried.push_back(Declared("TIMESTAMP", day + clock));
  }
  tried.push_back(Declared("TIMESTAMP", "%Y%m%d%H%M%S"));
  return tried;
}

// What is written in the wrong way round is silent, so it is said wherever nothing in the file speaks against it.
void DoubtTime(const Choice& choice, ColumnGuess& guess) {
  const auto format = ReadTimeFormat(choice.column.format, choice.column.type == "DATE");
  if (choice.column.format.empty() || !format || format->swapped.empty()) return;
  const auto swapped = std::ranges::find(choice.equal, format->swapped, &SourceColumn::format);
  if (swapped != choice.equal.end()) {
    guess.doubts.push_back(fmt::format("day and month may change places: '{}' fits as well as '{}'",
                                       swapped->format, choice.column.format));
  }
}

Result<std::optional<Choice>> GuessTime(warehouse::Connection& connection, const Counts& counts) {
  if (std::ranges::none_of(counts, [](const auto& one) { return MayBeTime(one.first); }))
    return std::nullopt;
  AISLE_TRY(Choice choice, Best(connection, Times()));
  return choice;
}

// The form first, then the narrowest type that loses nothing.
Result<Choice> GuessNumber(warehouse::Connection& connection) {
  constexpr std::pair<const char*, const char*> kForms[] = {
      {"", ""}, {",", ""}, {"", ","}, {",", "."}, {"", " "}, {",", " "}, {"", "'"}};
  std::vector<SourceColumn> forms;
  for (const auto& [decimal, thousands] : kForms)
    forms.push_back(Declared("DOUBLE", "", decimal, thousands));
  AISLE_TRY(Choice form, Best(connection, forms));
  std::vector<SourceColumn> types;
  for (const std::string type : {"INT", "BIGINT", "DECIMAL(12,2)", "DECIMAL(18,4)", "DOUBLE"})
    types.push_back(Declared(type, "", form.column.decimal, form.column.thousands));
  AISLE_TRY(Choice type, Best(connection, types));
  type.equal = form.equal;
  return type;
}

void DoubtNumber(const Choice& choice, ColumnGuess& guess) {
  const bool whole = choice.column.type == "INT" || choice.column.type == "BIGINT";
  const bool plain = choice.column.decimal.empty() && choice.column.thousands.empty();
  if (choice.equal.empty() || (whole && plain)) return;
  for (const SourceColumn& other : choice.equal) {
    if (other.decimal == choice.column.decimal && choice.column.thousands.empty()) continue;
    guess.doubts.push_back(fmt::format(
        "its numbers may as well have '{}' before the decimals and {} between thousands",
        other.decimal.empty() ? "." : other.decimal,
        other.thousands.empty() ? "nothing" : "'" + other.thousands + "'"));
    return;
  }
}

// One of the texts that the declaration does not read.
Result<std::string> Misfit(warehouse::Connection& connection, const SourceColumn& column) {
  const Cast cast = SourceCast(column, "VARCHAR", "UTC");
  const std::string query =
      fmt::format("SELECT v FROM aisle_guess WHERE ({}) IS NULL{} ORDER BY n DESC, v LIMIT 1",
                  cast.value, cast.lossy.empty() ? "" : " OR coalesce(" + cast.lossy + ", false)");
  AISLE_TRY(const auto rows, connection.QueryText({kOwn, query}));
  return rows.empty() ? std::string() : rows[0][0];
}

Status Take(warehouse::Connection& connection, const Choice& choice, ColumnGuess& guess) {
  const std::string name = guess.column.name;
  guess.column = choice.column;
  guess.column.name = name;
  if (choice.fits == choice.all) return {};
  AISLE_TRY(std::string misfit, Misfit(connection, choice.column));
  std::ranges::replace_if(misfit, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  guess.doubts.push_back(
      fmt::format("{} of {} rows of the sample are no {} so and would be rejected, such as '{}'",
                  choice.all - choice.fits, choice.all, choice.column.type, misfit));
  return {};
}

bool Fits(const Choice& choice) {
  return choice.all > 0 &&
         static_cast<double>(choice.fits) >= kMost * static_cast<double>(choice.all);
}

Status GuessText(warehouse::Connection& connection, const Counts& counts, ColumnGuess& guess) {
  if (std::ranges::all_of(counts, [](const auto& one) { return IsClock(one.first); })) {
    guess.is_clock = true;
    return {};
  }
  AISLE_CHECK(Load(connection, counts));
  AISLE_TRY(const auto time, GuessTime(connection, counts));
  AISLE_TRY(const Choice number, GuessNumber(connection));
  if (time && Fits(*time) && (time->fits > number.fits || time->column.format.empty())) {
    AISLE_CHECK(Take(connection, *time, guess));
    DoubtTime(*time, guess);
    return {};
  }
  const bool zeros =
      std::ranges::any_of(counts, [](const auto& one) { return HasLeadingZero(one.first); });
  if (Fits(number) && !zeros) {
    AISLE_CHECK(Take(connection, number, guess));
    DoubtNumber(number, guess);
    return {};
  }
  AISLE_TRY(const Choice truth, Best(connection, {Declared("BOOLEAN")}));
  if (truth.fits == truth.all) return Take(connection, truth, guess);
  return {};
}

// What the mapping can declare of a Parquet column.
std::string TypeOf(std::string_view physical) {
  if (physical.starts_with("TIMESTAMP")) return "TIMESTAMP";
  if (physical == "DATE" || physical == "BOOLEAN" || physical == "DOUBLE")
    return std::string(physical);
  if (physical.starts_with("DECIMAL(")) return std::string(physical);
  if (physical == "FLOAT") return "DOUBLE";
  if (physical == "TINYINT" || physical == "SMALLINT" || physical == "INTEGER") return "INT";
  return IsNumberType(physical) ? "BIGINT" : "TEXT";
}

}  // namespace

Result<std::vector<ColumnGuess>> GuessColumns(warehouse::Connection& connection,
                                              const FileSample& sample) {
  std::vector<ColumnGuess> guesses;
  for (std::size_t i = 0; i < sample.names.size(); ++i) {
    ColumnGuess& guess = guesses.emplace_back();
    guess.column.name = sample.names[i];
    guess.column.type = "TEXT";
    Counts counts;
    for (const std::string& text : sample.columns[i]) {
      if (!Trimmed(text).empty()) ++counts[text];
    }
    for (const auto& [text, rows] : counts) guess.filled += rows;
    guess.different = static_cast<std::int64_t>(counts.size());
    if (!sample.types.empty() && sample.types[i] != "VARCHAR") {
      guess.column.type = TypeOf(sample.types[i]);
      continue;
    }
    std::vector<std::string> none;
    for (const std::string_view text : kNone) {
      if (counts.erase(std::string(text)) > 0) none.emplace_back(text);
    }
    if (counts.empty()) continue;
    AISLE_CHECK(GuessText(connection, counts, guess));
    if (guess.column.type != "TEXT" || guess.is_clock) guess.none = std::move(none);
  }
  return guesses;
}

}  // namespace aisle::ingest
