#include "ingest/only_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace aisle::ingest {
namespace {

bool InName(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Names are found whatever their capitals, as the database finds them.
std::string Folded(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

bool Names(const std::string& query, std::string_view name) {
  const std::string text = Folded(query);
  const std::string wanted = Folded(name);
  for (std::size_t at = text.find(wanted); at != std::string::npos;
       at = text.find(wanted, at + 1)) {
    const std::size_t end = at + wanted.size();
    const bool begins = at == 0 || !InName(text[at - 1]);
    if (begins && (end == text.size() || !InName(text[end]))) return true;
  }
  return false;
}

}  // namespace

Result<Mapping> OnlyTables(Mapping mapping, const std::vector<std::string>& tables) {
  std::set<std::string> wanted;
  for (const std::string& table : tables) {
    const std::string name = table.starts_with("raw.") ? table : "raw." + table;
    if (std::ranges::find(mapping.tables, name, &TableStep::table) == mapping.tables.end()) {
      std::set<std::string> filled;
      for (const TableStep& step : mapping.tables) filled.insert(step.table);
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: no table '{}' is filled; there are {}", mapping.file, name,
                              fmt::join(filled, ", ")));
    }
    wanted.insert(name);
  }
  std::erase_if(mapping.tables,
                [&](const TableStep& step) { return !wanted.contains(step.table); });
  std::vector<const std::string*> queries;
  for (const TableStep& step : mapping.tables) queries.push_back(&step.query.text);
  const auto named = [&](const std::string& name) {
    return std::ranges::any_of(queries,
                               [&](const std::string* query) { return Names(*query, name); });
  };
  // A step may read those before it.
  std::vector<Step> steps;
  for (auto step = mapping.steps.rbegin(); step != mapping.steps.rend(); ++step) {
    if (!named(step->name)) continue;
    queries.push_back(&step->query.text);
    steps.push_back(*step);
  }
  std::erase_if(mapping.sources, [&](const Source& source) {
    return !named(source.name) &&
           std::ranges::find(mapping.tables, source.name, &TableStep::from) == mapping.tables.end();
  });
  std::ranges::reverse(steps);
  mapping.steps = std::move(steps);
  return mapping;
}

}  // namespace aisle::ingest
