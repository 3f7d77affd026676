#include "workspace/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <charconv>
#include <cstdlib>
#include <limits>

#include "base/files.h"
#include "workspace/embedded.h"

namespace aisle::workspace {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

std::string FullName(const SettingKey& key) { return fmt::format("{}.{}", key.section, key.key); }

std::unexpected<Error> Wrong(const std::string& where, const SettingKey& key,
                             std::string_view accepted) {
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: {} must be {}", where, FullName(key), accepted));
}

Status SetInteger(const std::string& where, const SettingKey& key, std::int64_t value,
                  std::int64_t& out) {
  if (value < key.low || value > key.high) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: {} is {}, accepted is {} to {}", where, FullName(key), value,
                            key.low, key.high));
  }
  out = value;
  return {};
}

// Takes the value of one TOML node.
Status SetFromNode(const std::string& where, const SettingKey& key, const toml::node& node,
                   Settings& settings) {
  return std::visit(
      [&](auto field) -> Status {
        auto& out = settings.*field;
        using Field = std::remove_reference_t<decltype(out)>;
        if constexpr (std::is_same_v<Field, std::int64_t>) {
          if (!node.is_integer()) return Wrong(where, key, "a whole number");
          return SetInteger(where, key, node.as_integer()->get(), out);
        } else if constexpr (std::is_same_v<Field, bool>) {
          if (!node.is_boolean()) return Wrong(where, key, "true or false");
          out = node.as_boolean()->get();
        } else if constexpr (std::is_same_v<Field, std::string>) {
          if (!node.is_string()) return Wrong(where, key, "a text in quotes");
          out = node.as_string()->get();
        } else {
          if (!node.is_array()) return Wrong(where, key, "a list of texts");
          std::vector<std::string> values;
          for (const toml::node& item : *node.as_array()) {
            if (!item.is_string()) return Wrong(where, key, "a list of texts");
            values.push_back(item.as_string()->get());
          }
          if (values.empty()) return Wrong(where, key, "a list that is not empty");
          out = std::move(values);
        }
        return {};
      },
      key.field);
}

// Takes the value of an environment variable. A list is separated by commas.
Status SetFromText(const std::string& where, const SettingKey& key, const std::string& text,
                   Settings& settings) {
  return std::visit(
      [&](auto field) -> Status {
        auto& out = settings.*field;
        using Field = std::remove_reference_t<decltype(out)>;
        if constexpr (std::is_same_v<Field, std::int64_t>) {
          std::int64_t value = 0;
          const char* end = text.data() + text.size();
          const auto [stop, code] = std::from_chars(text.data(), end, value);
          if (code != std::errc() || stop != end) return Wrong(where, key, "a whole number");
          return SetInteger(where, key, value, out);
        } else if constexpr (std::is_same_v<Field, bool>) {
          if (text != "true" && text != "false") return Wrong(where, key, "true or false");
          out = text == "true";
        } else if constexpr (std::is_same_v<Field, std::string>) {
          out = text;
        } else {
          std::vector<std::string> values;
          for (std::size_t begin = 0; begin <= text.size();) {
            const std::size_t comma = std::min(text.find(',', begin), text.size());
            if (comma > begin) values.push_back(text.substr(begin, comma - begin));
            begin = comma + 1;
          }
          if (values.empty()) return Wrong(where, key, "names separated by commas");
          out = std::move(values);
        }
        return {};
      },
      key.field);
}

std::string Where(base::NamedText text, const toml::source_region& region) {
  return fmt::format("{}:{}", text.name, region.begin.line);
}

