#include "ingest/mapping.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <utility>

#include "base/toml_reader.h"
#include "domain/currency.h"
#include "ingest/time_text.h"
#include "raw/tables.h"

namespace aisle::ingest {
namespace {

constexpr base::IntegerRange kRowCounts{0, 1'000'000'000'000};

bool IsName(std::string_view name) {
  if (name.empty() || name.size() > 60 || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::ranges::all_of(
      name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

void CheckName(base::TomlSection& section, std::string_view what, std::string_view name) {
  if (IsName(name)) return;
  section.ComplainHere(fmt::format(
      "{} '{}': a name is lower-case letters, digits and _, and begins with no digit", what, name));
}

bool IsType(std::string_view type) {
  static const std::set<std::string, std::less<>> kTypes = {"TEXT",    "INT",  "BIGINT",   "DOUBLE",
                                                            "BOOLEAN", "DATE", "TIMESTAMP"};
  if (kTypes.contains(type)) return true;
  int precision = 0;
  int scale = 0;
  if (!type.starts_with("DECIMAL(") || !type.ends_with(")")) return false;
  const char* begin = type.data() + 8;
  const char* end = type.data() + type.size() - 1;
  const auto first = std::from_chars(begin, end, precision);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ',') return false;
  const auto second = std::from_chars(first.ptr + 1, end, scale);
  return second.ec == std::errc() && second.ptr == end && precision >= 1 && precision <= 38 &&
         scale >= 0 && scale <= precision;
}

// Directives that read something else than they seem to would be silent.
void CheckFormat(base::TomlSection& section, const SourceColumn& column) {
  if (column.format.empty() || (column.type != "DATE" && column.type != "TIMESTAMP")) return;
  const auto format = ReadTimeFormat(column.format, column.type == "DATE");
  if (!format)
    section.Complain("format", fmt::format("'{}' {}", column.format, format.error().message));
}

bool IsNumber(std::string_view type) {
  return type == "INT" || type == "BIGINT" || type == "DOUBLE" || type.starts_with("DECIMAL");
}

// How a text writes numbers: 1.234,50 has decimal = "," and thousands = ".".
void ReadNumberForm(base::TomlSection& section, SourceColumn& column) {
  column.decimal = section.AnyText("decimal", "");
  column.thousands = section.AnyText("thousands", "");
  if (!column.decimal.empty() && column.decimal != "." && column.decimal != ",")
    section.Refuse("decimal", "\".\" or \",\"");
  constexpr std::string_view kBetween[] = {"", ".", ",", " ", "'"};
  if (std::ranges::find(kBetween, column.thousands) == std::end(kBetween))
    section.Refuse("thousands", "one of \".\", \",\", \" \", \"'\"");
  if (column.decimal.empty() && column.thousands.empty()) return;
  if (!IsNumber(column.type)) section.ComplainHere("only numbers have 'decimal' and 'thousands'");
  if (column.thousands == (column.decimal.empty() ? "." : column.decimal))
    section.Complain("thousands", "is what stands before the decimals; say decimal = \",\" too");
}

// A time whose day and clock are in two columns of the file.
void ReadParts(base::TomlSection& section, SourceColumn& column) {
  column.of = section.AnyTexts("of", {});
  if (column.of.empty()) return;
  if (column.of.size() != 2 || column.of[0].empty() || column.of[1].empty() ||
      column.of[0] == column.of[1])
    section.Refuse("of", "two columns of the file, the day's and the clock's");
  if (column.type != "TIMESTAMP")
    section.Complain("of", "is of a TIMESTAMP only: its day and its clock");
}

SourceColumn ReadColumn(base::TomlSection& columns, const std::string& name) {
  constexpr std::string_view kTypes =
      "one of TEXT, INT, BIGINT, DOUBLE, DECIMAL(p,s), BOOLEAN, DATE, TIMESTAMP";
  SourceColumn column;
  column.name = name;
  column.line = columns.LineOf(name);
  if (columns.KindOf(name) == base::TomlKind::kTable) {
    base::TomlSection section = columns.Table(name);
    column.type = section.Text("type");
    column.format = section.AnyText("format", "");
    if (!IsType(column.type)) section.Refuse("type", kTypes);
    CheckFormat(section, column);
    ReadNumberForm(section, column);
    ReadParts(section, column);
    section.Close();
  } else if (columns.KindOf(name) == base::TomlKind::kText) {
    column.type = columns.AnyText(name);
    if (!IsType(column.type)) columns.Refuse(name, kTypes);
  } else {
    columns.Refuse(
        name, "a type, or {type = ..., format = ..., decimal = ..., thousands = ..., of = ...}");
  }
  if (!column.format.empty() && column.type != "DATE" && column.type != "TIMESTAMP")
    columns.Complain(name, "has a format, which only DATE and TIMESTAMP have");
  return column;
}

void ReadColumns(base::TomlSection section, Source& source) {
  if (section.Keys().empty()) {
    section.ComplainHere(
        fmt::format("[sources.{0}] lacks [sources.{0}.columns], one line `name = \"TYPE\"` for "
                    "each column that is read",
                    source.name));
  }
  for (const std::string& name : section.Keys())
    source.columns.push_back(ReadColumn(section, name));
}

void ReadFormat(base::TomlSection& section, Source& source) {
  const bool parquet_name = source.file.ends_with(".parquet");
  source.says_format = section.KindOf("format") != base::TomlKind::kNone;
  const bool is_parquet = section.Choice("format", {"csv", "parquet"}, parquet_name ? 1 : 0) == 1;
  source.format = is_parquet ? SourceFormat::kParquet : SourceFormat::kCsv;
  if (is_parquet) return;
  const std::string delimiter = section.AnyText("delimiter", ",");
  if (delimiter.size() != 1 || delimiter == "\"" || delimiter == "\n" || delimiter == "\r") {
    section.Refuse("delimiter", "one ASCII character, neither a quote nor a line's end");
    return;
  }
  source.delimiter = delimiter[0];
  source.header = section.Flag("header", true);
  source.null_texts = section.AnyTexts("null", {""});
  source.encoding = static_cast<Encoding>(section.Choice("encoding", EncodingNames(), 0));
}

RetailerSettings ReadRetailer(base::TomlSection section) {
  RetailerSettings settings;
  if (!section.Present()) return settings;
  settings.line = section.Line();
  const std::string currency = section.AnyText("currency", "");
  settings.minor_unit = section.MaybeInteger("minor_unit");
  const std::string time_zone = section.AnyText("time_zone", "");
  section.Close();
  if (!currency.empty()) settings.currency = currency;
  if (!time_zone.empty()) settings.time_zone = time_zone;
  domain::Currency checked;
  checked.code = settings.currency.value_or(checked.code);
  // What no int holds is out of range too.
  checked.minor_unit = static_cast<int>(
      std::clamp<std::int64_t>(settings.minor_unit.value_or(checked.minor_unit), -1, 1'000));
  if (const Status fits = checked.Check(); !fits) section.ComplainHere(fits.error().message);
  return settings;
}

Source ReadSource(const std::string& name, base::TomlSection section,
                  const std::string& time_zone) {
  CheckName(section, "source", name);
  Source source;
  source.name = name;
  source.line = section.Line();
  source.file = section.Text("file");
  ReadFormat(section, source);
  source.time_zone = section.AnyText("time_zone", time_zone);
  source.at_least_rows = section.MaybeInteger("at_least_rows", kRowCounts);
  ReadColumns(section.Table("columns"), source);
  const bool joins =
      std::ranges::any_of(source.columns, [](const SourceColumn& one) { return !one.of.empty(); });
  if (joins && source.format == SourceFormat::kCsv && !source.header)
    section.Complain("header", "must be true where a column is of two columns of the file");
  section.Close();
  return source;
}

Parameter ReadParameter(const std::string& name, base::TomlSection section) {
  CheckName(section, "parameter", name);
  Parameter parameter;
  parameter.name = name;
  parameter.line = section.Line();
  const bool is_whole = section.KindOf("default") == base::TomlKind::kInteger;
  if (is_whole) {
    parameter.standard = section.Integer("default");
  } else if (section.KindOf("default") == base::TomlKind::kText) {
    parameter.standard = section.AnyText("default");
  } else {
    section.Refuse("default", "a whole number or a text");
  }
  parameter.at_least = section.MaybeInteger("at_least");
  parameter.at_most = section.MaybeInteger("at_most");
  parameter.only_grows = section.Flag("only_grows", false);
  section.AnyText("about", "");  // For people; read so that it is a known key.
  const bool ranged = parameter.at_least || parameter.at_most || parameter.only_grows;
  if (ranged && !is_whole) {
    section.ComplainHere(section.Title() +
                         ": only whole numbers have at_least, at_most, only_grows");
  }
  section.Close();
  return parameter;
}

QueryText ReadQuery(base::TomlSection& section) {
  std::string query = section.Text("query");
  if (query.find_first_not_of(" \t\r\n") == std::string::npos)
    section.Complain("query", "is empty");
  return {std::move(query), section.LineOfText("query")};
}

TableStep ReadTable(base::TomlSection section) {
  TableStep step;
  step.line = section.Line();
  step.table = section.Text("table");
  if (raw::FindTable(step.table) == nullptr) {
    std::vector<std::string_view> names;
    for (const raw::Table& known : raw::Tables()) names.push_back(known.name);
    section.ComplainHere(fmt::format("no table '{}' to import into; there are {}", step.table,
                                     fmt::join(names, ", ")));
  }
  step.from = section.AnyText("from", "");
  step.query = ReadQuery(section);
  step.required = section.AnyTexts("required", {});
  base::TomlSection least = section.Table("at_least");
  for (const std::string& column : least.Keys()) step.at_least[column] = least.Integer(column);
  step.at_least_rows = section.MaybeInteger("at_least_rows", kRowCounts);
  step.round_money = section.Choice("round", {"no", "cents"}, 0) == 1;
  const auto delay = ParseDelay(section.AnyText("delay", "0s"));
  if (!delay) section.ComplainHere(delay.error().message);
  step.delay = delay.value_or(base::Microseconds{});
  if (step.delay.count() != 0 && step.table != "raw.event_stream")
    section.ComplainHere("'delay' belongs to raw.event_stream only");
  section.Close();
  return step;
}

void CheckNames(base::TomlFile& file, const Mapping& mapping) {
  std::set<std::string> names;
  const auto add = [&](const std::string& name) {
    if (!names.insert(name).second)
      file.Complain(1, fmt::format("two sources or steps are called '{}'", name));
  };
  for (const Source& source : mapping.sources) add(source.name);
  for (const Step& step : mapping.steps) add(step.name);
  for (const TableStep& step : mapping.tables) {
    const bool known =
        step.from.empty() ||
        std::ranges::find(mapping.sources, step.from, &Source::name) != mapping.sources.end();
    if (!known)
      file.Complain(step.line, fmt::format("{}: no source is called '{}'", step.table, step.from));
  }
}

// Sources of tables whose rows end say 'infinity' for those that do not (as Postgres writes it).
void AllowOpenEnds(Mapping& mapping) {
  for (const TableStep& step : mapping.tables) {
    const raw::Table* const table = raw::FindTable(step.table);
    const auto source = std::ranges::find(mapping.sources, step.from, &Source::name);
    if (table == nullptr || source == mapping.sources.end() ||
        raw::FindColumn(*table, "valid_to") == nullptr)
      continue;
    for (SourceColumn& column : source->columns) column.may_be_open = true;
  }
}

void ReadMapping(base::TomlSection root, Mapping& mapping) {
  mapping.name = root.Text("name");
  // They separate it from what follows in raw.about and raw.rejects.
  if (mapping.name.find_first_of("./") != std::string::npos)
    root.Refuse("name", "a text with neither . nor /");
  mapping.about = root.AnyText("about");
  mapping.defaults = root.AnyTexts("defaults", {});
  for (const auto& [name, section] : root.Tables("parameters"))
    mapping.parameters.push_back(ReadParameter(name, section));
  mapping.retailer = ReadRetailer(root.Table("retailer"));
  for (const auto& [name, section] : root.Tables("sources")) {
    mapping.sources.push_back(
        ReadSource(name, section, mapping.retailer.time_zone.value_or("UTC")));
  }
  for (base::TomlSection& section : root.List("steps")) {
    Step step;
    step.name = section.Text("name");
    CheckName(section, "step", step.name);
    step.query = ReadQuery(section);
    section.Close();
    mapping.steps.push_back(std::move(step));
  }
  for (const base::TomlSection& section : root.List("tables"))
    mapping.tables.push_back(ReadTable(section));
  root.Close();
  if (mapping.sources.empty()) root.ComplainHere("no [sources.<name>]");
  if (mapping.tables.empty()) root.ComplainHere("no [[tables]]");
}

}  // namespace

Result<base::Microseconds> ParseDelay(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  std::int64_t seconds = 0;
  if (unit == "s") seconds = 1;
  if (unit == "m") seconds = 60;
  if (unit == "h") seconds = 3600;
  if (unit == "d") seconds = 86400;
  if (failed != std::errc() || seconds == 0 || count < 0 || count > 1'000'000) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("delay '{}' must be a number and s, m, h or d: \"6h\"", text));
  }
  return std::chrono::seconds(count * seconds);
}

Result<Mapping> ParseMapping(base::NamedText text) {
  base::TomlFile file(text);
  Mapping mapping;
  mapping.file = text.name;
  ReadMapping(file.Top(), mapping);
  CheckNames(file, mapping);
  AISLE_CHECK(file.Verdict());
  AllowOpenEnds(mapping);
  return mapping;
}

}  // namespace aisle::ingest
