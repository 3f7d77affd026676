#include "ingest/mapping_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.h"
#include "ingest/earlier_imports.h"

namespace aisle::ingest {

Result<Mapping> ReadMapping(const std::string& mapping) {
  if (!mapping.ends_with(".toml")) {
    AISLE_TRY(const std::string text, ShippedMapping(mapping));
    return ParseMapping({mapping, text});
  }
  AISLE_TRY(const std::string text, base::ReadFile(mapping));
  return ParseMapping({mapping, text});
}

Result<warehouse::Parameters> ValuesOf(const Mapping& mapping, const ImportOptions& options) {
  std::vector<std::string_view> known;
  for (const Parameter& parameter : mapping.parameters) known.push_back(parameter.name);
  for (const auto& [name, text] : options.parameters) {
    if (std::ranges::find(known, name) == known.end()) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("mapping {} has no parameter '{}'; it has {}", mapping.name, name,
                              known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
    }
  }
  warehouse::Parameters values;
  for (const Parameter& parameter : mapping.parameters) {
    const auto given = options.parameters.find(parameter.name);
    warehouse::Value value = parameter.standard;
    if (given != options.parameters.end()) {
      if (std::holds_alternative<std::int64_t>(parameter.standard)) {
        AISLE_TRY(value, ParseInteger(parameter, given->second));
      } else {
        value = given->second;
      }
    }
    values.emplace_back(parameter.name, std::move(value));
  }
  return values;
}

}  // namespace aisle::ingest