std::string KeysOf(std::string_view section) {
  std::vector<std::string_view> names;
  for (const SettingKey& key : SettingKeys()) {
    if (key.section == section) names.push_back(key.key);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string Sections() {
  std::vector<std::string_view> names;
  for (const SettingKey& key : SettingKeys()) {
    if (names.empty() || names.back() != key.section) names.push_back(key.section);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

Status ApplySection(base::NamedText text, std::string_view section, const toml::table& table,
                    Settings& settings) {
  for (const auto& [name, node] : table) {
    const SettingKey* found = nullptr;
    for (const SettingKey& key : SettingKeys()) {
      if (key.section == section && key.key == std::string_view(name.str())) found = &key;
    }
    if (found == nullptr) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: unknown key '{}.{}'; [{}] knows {}", Where(text, name.source()),
                              section, name.str(), section, KeysOf(section)));
    }
    AISLE_CHECK(SetFromNode(Where(text, node.source()), *found, node, settings));
  }
  return {};
}

std::string Upper(std::string text) {
  for (char& c : text) c = c == '.' ? '_' : static_cast<char>(std::toupper(c));
  return text;
}

}  // namespace

const std::vector<SettingKey>& SettingKeys() {
  using S = Settings;
  static const std::vector<SettingKey> kKeys = {
      {"general", "seed", &S::seed, 0, kMost},
      {"warehouse", "threads", &S::warehouse_threads, 0, 256},
      {"warehouse", "memory_limit", &S::warehouse_memory_limit},
      {"generate", "customers", &S::generate_customers, 1, 50'000'000},
      {"generate", "oracle_customers", &S::generate_oracle_customers, 0, 1'000'000},
      {"refresh", "target_lag_minutes", &S::refresh_target_lag_minutes, 1, 525'600},
      {"train", "recipes", &S::train_recipes},
      {"train", "threads", &S::train_threads, 0, 256},
      {"evaluate", "window_days", &S::evaluate_window_days, 1, 365},
      {"evaluate", "customers_max", &S::evaluate_customers_max, 1, 100'000'000},
      {"serve", "listen", &S::serve_listen},
      {"serve", "threads", &S::serve_threads, 0, 256},
      {"serve", "request_deadline_ms", &S::serve_request_deadline_ms, 1, 60'000},
      {"serve", "log_impressions", &S::serve_log_impressions},
      {"worker", "every_s", &S::worker_every_s, 1, 31'536'000},
      {"up", "restart_first_ms", &S::up_restart_first_ms, 10, 3'600'000},
      {"up", "restart_most_ms", &S::up_restart_most_ms, 10, 3'600'000},
  };
  return kKeys;
}

std::optional<std::string> ProcessEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

base::NamedText DefaultSettingsText() { return embedded::kAisle; }

Status ApplySettingsText(base::NamedText text, Settings& settings) {
  toml::table table;
  try {
    table = toml::parse(text.text, text.name);
  } catch (const toml::parse_error& error) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: {}", Where(text, error.source()), error.description()));
  }
  for (const auto& [name, node] : table) {
    if (KeysOf(name.str()).empty()) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: unknown section '{}'; there are {}", Where(text, name.source()),
                              name.str(), Sections()));
    }
    if (!node.is_table()) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: '{}' must be a section: [{}]", Where(text, name.source()),
                              name.str(), name.str()));
    }
    AISLE_CHECK(ApplySection(text, name.str(), *node.as_table(), settings));
  }
  return {};
}

Result<Settings> LoadSettings(const std::optional<std::filesystem::path>& file,
                              const Environment& environment) {
  Settings settings;
  AISLE_CHECK(ApplySettingsText(DefaultSettingsText(), settings));
  if (file) {
    AISLE_TRY(const std::string text, base::ReadFile(*file));
    const std::string name = file->string();
    AISLE_CHECK(ApplySettingsText({name, text}, settings));
  }
  for (const SettingKey& key : SettingKeys()) {
    const std::string name = "AISLE_" + Upper(FullName(key));
    if (const auto value = environment(name)) {
      AISLE_CHECK(SetFromText(name, key, *value, settings));
    }
  }
  if (settings.up_restart_first_ms > settings.up_restart_most_ms) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("up.restart_first_ms is {}, more than up.restart_most_ms, {}",
                            settings.up_restart_first_ms, settings.up_restart_most_ms));
  }
  return settings;
}

}  // namespace aisle::workspace
