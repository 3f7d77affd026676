// What can be set: one structure, filled from defaults, a TOML file and the environment.
//
// The default is config/aisle.toml itself, embedded; it documents every key. LoadSettings() starts from
// it, lays the given file over it and then the environment: AISLE_SERVE_LISTEN is [serve] listen. Flags
// of the command line come last and are the commands' own business.
//
//   units    as the keys' names say: *_ms, *_s, *_minutes, *_days.
//   errors   kInvalidArgument: a key nobody knows, a value of the wrong type or out of range, with file
//            and line (or the variable's name) and what is accepted; kNotFound: no such file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/named_text.h"
#include "base/result.h"

namespace aisle::workspace {

struct Settings {
  std::int64_t seed = 0;
  std::int64_t warehouse_threads = 0;
  std::string warehouse_memory_limit;
  std::int64_t generate_customers = 0;
  std::int64_t generate_oracle_customers = 0;
  std::int64_t refresh_target_lag_minutes = 0;
  std::vector<std::string> train_recipes;
  std::int64_t train_threads = 0;
  std::int64_t evaluate_window_days = 0;
  std::int64_t evaluate_customers_max = 0;
  std::string serve_listen;
  std::int64_t serve_threads = 0;
  std::int64_t serve_request_deadline_ms = 0;
  bool serve_log_impressions = false;
  std::int64_t serve_drain_wait_ms = 0;
  std::string serve_store;  // "embedded" or "postgres"
  std::string serve_tls_certificate;
  std::string serve_tls_key;
  std::string serve_tls_minimum_version;  // "1.2" or "1.3"
  std::int64_t serve_tls_look_every_s = 0;
  std::int64_t http_head_bytes = 0;
  std::int64_t http_head_fields = 0;
  std::int64_t http_target_bytes = 0;
  std::int64_t http_body_bytes = 0;
  std::int64_t http_connections_per_loop = 0;
  std::int64_t http_connections_per_client = 0;
  std::int64_t http_pipeline_depth = 0;
  std::int64_t http_handshake_timeout_ms = 0;
  std::int64_t http_head_timeout_ms = 0;
  std::int64_t http_request_timeout_ms = 0;
  std::int64_t http_idle_timeout_ms = 0;
  std::int64_t http_write_timeout_ms = 0;
  std::int64_t http_compress_bytes = 0;
  std::string client_token_file;
  std::string ranking_backend;  // "local" or "remote"
  std::string ranking_url;
  std::string ranking_model;
  std::int64_t ranking_deadline_percent = 0;
  std::string predict_server_listen;
  std::int64_t predict_server_threads = 0;
  std::int64_t predict_server_rows_max = 0;
  std::int64_t predict_server_batch_wait_us = 0;
  std::int64_t predict_server_batch_rows = 0;
  std::int64_t predict_server_versions_max = 0;
  std::int64_t worker_every_s = 0;
  std::int64_t up_restart_first_ms = 0;
  std::int64_t up_restart_most_ms = 0;
  std::string postgres_url;
  std::string postgres_schema;
  std::string postgres_owner;
  std::string postgres_writer;
  std::string postgres_reader;
  std::string postgres_owner_password_file;
  std::string postgres_writer_password_file;
  std::string postgres_reader_password_file;
  std::string postgres_admin;
  std::string postgres_admin_password_file;
};

// One key of the file and where its value goes.
struct SettingKey {
  std::string_view
      section;  // "serve", or "serve.tls" within it, whose keys follow those of "serve".
  std::string_view key;
  std::variant<std::int64_t Settings::*, bool Settings::*, std::string Settings::*,
               std::vector<std::string> Settings::*>
      field;
  std::int64_t low = 0;  // Of integers, both included.
  std::int64_t high = 0;
};
const std::vector<SettingKey>& SettingKeys();

// The value of an environment variable, or nothing.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
std::optional<std::string> ProcessEnvironment(const std::string& name);

// The defaults alone.
base::NamedText DefaultSettingsText();
// Lays `text` over `settings`.
Status ApplySettingsText(base::NamedText text, Settings& settings);

Result<Settings> LoadSettings(const std::optional<std::filesystem::path>& file,
                              const Environment& environment);

}  // namespace aisle::workspace
