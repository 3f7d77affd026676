#include "serving/postgres/log_rows.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "raw/check.h"
#include "serving/sql.h"

namespace aisle::serving {
namespace {

using postgres::Parameters;
using postgres::Statement;

// What the change is about, for people who look at the table.
std::string KeyOf(const events::Change& change) {
  std::string key;
  for (const std::string_view column : {"customer_id", "product_id", "region"}) {
    const raw::Value* value = raw::Find(change.row, column);
    if (value == nullptr) continue;
    if (!key.empty()) key += '/';
    if (const auto* number = std::get_if<std::int64_t>(value)) key += fmt::to_string(*number);
    if (const auto* text = std::get_if<std::string>(value)) key += *text;
  }
  return key;
}

// The database says when: its clock is one for all servers, and never falls along the log.
std::string WithTime(std::string_view record, base::Timestamp time) {
  auto change = events::DecodeChange(record);
  if (!change) return std::string(record);  // Whoever reads it says what is wrong with it.
  change->envelope.time = time;
  return events::EncodeChange(*change);
}

}  // namespace

Statement AddWrites(std::span<const events::Change> changes, const StoreNames& names) {
  std::vector<std::string> kinds;
  std::vector<std::string> keys;
  std::vector<std::string> records;
  for (const events::Change& change : changes) {
    kinds.emplace_back(events::KindName(change.envelope.kind));
    keys.push_back(KeyOf(change));
    records.push_back(events::EncodeChange(change));
  }
  return {PutIn(sql::kStoreWritesAdd, names),
          Parameters().Texts(kinds).Texts(keys).BytesArray(records)};
}

Statement WritesSince(std::uint64_t position, std::int64_t count, const StoreNames& names) {
  return {PutIn(sql::kStoreWritesSince, names),
          Parameters().Int8(static_cast<std::int64_t>(position)).Int8(count)};
}

Result<StoreWrites> ReadWrites(postgres::Rows rows) {
  postgres::RowReader reader(std::move(rows));
  const auto log = reader.Text("log_id");
  const auto last = reader.Int("last");
  const auto position = reader.Int("position");
  const auto time = reader.Time("written_at");
  const auto record = reader.Bytes("record");
  const auto known_at = reader.Time("known_at");
  StoreWrites writes;
  for (;;) {
    AISLE_TRY(const bool more, reader.Next());
    if (!more) return writes;
    writes.log = reader[log];
    writes.last = static_cast<std::uint64_t>(reader[last]);
    if (!reader.IsNull(known_at)) writes.known_at = reader[known_at];
    if (reader.IsNull(position)) continue;
    writes.last_at = reader[time];
    writes.records.push_back(
        {static_cast<std::uint64_t>(reader[position]), WithTime(reader[record], reader[time])});
  }
}

Statement AddImpressions(std::span<const events::Impression> impressions, const StoreNames& names) {
  std::vector<std::string> requests;
  std::vector<base::Timestamp> times;
  std::vector<std::int64_t> customers;
  std::vector<std::string> regions;
  std::vector<std::int64_t> generations;
  std::vector<std::string> records;
  for (const events::Impression& impression : impressions) {
    requests.push_back(impression.request_id);
    times.push_back(impression.served_at);
    customers.push_back(impression.customer.value);
    regions.push_back(impression.region);
    generations.push_back(impression.generation);
    records.push_back(events::EncodeImpression(impression));
  }
  Parameters row;
  row.Texts(requests).Times(times).Int8s(customers).Texts(regions);
  row.Int8s(generations).BytesArray(records);
  return {PutIn(sql::kStoreImpressionsAdd, names), std::move(row)};
}

Statement ImpressionsSince(std::uint64_t position, std::int64_t count, const StoreNames& names) {
  return {PutIn(sql::kStoreImpressionsSince, names),
          Parameters().Int8(static_cast<std::int64_t>(position)).Int8(count)};
}

Result<std::vector<events::LogRecord>> ReadImpressions(postgres::Rows rows) {
  postgres::RowReader reader(std::move(rows));
  const auto position = reader.Int("position");
  const auto record = reader.Bytes("record");
  std::vector<events::LogRecord> records;
  for (;;) {
    AISLE_TRY(const bool more, reader.Next());
    if (!more) return records;
    records.push_back({static_cast<std::uint64_t>(reader[position]), std::string(reader[record])});
  }
}

}  // namespace aisle::serving
