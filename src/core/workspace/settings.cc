#include "workspace/settings.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <limits>

#include "base/files.h"
#include "base/toml_reader.h"
#include "workspace/embedded.h"

namespace aisle::workspace {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

std::string FullName(const SettingKey& key) { return fmt::format("{}.{}", key.section, key.key); }

// Lays the keys that are there over the settings.
void ReadSection(base::TomlSection table, std::string_view section, Settings& settings) {
  for (const SettingKey& key : SettingKeys()) {
    if (key.section != section) continue;
    std::visit(
        [&](auto field) {
          auto& out = settings.*field;
          using Field = std::remove_reference_t<decltype(out)>;
          if constexpr (std::is_same_v<Field, std::int64_t>) {
            out = table.Integer(key.key, {key.low, key.high}, out);
          } else if constexpr (std::is_same_v<Field, bool>) {
            out = table.Flag(key.key, out);
          } else if constexpr (std::is_same_v<Field, std::string>) {
            out = table.AnyText(key.key, out);
          } else {
            out = table.Texts(key.key, out);
          }
        },
        key.field);
  }
  // [section.below]
  std::string_view last;
  for (const SettingKey& key : SettingKeys()) {
    if (key.section != last && key.section.starts_with(section) &&
        key.section.substr(section.size()).starts_with('.'))
      ReadSection(table.Table(key.section.substr(section.size() + 1)), key.section, settings);
    last = key.section;
  }
  table.Close();
}

std::unexpected<Error> Wrong(const std::string& variable, std::string_view accepted,
                             const std::string& text) {
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("{} must be {}, not \"{}\"", variable, accepted, text));
}

