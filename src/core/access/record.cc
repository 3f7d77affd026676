#include "access/record.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "web/json_body.h"

namespace aisle::access {
namespace {

namespace json = boost::json;

constexpr std::int64_t kFormat = 1;

std::unexpected<Error> Damaged(std::string_view what) {
  return Fail(ErrorCode::kInternal,
              fmt::format("it holds no tokens as this program writes them: {}", what));
}

// Fields of one object; the first that is not what it should be is remembered.
class Fields {
 public:
  explicit Fields(const json::object& object) : object_(object) {}

  std::string Text(std::string_view key) {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr || !value->is_string()) return Wrong(key), std::string();
    return std::string(std::string_view(value->get_string()));
  }
  base::Timestamp Time(std::string_view key) {
    const auto time = base::ParseTimestamp(Text(key));
    if (!time) return Wrong(key), base::Timestamp{};
    return *time;
  }
  SecretHash Hash(std::string_view key) {
    SecretHash hash{};
    if (!ReadHex(Text(key), hash)) Wrong(key);
    return hash;
  }
  std::int64_t Number(std::string_view key) {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr || !value->is_int64()) return Wrong(key), 0;
    return value->get_int64();
  }
  bool Has(std::string_view key) const { return object_.contains(key); }
  void Wrong(std::string_view key) {
    if (wrong_.empty()) wrong_ = key;
  }
  const std::string& WhatIsWrong() const { return wrong_; }

 private:
  const json::object& object_;
  std::string wrong_;
};

json::object ToJson(const TokenRecord& record) {
  json::object object = {{"id", record.id},
                         {"name", record.name},
                         {"role", web::RoleName(record.role)},
                         {"created", base::FormatIso(record.created)},
                         {"expires", base::FormatIso(record.expires)},
                         {"hash", HexOf(record.hash)}};
  if (record.customers) object["customers"] = TextOf(*record.customers);
  if (record.requests_per_second > 0) object["requests_per_second"] = record.requests_per_second;
  if (record.old_until != base::Timestamp{}) {
    object["old_hash"] = HexOf(record.old_hash);
    object["old_until"] = base::FormatIso(record.old_until);
  }
  if (record.IsRevoked()) object["revoked"] = base::FormatIso(record.revoked);
  return object;
}

Result<TokenRecord> RecordOf(const json::value& value) {
  if (!value.is_object()) return Damaged("an entry is no object");
  Fields fields(value.get_object());
  TokenRecord record;
  record.id = fields.Text("id");
  if (!IsTokenId(record.id)) fields.Wrong("id");
  record.name = fields.Text("name");
  if (const auto role = TokenRoleOf(fields.Text("role"))) {
    record.role = *role;
  } else {
    fields.Wrong("role");
  }
  record.created = fields.Time("created");
  record.expires = fields.Time("expires");
  record.hash = fields.Hash("hash");
  // What narrows a token is never passed over.
  if (fields.Has("customers")) {
    record.customers = RangeOf(fields.Text("customers"));
    if (!record.customers) fields.Wrong("customers");
  }
  if (fields.Has("requests_per_second")) {
    record.requests_per_second = fields.Number("requests_per_second");
    if (record.requests_per_second < 1) fields.Wrong("requests_per_second");
  }
  if (fields.Has("old_until")) {
    record.old_hash = fields.Hash("old_hash");
    record.old_until = fields.Time("old_until");
  }
  if (fields.Has("revoked")) {
    record.revoked = fields.Time("revoked");
    if (!record.IsRevoked()) fields.Wrong("revoked");
  }
  if (!fields.WhatIsWrong().empty())
    return Damaged(fmt::format("{} of token {}", fields.WhatIsWrong(), record.id));
  return record;
}

}  // namespace

std::string_view TokenRecord::StateName(base::Timestamp now) const {
  if (IsRevoked()) return "revoked";
  return now < expires ? "good" : "expired";
}

std::string TextOf(std::span<const TokenRecord> records) {
  std::string text = fmt::format("{{\"format\": {}, \"tokens\": [", kFormat);
  for (const TokenRecord& record : records) {
    text += text.ends_with('[') ? "\n" : ",\n";
    text += json::serialize(ToJson(record));
  }
  return text + "\n]}\n";
}

Result<std::vector<TokenRecord>> ReadRecords(std::string_view text) {
  const auto value = web::ParseJson(text);
  if (!value) return Damaged(value.error().detail);
  if (!value->is_object()) return Damaged("it is no object");
  Fields fields(value->get_object());
  const std::int64_t format = fields.Number("format");
  if (!fields.WhatIsWrong().empty()) return Damaged("format");
  if (format > kFormat) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("its format is {}, this program knows {}: a newer aisle wrote it",
                            format, kFormat));
  }
  const json::value* tokens = value->get_object().if_contains("tokens");
  if (tokens == nullptr || !tokens->is_array()) return Damaged("tokens");
  std::vector<TokenRecord> records;
  for (const json::value& token : tokens->get_array()) {
    AISLE_TRY(TokenRecord record, RecordOf(token));
    records.push_back(std::move(record));
  }
  return records;
}

std::optional<web::Role> TokenRoleOf(std::string_view name) {
  for (const web::Role role : {web::Role::kReader, web::Role::kWriter, web::Role::kAdmin}) {
    if (web::RoleName(role) == name) return role;
  }
  return std::nullopt;
}

std::optional<web::IdRange> RangeOf(std::string_view text) {
  const auto number = [](std::string_view digits) -> std::optional<std::int64_t> {
    std::int64_t value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, code] = std::from_chars(digits.data(), end, value);
    if (code != std::errc() || stop != end || value < 0) return std::nullopt;
    return value;
  };
  const std::size_t dash = text.find('-');
  const auto first = number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return web::IdRange{.first = *first, .last = *last};
}

std::string TextOf(const web::IdRange& range) {
  return fmt::format("{}-{}", range.first, range.last);
}

std::string LineOf(const AuditEntry& entry) {
  json::object object = {
      {"at", base::FormatIso(entry.at)}, {"action", entry.action}, {"by", entry.by}};
  if (!entry.token.empty()) object["token"] = entry.token;
  if (!entry.detail.empty()) object["detail"] = entry.detail;
  return json::serialize(object);
}

Result<AuditEntry> ReadLine(std::string_view line) {
  const auto value = web::ParseJson(line);
  if (!value || !value->is_object())
    return Fail(ErrorCode::kInternal, "a line of the audit log is no JSON object");
  Fields fields(value->get_object());
  AuditEntry entry;
  entry.at = fields.Time("at");
  entry.action = fields.Text("action");
  entry.by = fields.Text("by");
  if (fields.Has("token")) entry.token = fields.Text("token");
  if (fields.Has("detail")) entry.detail = fields.Text("detail");
  if (!fields.WhatIsWrong().empty()) {
    return Fail(ErrorCode::kInternal,
                fmt::format("a line of the audit log lacks {}", fields.WhatIsWrong()));
  }
  return entry;
}

}  // namespace aisle::access
