#include "ingest/suggest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "ingest/column_guess.h"
#include "ingest/file_role.h"
#include "ingest/file_sample.h"
#include "ingest/mapping.h"
#include "ingest/part_files.h"
#include "ingest/suggest_queries.h"
#include "raw/plain_text.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {
namespace {

namespace fs = std::filesystem;

std::string TomlText(std::string_view text) {
  std::string toml = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      toml += fmt::format("\\{}", c);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      toml += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      toml += c;
    }
  }
  return toml + "\"";
}

std::string TomlTexts(const std::vector<std::string>& texts) {
  std::vector<std::string> list;
  for (const std::string& text : texts) list.push_back(TomlText(text));
  return fmt::format("[{}]", fmt::join(list, ", "));
}

// What may stand in a comment: a name of somebody's file may hold anything.
std::string OneLine(std::string text) {
  const bool plain = raw::IsPlainText(text);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    if (!plain && (c & 0x80) != 0) c = '?';
  }
  return text;
}

// A name that a query can say: "sales_2026".
std::string SourceName(std::string_view file) {
  std::string name;
  for (const char c : PlainName(file.substr(0, file.rfind('.')))) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    name += letter ? c : '_';
  }
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) name = "file_" + name;
  return name.substr(0, 60);
}

// What of a file's columns is an id, whatever it looks like: 007 and 1234567 alike.
bool IsId(Says says) {
  return says == Says::kReceipt || says == Says::kCustomer || says == Says::kProduct ||
         says == Says::kPostalCode;
}

Result<std::vector<std::string>> Names(const fs::path& folder) {
  std::error_code failed;
  std::vector<std::string> names;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    const std::string name = at->path().filename().string();
    // A mapping that is there already is no file of the shop's.
    const bool text = name.ends_with(".toml") || name.ends_with(".md");
    if (!name.starts_with('.') && !name.starts_with('_') && !text) names.push_back(name);
  }
  if (failed) {
    return Fail(ErrorCode::kNotFound, fmt::format("{}: {}; name the folder that holds the files",
                                                  folder.string(), failed.message()));
  }
  if (names.empty())
    return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: holds no files", folder.string()));
  std::ranges::sort(names);
  return names;
}

class Suggester {
 public:
  explicit Suggester(warehouse::Connection& connection) : connection_(&connection) {}

