#include "registry/manifest_json.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "registry/promotion_json.h"

namespace aisle::registry {
namespace {

namespace json = boost::json;

// Indented by hand: people read and compare manifests, and Boost.JSON writes one line.
void Indent(const json::value& value, std::string& out, int depth) {
  const std::string pad(static_cast<std::size_t>(depth) * 2 + 2, ' ');
  const std::string close(static_cast<std::size_t>(depth) * 2, ' ');
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += "{\n";
    bool first = true;
    for (const auto& [key, member] : *object) {
      if (!first) out += ",\n";
      first = false;
      out += pad + json::serialize(json::string(key)) + ": ";
      Indent(member, out, depth + 1);
    }
    out += "\n" + close + "}";
  } else if (const auto* array = value.if_array();
             array != nullptr && !array->empty() && array->front().is_object()) {
    out += "[\n";
    for (std::size_t i = 0; i < array->size(); ++i) {
      out += pad + json::serialize((*array)[i]) + (i + 1 < array->size() ? ",\n" : "\n");
    }
    out += close + "]";
  } else {
    out += json::serialize(value);
  }
}

json::array Times(const std::vector<base::Timestamp>& times) {
  json::array array;
  for (const base::Timestamp time : times) array.emplace_back(base::FormatIso(time));
  return array;
}

base::Timestamp Time(const json::value& value) {
  const auto time = base::ParseTimestamp(json::value_to<std::string>(value));
  if (!time) throw std::runtime_error(time.error().message);
  return *time;
}

template <typename Value>
json::object Map(const std::map<std::string, Value>& values) {
  json::object object;
  for (const auto& [key, value] : values) object[key] = value;
  return object;
}

Promotion PromotionFromJson(const json::object& object) {
  Promotion promotion;
  promotion.decision = json::value_to<std::string>(object.at("decision"));
  promotion.objections = json::value_to<std::vector<std::string>>(object.at("objections"));
  promotion.notes = json::value_to<std::vector<std::string>>(object.at("notes"));
  if (!object.contains("with")) return promotion;
  promotion.with = json::value_to<std::string>(object.at("with"));
  promotion.metric = json::value_to<std::string>(object.at("metric"));
  promotion.ours = object.at("ours").to_number<double>();
  promotion.theirs = object.at("theirs").to_number<double>();
  promotion.difference = object.at("difference").to_number<double>();
  promotion.low = object.at("low").to_number<double>();
  promotion.high = object.at("high").to_number<double>();
  promotion.customers = json::value_to<std::int64_t>(object.at("customers"));
  promotion.worse_by_at_most = object.at("worse_by_at_most").to_number<double>();
  return promotion;
}

Manifest Read(const json::object& object) {
  Manifest manifest;
  manifest.model = json::value_to<std::string>(object.at("model"));
  manifest.version = json::value_to<int>(object.at("version"));
  manifest.created = Time(object.at("created"));
  manifest.recipe = json::value_to<std::string>(object.at("recipe"));
  manifest.recipe_text = json::value_to<std::string>(object.at("recipe_text"));
  for (const json::value& input : object.at("inputs").as_array()) {
    manifest.inputs.push_back({json::value_to<std::string>(input.at("name")),
                               json::value_to<std::string>(input.at("type")),
                               json::value_to<std::string>(input.at("role"))});
  }
  manifest.objective = json::value_to<std::string>(object.at("objective"));
  for (const json::value& cutoff : object.at("cutoffs").as_array())
    manifest.cutoffs.push_back(Time(cutoff));
  manifest.window_from = Time(object.at("window_from"));
  manifest.window_until = Time(object.at("window_until"));
  manifest.train_rows = json::value_to<std::int64_t>(object.at("train_rows"));
  manifest.positive_rows = json::value_to<std::int64_t>(object.at("positive_rows"));
  manifest.data_fingerprint = json::value_to<std::string>(object.at("data_fingerprint"));
  manifest.calibration_slope = object.at("calibration_slope").to_number<double>();
  manifest.calibration_offset = object.at("calibration_offset").to_number<double>();
  // Manifests from before the field was there have no blend.
  if (const json::value* blend = object.if_contains("propensity_blend"))
    manifest.propensity_blend = blend->to_number<double>();
  if (const json::value* tiers = object.if_contains("tiers"))
    manifest.tiers = json::value_to<std::vector<std::string>>(*tiers);
  for (const auto& [key, value] : object.at("metrics").as_object())
    manifest.metrics[key] = value.to_number<double>();
  if (const json::value* promotion = object.if_contains("promotion"))
    manifest.promotion = PromotionFromJson(promotion->as_object());
  for (const auto& [key, value] : object.at("library_versions").as_object()) {
    manifest.library_versions[key] = json::value_to<std::string>(value);
  }
  manifest.model_checksum = json::value_to<std::string>(object.at("model_checksum"));
  return manifest;
}

}  // namespace

