#include "serving/generation/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "base/files.h"

namespace aisle::serving {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view kFolderPrefix = "generation-";
constexpr std::string_view kChecksumLine = "  \"checksum\": \"";

std::optional<std::int64_t> WholeNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string Quoted(std::string_view text) {
  return json::serialize(json::string(json::string_view(text.data(), text.size())));
}

// What leaves a reader below is caught at its caller: Boost.JSON throws.
base::Timestamp Time(const json::value& value) {
  const auto time = base::ParseTimestamp(json::value_to<std::string>(value));
  if (!time) throw std::runtime_error(time.error().message);
  return *time;
}

// Numbers with a fraction are kept as text: std::from_chars gives back every bit, Boost.JSON may be
// one off in the last, and a score must not change on its way into service.
double Fraction(const json::value& value) {
  const auto text = json::value_to<std::string>(value);
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size())
    throw std::runtime_error("'" + text + "' is not a number");
  return number;
}

json::value Parse(std::string_view text) {
  json::value value = json::parse(json::string_view(text.data(), text.size()));
  if (!value.is_object()) throw std::runtime_error("not an object");
  return value;
}

Status CheckFormat(const json::object& object) {
  const auto format = json::value_to<int>(object.at("format"));
  if (format > kGenerationFormat) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("format {} is newer than this build's {}; use a newer aisle", format,
                            kGenerationFormat));
  }
  if (format < kGenerationFormatFirst) throw std::runtime_error(fmt::format("format {}", format));
  return {};
}

// The manifest's text up to its checksum line, if that line agrees with it.
Status CheckOwnChecksum(std::string_view text) {
  const std::size_t line = text.rfind(kChecksumLine);
  const std::size_t begin = line + kChecksumLine.size();
  if (line == std::string_view::npos || text.find('"', begin) == std::string_view::npos)
    return Fail(ErrorCode::kInternal, "damaged: it does not end with its checksum");
  const std::string_view stored = text.substr(begin, text.find('"', begin) - begin);
  const std::string found = base::Checksum(text.substr(0, line));
  if (stored == found) return {};
  return Fail(ErrorCode::kInternal,
              fmt::format("damaged: checksum {}, it says {} itself", found, stored));
}

}  // namespace

fs::path GenerationFolder(const fs::path& root, std::int64_t generation) {
  return root / fmt::format("{}{}", kFolderPrefix, generation);
}

std::optional<std::int64_t> GenerationOfName(std::string_view name) {
  if (!name.starts_with(kFolderPrefix)) return std::nullopt;
  const auto number = WholeNumber(name.substr(kFolderPrefix.size()));
  return number && *number > 0 ? number : std::nullopt;
}

bool IsFetched(const fs::path& generation_folder) {
  std::error_code code;
  return fs::exists(generation_folder / kFetchedFile, code);
}

bool IsOfCustomers(std::string_view file) {
  return file.starts_with(kDataFolder) && file.substr(kDataFolder.size()).starts_with('/');
}

std::vector<std::int64_t> Generations(const fs::path& root) {
  std::vector<std::int64_t> generations;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(root, code)) {
    if (const auto number = GenerationOfName(entry.path().filename().string()))
      generations.push_back(*number);
  }
  std::sort(generations.begin(), generations.end());
  return generations;
}

Result<std::int64_t> CurrentGeneration(const fs::path& root) {
  const fs::path path = root / kCurrentFile;
  auto text = base::ReadFile(path);
  if (!text && text.error().code == ErrorCode::kNotFound) {
    return Fail(ErrorCode::kNotFound, fmt::format("nothing is published in {} yet; `aisle publish` "
                                                  "builds a first generation",
                                                  root.string()));
  }
  if (!text) return std::unexpected(text.error());
  std::string_view digits = *text;
  if (digits.ends_with('\n')) digits.remove_suffix(1);
  const auto number = WholeNumber(digits);
  if (number && *number > 0) return *number;
  return Fail(ErrorCode::kInternal,
              fmt::format("{} is damaged: '{}' is not the number of a generation", path.string(),
                          digits.substr(0, 40)));
}