  Status Read(const fs::path& folder, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      auto parts = FindParts(folder, name);
      if (!parts) {
        LeaveOut(name, parts.error().message);
        continue;
      }
      auto sample = SampleFile(*connection_, parts->front());
      if (!sample) {
        LeaveOut(name, sample.error().message);
        continue;
      }
      if (Joins(name, *sample)) continue;
      files_.push_back(
          {.file = name, .source = SourceName(name), .sample = *std::move(sample), .guesses = {}});
    }
    TellApart();
    for (SuggestedFile& file : files_) {
      AISLE_TRY(file.guesses, GuessColumns(*connection_, file.sample));
      file.role = FindRole(file.guesses);
    }
    return {};
  }

  Result<Suggestion> Write(const fs::path& folder) {
    const bool any = std::ranges::any_of(
        files_, [](const SuggestedFile& file) { return file.role.kind == FileKind::kSales; });
    if (!any) {
      return Fail(
          ErrorCode::kInvalidArgument,
          fmt::format("{}: no file looks like sales (a column each for the product, for the "
                      "time, and for the customer or receipt); {}",
                      folder.string(), Seen()));
    }
    std::string name = PlainName(fs::absolute(folder).filename().string());
    std::ranges::replace(name, ' ', '-');
    if (name.empty()) name = "my-shop";
    text_ = fmt::format(
        "# Suggested by `aisle import --suggest` from samples of the files: read it, and mend what "
        "is marked "
        "UNSURE.\n# Then `aisle import --check` says what would come in. docs/REAL_DATA.md "
        "explains each line.\n"
        "name = {}\nabout = {}\n",
        TomlText(name), TomlText("Files of " + name));
    text_ += fmt::format("defaults = {}\n\n", TomlTexts(SuggestedDefaults(files_)));
    WriteRetailer();
    for (const std::string& line : left_out_) text_ += "# Left out: " + OneLine(line) + "\n";
    for (const SuggestedFile& file : files_) WriteSource(file);
    SuggestedTables tables = SuggestTables(files_);
    for (std::string& line : tables.unsure) unsure_.push_back(std::move(line));
    text_ += tables.text;
    return Suggestion{std::move(text_), std::move(unsure_)};
  }

 private:
  // Queries call each source by a name of its own.
  void TellApart() {
    std::set<std::string> taken = {std::string(kEachProduct)};
    for (SuggestedFile& file : files_) {
      const std::string name = file.source;
      for (int i = 2; !taken.insert(file.source).second; ++i)
        file.source = fmt::format("{}_{}", name, i);
    }
  }

  // Files of the same columns whose names begin alike, such as sales_2025.csv and sales_2026.csv, are one source.
  bool Joins(const std::string& name, const FileSample& sample) {
    for (SuggestedFile& file : files_) {
      if (file.sample.names != sample.names || file.sample.parquet != sample.parquet ||
          file.sample.encoding != sample.encoding || file.sample.delimiter != sample.delimiter)
        continue;
      const std::string& first = file.file;
      const auto differs = std::ranges::mismatch(first, name);
      const auto same = static_cast<std::size_t>(differs.in1 - first.begin());
      const std::string ending = first.substr(std::min(first.find('.'), first.size()));
      if (same < 3 || !name.ends_with(ending)) continue;
      std::string stem = first.substr(0, same);
      while (!stem.empty() && stem.back() >= '0' && stem.back() <= '9') stem.pop_back();
      if (stem.size() < 3) continue;
      file.file = stem + "*" + ending;
      file.source = SourceName(stem);
      while (file.source.ends_with('_')) file.source.pop_back();
      for (std::size_t i = 0; i < sample.names.size(); ++i) {
        std::ranges::copy(sample.columns[i], std::back_inserter(file.sample.columns[i]));
      }
      file.sample.bad_rows += sample.bad_rows;
      return true;
    }
    return false;
  }

  void LeaveOut(const std::string& name, const std::string& why) {
    left_out_.push_back(why.find(name) == std::string::npos ? name + ": " + why : why);
  }

  std::string Seen() const {
    std::vector<std::string> seen;
    for (const SuggestedFile& file : files_)
      seen.push_back(fmt::format("{} has {}", file.file, fmt::join(file.sample.names, ", ")));
    for (const std::string& line : left_out_) seen.push_back(line);
    return fmt::format("{}", fmt::join(seen, "; "));
  }

  void Unsure(const std::string& what) {
    const std::string line = OneLine(what);
    text_ += "# UNSURE: " + line + "\n";
    unsure_.push_back(line);
  }

  void WriteRetailer() {
    const bool comma = std::ranges::any_of(files_, [](const SuggestedFile& file) {
      return std::ranges::any_of(
          file.guesses, [](const ColumnGuess& guess) { return guess.column.decimal == ","; });
    });
    text_ += "[retailer]\n";
    Unsure("the files do not say what money it is");
    text_ += fmt::format("currency = \"{}\"\n", comma ? "EUR" : "USD");
    Unsure(
        "no time of the files names its zone unless it says so; write the shop's, such as "
        "Europe/Berlin");
    text_ += "time_zone = \"UTC\"\n\n";
  }

  void WriteColumn(const SuggestedFile& file, const ColumnGuess& guess) {
    SourceColumn column = guess.column;
    for (const auto& [says, of] : file.role.columns) {
      if (of != &guess || !IsId(says)) continue;
      column = SourceColumn();
      column.name = guess.column.name;
      column.type = "TEXT";
    }
    for (const std::string& doubt : guess.doubts) {
      if (column.type != "TEXT")
        Unsure(fmt::format("{}, {}: {}", file.file, guess.column.name, doubt));
    }
    std::string more;
    if (!column.format.empty()) more += ", format = " + TomlText(column.format);
    if (!column.decimal.empty()) more += ", decimal = " + TomlText(column.decimal);
    if (!column.thousands.empty()) more += ", thousands = " + TomlText(column.thousands);
    text_ += more.empty() ? fmt::format("{} = {}\n", TomlText(column.name), TomlText(column.type))
                          : fmt::format("{} = {{type = {}{}}}\n", TomlText(column.name),
                                        TomlText(column.type), more);
  }

  // Day and clock in one column, so that they are a time of the source's zone.
  void WriteJoined(const SuggestedFile& file) {
    for (const std::string& doubt : file.role.columns.at(Says::kTime)->doubts)
      Unsure(fmt::format("{}: {}", file.file, doubt));
    const SourceColumn& day = file.role.columns.at(Says::kTime)->column;
    const SourceColumn& clock = file.role.columns.at(Says::kClock)->column;
    const std::size_t column = static_cast<std::size_t>(
        std::ranges::find(file.sample.names, clock.name) - file.sample.names.begin());
    const bool seconds = std::ranges::any_of(
        file.sample.columns[column],
        [](const std::string& text) { return std::ranges::count(text, ':') == 2; });
    const std::string format =
        (day.format.empty() ? "%Y-%m-%d" : day.format) + (seconds ? " %H:%M:%S" : " %H:%M");
    text_ += fmt::format("{} = {{type = \"TIMESTAMP\", of = [{}, {}], format = {}}}\n", kJoinedTime,
                         TomlText(day.name), TomlText(clock.name), TomlText(format));
  }

  void WriteSource(const SuggestedFile& file) {
    const FileSample& sample = file.sample;
    if (file.role.kind == FileKind::kOther) {
      text_ +=
          OneLine(fmt::format("# {}: no table of the shop was recognised in it, and nothing reads "
                              "it; its columns: {}",
                              file.file, fmt::join(sample.names, ", "))) +
          "\n\n";
      return;
    }
    text_ += fmt::format("# {}: taken for {}.\n", file.file, NameOf(file.role.kind));
    text_ += fmt::format("[sources.{}]\nfile = {}\n", file.source, TomlText(file.file));
    for (const std::string& doubt : sample.doubts) Unsure(file.file + ": " + doubt);
    if (!sample.parquet) {
      if (sample.delimiter != ',')
        text_ += fmt::format("delimiter = {}\n", TomlText({&sample.delimiter, 1}));
      if (sample.encoding != Encoding::kUtf8)
        text_ += fmt::format("encoding = \"{}\"\n", NameOf(sample.encoding));
      if (!sample.header) text_ += "header = false\n";
      std::set<std::string> none;
      for (const ColumnGuess& guess : file.guesses)
        none.insert(guess.none.begin(), guess.none.end());
      std::vector<std::string> list = {""};
      list.insert(list.end(), none.begin(), none.end());
      if (!none.empty()) text_ += fmt::format("null = {}\n", TomlTexts(list));
    }
    if (sample.bad_rows > 0)
      text_ += fmt::format("# {} rows of the sample are no rows of it and would be rejected.\n",
                           sample.bad_rows);
    text_ += fmt::format("[sources.{}.columns]\n", file.source);
    if (file.Joins()) WriteJoined(file);
    for (const ColumnGuess& guess : file.guesses) {
      const bool in_time = file.Joins() && (&guess == file.role.columns.at(Says::kTime) ||
                                            &guess == file.role.columns.at(Says::kClock));
      if (!guess.column.name.empty() && !in_time) WriteColumn(file, guess);
    }
    text_ += "\n";
  }

  warehouse::Connection* connection_;
  std::vector<SuggestedFile> files_;
  std::vector<std::string> left_out_;
  std::string text_;
  std::vector<std::string> unsure_;
};

}  // namespace

Result<Suggestion> SuggestMapping(const fs::path& folder_or_file) {
  std::error_code ignored;
  const bool one = fs::is_regular_file(folder_or_file, ignored);
  const fs::path folder = one ? fs::absolute(folder_or_file).parent_path() : folder_or_file;
  std::vector<std::string> names = {folder_or_file.filename().string()};
  if (!one) {
    AISLE_TRY(names, Names(folder));
  }
  AISLE_TRY(auto database, warehouse::Database::Open(":memory:"));
  AISLE_TRY(auto connection, database.Connect());
  Suggester suggester(connection);
  AISLE_CHECK(suggester.Read(folder, names));
  AISLE_TRY(Suggestion suggestion, suggester.Write(folder));
  // What is suggested must at least be a mapping.
  AISLE_TRY([[maybe_unused]] const Mapping mapping,
            ParseMapping({"suggested mapping", suggestion.mapping}));
  return suggestion;
}

}  // namespace aisle::ingest