json::object PromotionToJson(const Promotion& promotion) {
  json::object object{{"decision", promotion.decision},
                      {"objections", json::value_from(promotion.objections)},
                      {"notes", json::value_from(promotion.notes)}};
  if (promotion.with.empty()) return object;
  object["with"] = promotion.with;
  object["metric"] = promotion.metric;
  object["ours"] = promotion.ours;
  object["theirs"] = promotion.theirs;
  object["difference"] = promotion.difference;
  object["low"] = promotion.low;
  object["high"] = promotion.high;
  object["customers"] = promotion.customers;
  object["worse_by_at_most"] = promotion.worse_by_at_most;
  return object;
}

std::string ManifestToJson(const Manifest& manifest) {
  json::array inputs;
  for (const ModelInput& input : manifest.inputs) {
    inputs.emplace_back(
        json::object{{"name", input.name}, {"type", input.type}, {"role", input.role}});
  }
  const json::value value = json::object{{"format", manifest.format},
                                         {"model", manifest.model},
                                         {"version", manifest.version},
                                         {"created", base::FormatIso(manifest.created)},
                                         {"recipe", manifest.recipe},
                                         {"objective", manifest.objective},
                                         {"inputs", inputs},
                                         {"cutoffs", Times(manifest.cutoffs)},
                                         {"window_from", base::FormatIso(manifest.window_from)},
                                         {"window_until", base::FormatIso(manifest.window_until)},
                                         {"train_rows", manifest.train_rows},
                                         {"positive_rows", manifest.positive_rows},
                                         {"data_fingerprint", manifest.data_fingerprint},
                                         {"tiers", json::value_from(manifest.tiers)},
                                         {"calibration_slope", manifest.calibration_slope},
                                         {"calibration_offset", manifest.calibration_offset},
                                         {"propensity_blend", manifest.propensity_blend},
                                         {"metrics", Map(manifest.metrics)},
                                         {"promotion", PromotionToJson(manifest.promotion)},
                                         {"library_versions", Map(manifest.library_versions)},
                                         {"model_checksum", manifest.model_checksum},
                                         {"recipe_text", manifest.recipe_text}};
  std::string text;
  Indent(value, text, 0);
  return text + "\n";
}

Result<Manifest> ManifestFromJson(std::string_view text) {
  try {
    const json::value value = json::parse(json::string_view(text.data(), text.size()));
    const json::object& object = value.as_object();
    const int format = json::value_to<int>(object.at("format"));
    if (format > kManifestFormat) {
      return Fail(ErrorCode::kFailedPrecondition,
                  fmt::format("format {} is newer than this build's {}; use a newer aisle", format,
                              kManifestFormat));
    }
    return Read(object);
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kInternal, fmt::format("not a model manifest: {}", error.what()));
  }
}

std::string AliasesToJson(const std::map<std::string, int>& aliases) {
  std::string text;
  Indent(Map(aliases), text, 0);
  return text + "\n";
}

Result<std::map<std::string, int>> AliasesFromJson(std::string_view text) {
  try {
    std::map<std::string, int> aliases;
    const json::value value = json::parse(json::string_view(text.data(), text.size()));
    for (const auto& [key, version] : value.as_object())
      aliases[key] = json::value_to<int>(version);
    return aliases;
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kInternal, fmt::format("not a list of aliases: {}", error.what()));
  }
}

}  // namespace aisle::registry