std::string ManifestToJson(const StoredManifest& stored) {
  const GenerationManifest& manifest = stored.manifest;
  std::string text = fmt::format(
      "{{\n  \"format\": {},\n  \"generation\": {},\n  \"as_of\": {},\n  \"created\": {},\n"
      "  \"ranking_version\": {},\n  \"propensity_version\": {},\n  \"customers\": {},\n"
      "  \"propensity_rows\": {},\n  \"inventory_rows\": {},\n  \"example_customer\": {},\n"
      "  \"changes_log\": {},\n  \"changes_until\": {},\n  \"checksums\": {{",
      manifest.format, manifest.generation, Quoted(base::FormatIso(manifest.as_of)),
      Quoted(base::FormatIso(manifest.created)), manifest.ranking_version,
      manifest.propensity_version, manifest.customers, manifest.propensity_rows,
      manifest.inventory_rows, Quoted(manifest.example_customer), Quoted(manifest.changes_log),
      manifest.changes_until);
  const char* separator = "\n";
  for (const auto& [file, checksum] : stored.checksums) {
    text += fmt::format("{}    {}: {}", separator, Quoted(file), Quoted(checksum));
    separator = ",\n";
  }
  text += "\n  },\n";
  return fmt::format("{}{}{}\"\n}}\n", text, kChecksumLine, base::Checksum(text));
}

Result<StoredManifest> ManifestFromJson(std::string_view text) {
  AISLE_CHECK(CheckOwnChecksum(text));
  try {
    const json::value value = Parse(text);
    const json::object& object = value.as_object();
    AISLE_CHECK(CheckFormat(object));
    const auto number = [&](const char* name) {
      return json::value_to<std::int64_t>(object.at(name));
    };
    StoredManifest stored;
    GenerationManifest& manifest = stored.manifest;
    manifest.format = json::value_to<int>(object.at("format"));
    manifest.generation = number("generation");
    manifest.as_of = Time(object.at("as_of"));
    manifest.created = Time(object.at("created"));
    manifest.ranking_version = json::value_to<int>(object.at("ranking_version"));
    manifest.propensity_version = json::value_to<int>(object.at("propensity_version"));
    manifest.customers = number("customers");
    manifest.propensity_rows = number("propensity_rows");
    manifest.inventory_rows = number("inventory_rows");
    if (const json::value* example = object.if_contains("example_customer"))
      manifest.example_customer = json::value_to<std::string>(*example);
    if (const json::value* log = object.if_contains("changes_log")) {
      manifest.changes_log = json::value_to<std::string>(*log);
      manifest.changes_until = json::value_to<std::uint64_t>(object.at("changes_until"));
    }
    for (const auto& [file, checksum] : object.at("checksums").as_object())
      stored.checksums[file] = json::value_to<std::string>(checksum);
    return stored;
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kInternal,
                fmt::format("not a manifest of a generation: {}", error.what()));
  }
}

std::string ModelToJson(const ranking::ModelSpec& spec) {
  std::string inputs;
  for (const std::string& input : spec.inputs)
    inputs += fmt::format("{}\n    {}", inputs.empty() ? "" : ",", Quoted(input));
  return fmt::format(
      "{{\n  \"format\": {},\n  \"calibration_slope\": \"{}\",\n  \"calibration_offset\": \"{}\",\n"
      "  \"propensity_blend\": \"{}\",\n  \"inputs\": [{}\n  ]\n}}\n",
      kGenerationFormat, spec.calibration_slope, spec.calibration_offset, spec.propensity_blend,
      inputs);
}

Result<ranking::ModelSpec> ModelFromJson(std::string_view text) {
  try {
    const json::value value = Parse(text);
    const json::object& object = value.as_object();
    AISLE_CHECK(CheckFormat(object));
    ranking::ModelSpec spec;
    spec.calibration_slope = Fraction(object.at("calibration_slope"));
    spec.calibration_offset = Fraction(object.at("calibration_offset"));
    spec.propensity_blend = Fraction(object.at("propensity_blend"));
    for (const json::value& input : object.at("inputs").as_array())
      spec.inputs.push_back(json::value_to<std::string>(input));
    return spec;
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kInternal,
                fmt::format("not the description of a model: {}", error.what()));
  }
}

}  // namespace aisle::serving
