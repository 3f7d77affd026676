#include "ingest/mapping.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>
#include <utility>

#include "domain/currency.h"
#include "ingest/toml_section.h"
#include "raw/tables.h"

namespace aisle::ingest {
namespace {

bool IsName(std::string_view name) {
  if (name.empty() || name.size() > 60 || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::ranges::all_of(
      name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

Status CheckName(const Section& section, std::string_view what, std::string_view name) {
  if (IsName(name)) return {};
  return section.Wrong(fmt::format(
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

Result<SourceColumn> ReadColumn(const Section& source, const std::string& name,
                                const toml::node& node) {
  SourceColumn column;
  column.name = name;
  column.line = static_cast<int>(node.source().begin.line);
  if (node.is_string()) {
    column.type = node.as_string()->get();
  } else if (node.is_table()) {
    Section section(*node.as_table(), source.Text(),
                    fmt::format("column '{}' of {}", name, source.Title()));
    AISLE_TRY(column.type, section.Text("type"));
    AISLE_TRY(column.format, section.Text("format", ""));
    AISLE_CHECK(section.Done());
  } else {
    return source.WrongType(node, name, "a type, or {type = ..., format = ...}");
  }
  if (!IsType(column.type)) {
    return source.Wrong(column.line,
                        fmt::format("column '{}': '{}' is none of TEXT, INT, BIGINT, DOUBLE, "
                                    "DECIMAL(p,s), BOOLEAN, DATE, TIMESTAMP",
                                    name, column.type));
  }
  if (!column.format.empty() && column.type != "DATE" && column.type != "TIMESTAMP") {
    return source.Wrong(column.line, fmt::format("column '{}': only DATE and TIMESTAMP have a "
                                                 "format",
                                                 name));
  }
  return column;
}

Status ReadColumns(Section& section, Source& source) {
  const toml::node* node = section.Take("columns");
  if (node == nullptr || !node->is_table() || node->as_table()->empty()) {
    return section.Wrong(
        fmt::format("{} lacks [sources.{}.columns], one line `name = \"TYPE\"` for "
                    "each column that is read",
                    section.Title(), source.name));
  }
  std::vector<std::tuple<std::uint32_t, std::uint32_t, SourceColumn>> columns;
  for (const auto& [name, item] : *node->as_table()) {
    AISLE_TRY(SourceColumn column, ReadColumn(section, std::string(name.str()), item));
    const auto [line, place] = Section::Place(item);
    columns.emplace_back(line, place, std::move(column));
  }
  std::ranges::sort(columns, {}, [](const auto& entry) {
    return std::pair(std::get<0>(entry), std::get<1>(entry));
  });
  for (auto& entry : columns) source.columns.push_back(std::move(std::get<2>(entry)));
  return {};
}

Status ReadFormat(Section& section, Source& source) {
  const bool parquet_name = source.file.ends_with(".parquet");
  AISLE_TRY(const std::string format, section.Text("format", parquet_name ? "parquet" : "csv"));
  if (format != "csv" && format != "parquet") {
    return section.Wrong(
        fmt::format("{}: format '{}' is neither csv nor parquet", section.Title(), format));
  }
  source.format = format == "csv" ? SourceFormat::kCsv : SourceFormat::kParquet;
  if (source.format == SourceFormat::kParquet) return {};
  AISLE_TRY(const std::string delimiter, section.Text("delimiter", ","));
  if (delimiter.size() != 1 || delimiter == "\"" || delimiter == "\n" || delimiter == "\r") {
    return section.Wrong(
        fmt::format("{}: 'delimiter' must be one ASCII character, and neither a "
                    "quote nor a line's end",
                    section.Title()));
  }
  source.delimiter = delimiter[0];
  AISLE_TRY(source.header, section.Flag("header", true));
  AISLE_TRY(source.null_texts, section.Texts("null", {""}));
  return {};
}

Result<RetailerSettings> ReadRetailer(const toml::node* node, const Section& root,
                                      base::NamedText text) {
  RetailerSettings settings;
  if (node == nullptr) return settings;
  if (!node->is_table()) return root.WrongType(*node, "retailer", "a table");
  Section section(*node->as_table(), text, "[retailer]");
  settings.line = section.Line();
  AISLE_TRY(const std::string currency, section.Text("currency", ""));
  AISLE_TRY(settings.minor_unit, section.Integer("minor_unit"));
  AISLE_TRY(const std::string time_zone, section.Text("time_zone", ""));
  AISLE_CHECK(section.Done());
  if (!currency.empty()) settings.currency = currency;
  if (!time_zone.empty()) settings.time_zone = time_zone;
  domain::Currency checked;
  checked.code = settings.currency.value_or(checked.code);
  // What no int holds is out of range too.
  checked.minor_unit = static_cast<int>(
      std::clamp<std::int64_t>(settings.minor_unit.value_or(checked.minor_unit), -1, 1'000));
  const Status fits = checked.Check();
  if (!fits) return section.Wrong(fits.error().message);
  return settings;
}

Result<Source> ReadSource(const std::string& name, const toml::table& table, base::NamedText text,
                          const std::string& time_zone) {
  Section section(table, text, fmt::format("[sources.{}]", name));
  AISLE_CHECK(CheckName(section, "source", name));
  Source source;
  source.name = name;
  source.line = section.Line();
  AISLE_TRY(source.file, section.Text("file"));
  if (source.file.empty()) return section.Wrong(section.Title() + ": 'file' is empty");
  AISLE_CHECK(ReadFormat(section, source));
  AISLE_TRY(source.time_zone, section.Text("time_zone", time_zone));
  AISLE_CHECK(ReadColumns(section, source));
  AISLE_CHECK(section.Done());
  return source;
}

Result<Parameter> ReadParameter(const std::string& name, const toml::table& table,
                                base::NamedText text) {
  Section section(table, text, fmt::format("[parameters.{}]", name));
  AISLE_CHECK(CheckName(section, "parameter", name));
  Parameter parameter;
  parameter.name = name;
  parameter.line = section.Line();
  const toml::node* standard = section.Take("default");
  if (standard == nullptr) return section.Wrong(section.Title() + " lacks 'default'");
  if (standard->is_integer()) {
    parameter.standard = standard->as_integer()->get();
  } else if (standard->is_string()) {
    parameter.standard = standard->as_string()->get();
  } else {
    return section.WrongType(*standard, "default", "a whole number or a text");
  }
  AISLE_TRY(parameter.at_least, section.Integer("at_least"));
  AISLE_TRY(parameter.at_most, section.Integer("at_most"));
  AISLE_TRY(parameter.only_grows, section.Flag("only_grows", false));
  AISLE_CHECK(section.Text("about", ""));  // For people; read so that it is a known key.
  const bool ranged = parameter.at_least || parameter.at_most || parameter.only_grows;
  if (ranged && !standard->is_integer()) {
    return section.Wrong(section.Title() +
                         ": only whole numbers have at_least, at_most, only_grows");
  }
  AISLE_CHECK(section.Done());
  return parameter;
}

Result<TableStep> ReadTable(const toml::table& table, base::NamedText text) {
  Section section(table, text, "[[tables]]");
  TableStep step;
  step.line = section.Line();
  AISLE_TRY(step.table, section.Text("table"));
  const raw::Table* target = raw::FindTable(step.table);
  if (target == nullptr) {
    std::vector<std::string_view> names;
    for (const raw::Table& known : raw::Tables()) names.push_back(known.name);
    return section.Wrong(fmt::format("no table '{}' to import into; there are {}", step.table,
                                     fmt::join(names, ", ")));
  }
  AISLE_TRY(step.from, section.Text("from", ""));
  AISLE_TRY(step.query, section.Query());
  AISLE_TRY(step.required, section.Texts("required"));
  if (const toml::node* node = section.Take("at_least"); node != nullptr) {
    if (!node->is_table()) return section.WrongType(*node, "at_least", "{column = number, ...}");
    for (const auto& [column, least] : *node->as_table()) {
      if (!least.is_integer()) return section.WrongType(least, column.str(), "a whole number");
      step.at_least[std::string(column.str())] = least.as_integer()->get();
    }
  }
  AISLE_TRY(const std::string delay, section.Text("delay", "0s"));
  auto parsed = ParseDelay(delay);
  if (!parsed) return section.Wrong(parsed.error().message);
  step.delay = *parsed;
  if (step.delay.count() != 0 && step.table != "raw.event_stream")
    return section.Wrong("'delay' belongs to raw.event_stream only");
  AISLE_CHECK(section.Done());
  return step;
}

Status CheckNames(const Section& root, const Mapping& mapping) {
  std::set<std::string> names;
  const auto add = [&](const std::string& name) -> Status {
    if (!names.insert(name).second)
      return root.Wrong(fmt::format("two sources or steps are called '{}'", name));
    return {};
  };
  for (const Source& source : mapping.sources) AISLE_CHECK(add(source.name));
  for (const Step& step : mapping.steps) AISLE_CHECK(add(step.name));
  for (const TableStep& step : mapping.tables) {
    const bool known =
        step.from.empty() ||
        std::ranges::find(mapping.sources, step.from, &Source::name) != mapping.sources.end();
    if (!known) {
      return root.Wrong(step.line,
                        fmt::format("{}: no source is called '{}'", step.table, step.from));
    }
  }
  return {};
}

Result<Mapping> ReadMapping(const toml::table& table, base::NamedText text) {
  Section root(table, text, "the mapping");
  Mapping mapping;
  mapping.file = text.name;
  AISLE_TRY(mapping.name, root.Text("name"));
  if (mapping.name.empty()) return root.Wrong("'name' is empty");
  // They separate it from what follows in raw.about and raw.rejects.
  if (mapping.name.find_first_of("./") != std::string::npos)
    return root.Wrong(fmt::format("'name' is '{}': it may hold neither . nor /", mapping.name));
  AISLE_TRY(mapping.about, root.Text("about"));
  AISLE_TRY(mapping.defaults, root.Texts("defaults"));
  AISLE_TRY(const auto parameters, root.Tables("parameters"));
  for (const auto& [name, item] : parameters) {
    AISLE_TRY(Parameter parameter, ReadParameter(name, *item, text));
    mapping.parameters.push_back(std::move(parameter));
  }
  AISLE_TRY(mapping.retailer, ReadRetailer(root.Take("retailer"), root, text));
  AISLE_TRY(const auto sources, root.Tables("sources"));
  for (const auto& [name, item] : sources) {
    AISLE_TRY(Source source,
              ReadSource(name, *item, text, mapping.retailer.time_zone.value_or("UTC")));
    mapping.sources.push_back(std::move(source));
  }
  AISLE_TRY(const auto steps, root.List("steps"));
  for (const toml::table* item : steps) {
    Section section(*item, text, "[[steps]]");
    Step step;
    AISLE_TRY(step.name, section.Text("name"));
    AISLE_CHECK(CheckName(section, "step", step.name));
    AISLE_TRY(step.query, section.Query());
    AISLE_CHECK(section.Done());
    mapping.steps.push_back(std::move(step));
  }
  AISLE_TRY(const auto tables, root.List("tables"));
  for (const toml::table* item : tables) {
    AISLE_TRY(TableStep step, ReadTable(*item, text));
    mapping.tables.push_back(std::move(step));
  }
  AISLE_CHECK(root.Done());
  if (mapping.sources.empty()) return root.Wrong("no [sources.<name>]");
  if (mapping.tables.empty()) return root.Wrong("no [[tables]]");
  AISLE_CHECK(CheckNames(root, mapping));
  return mapping;
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
  try {
    const toml::table table = toml::parse(text.text, text.name);
    return ReadMapping(table, text);
  } catch (const toml::parse_error& error) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{}:{}:{}: {}", text.name, error.source().begin.line,
                            error.source().begin.column, error.description()));
  }
}

}  // namespace aisle::ingest