// Takes the value of an environment variable. A list is separated by commas.
Status SetFromText(const std::string& variable, const SettingKey& key, const std::string& text,
                   Settings& settings) {
  return std::visit(
      [&](auto field) -> Status {
        auto& out = settings.*field;
        using Field = std::remove_reference_t<decltype(out)>;
        if constexpr (std::is_same_v<Field, std::int64_t>) {
          std::int64_t value = 0;
          const char* end = text.data() + text.size();
          const auto [stop, code] = std::from_chars(text.data(), end, value);
          if (code != std::errc() || stop != end || value < key.low || value > key.high)
            return Wrong(variable, base::WholeNumber({key.low, key.high}), text);
          out = value;
        } else if constexpr (std::is_same_v<Field, bool>) {
          if (text != "true" && text != "false") return Wrong(variable, "true or false", text);
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
          if (values.empty()) return Wrong(variable, "names separated by commas", text);
          out = std::move(values);
        }
        return {};
      },
      key.field);
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
      {"serve", "drain_wait_ms", &S::serve_drain_wait_ms, 0, 600'000},
      {"serve", "store", &S::serve_store},
      {"serve.tls", "certificate", &S::serve_tls_certificate},
      {"serve.tls", "key", &S::serve_tls_key},
      {"serve.tls", "minimum_version", &S::serve_tls_minimum_version},
      {"serve.tls", "look_every_s", &S::serve_tls_look_every_s, 1, 86'400},
      {"http", "head_bytes", &S::http_head_bytes, 1'024, 1'048'576},
      {"http", "head_fields", &S::http_head_fields, 8, 1'000},
      {"http", "target_bytes", &S::http_target_bytes, 256, 65'536},
      {"http", "body_bytes", &S::http_body_bytes, 1'024, 1'073'741'824},
      {"http", "connections_per_loop", &S::http_connections_per_loop, 1, 1'000'000},
      {"http", "connections_per_client", &S::http_connections_per_client, 1, 1'000'000},
      {"http", "pipeline_depth", &S::http_pipeline_depth, 0, 10'000},
      {"http", "handshake_timeout_ms", &S::http_handshake_timeout_ms, 100, 600'000},
      {"http", "head_timeout_ms", &S::http_head_timeout_ms, 100, 600'000},
      {"http", "request_timeout_ms", &S::http_request_timeout_ms, 100, 600'000},
      {"http", "idle_timeout_ms", &S::http_idle_timeout_ms, 100, 3'600'000},
      {"http", "write_timeout_ms", &S::http_write_timeout_ms, 100, 600'000},
      {"http", "compress_bytes", &S::http_compress_bytes, 0, 1'073'741'824},
      {"client", "token_file", &S::client_token_file},
      {"ranking", "backend", &S::ranking_backend},
      {"ranking", "url", &S::ranking_url},
      {"ranking", "model", &S::ranking_model},
      {"ranking", "deadline_percent", &S::ranking_deadline_percent, 1, 100},
      {"predict_server", "listen", &S::predict_server_listen},
      {"predict_server", "threads", &S::predict_server_threads, 0, 256},
      {"predict_server", "rows_max", &S::predict_server_rows_max, 1, 10'000'000},
      {"predict_server", "batch_wait_us", &S::predict_server_batch_wait_us, 0, 1'000'000},
      {"predict_server", "batch_rows", &S::predict_server_batch_rows, 2, 1'000'000},
      {"predict_server", "versions_max", &S::predict_server_versions_max, 1, 1'000},
      {"worker", "every_s", &S::worker_every_s, 1, 31'536'000},
      {"up", "restart_first_ms", &S::up_restart_first_ms, 10, 3'600'000},
      {"up", "restart_most_ms", &S::up_restart_most_ms, 10, 3'600'000},
      {"postgres", "url", &S::postgres_url},
      {"postgres", "schema", &S::postgres_schema},
      {"postgres", "owner", &S::postgres_owner},
      {"postgres", "writer", &S::postgres_writer},
      {"postgres", "reader", &S::postgres_reader},
      {"postgres", "owner_password_file", &S::postgres_owner_password_file},
      {"postgres", "writer_password_file", &S::postgres_writer_password_file},
      {"postgres", "reader_password_file", &S::postgres_reader_password_file},
      {"postgres", "admin", &S::postgres_admin},
      {"postgres", "admin_password_file", &S::postgres_admin_password_file},
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
  base::TomlFile file(text);
  base::TomlSection top = file.Top();
  std::string_view last;
  for (const SettingKey& key : SettingKeys()) {
    if (key.section != last && key.section.find('.') == std::string_view::npos)
      ReadSection(top.Table(key.section), key.section, settings);
    last = key.section;
  }
  top.Close();
  return file.Verdict();
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
  if (settings.serve_store != "embedded" && settings.serve_store != "postgres") {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("serve.store is \"{}\"; it must be \"embedded\" or \"postgres\"",
                            settings.serve_store));
  }
  if (settings.ranking_backend != "local" && settings.ranking_backend != "remote") {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("ranking.backend is \"{}\"; it must be \"local\" or \"remote\"",
                            settings.ranking_backend));
  }
  if (settings.serve_tls_minimum_version != "1.2" && settings.serve_tls_minimum_version != "1.3") {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("serve.tls.minimum_version is \"{}\"; it must be \"1.2\" or \"1.3\"",
                            settings.serve_tls_minimum_version));
  }
  if (settings.serve_tls_certificate.empty() != settings.serve_tls_key.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                "serve.tls.certificate and serve.tls.key are a pair: set both, or neither");
  }
  if (settings.http_head_timeout_ms > settings.http_request_timeout_ms) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("http.head_timeout_ms is {}, more than http.request_timeout_ms, {}",
                            settings.http_head_timeout_ms, settings.http_request_timeout_ms));
  }
  if (settings.up_restart_first_ms > settings.up_restart_most_ms) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("up.restart_first_ms is {}, more than up.restart_most_ms, {}",
                            settings.up_restart_first_ms, settings.up_restart_most_ms));
  }
  return settings;
}

}  // namespace aisle::workspace
