// A change: which rows it may hold, and a row as bytes, its columns by their names.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "events/record_bytes.h"
#include "raw/plain_text.h"

namespace aisle::events {
namespace {

constexpr std::uint8_t kRowFormat = 1;
constexpr std::size_t kFieldBytesMin = 3;  // A name of one letter, and a value without anything.

struct KindInfo {
  std::string_view name;
  std::string_view table;
};
constexpr std::array<KindInfo, kKinds.size()> kInfos = {{{"impression", ""},
                                                         {"shop event", "raw.event_stream"},
                                                         {"product", "raw.product_catalog"},
                                                         {"stock", "raw.inventory"},
                                                         {"price", "raw.price_history"},
                                                         {"customer", "raw.customers"}}};

const KindInfo& InfoOf(Kind kind) { return kInfos.at(static_cast<std::size_t>(kind) - 1); }

// What a value is, in its first byte: the place of its type in raw::Value, which never changes.
enum class Tag : std::uint8_t { kNull, kBool, kInteger, kDouble, kMoney, kText, kDate, kTime };

struct WriteValue {
  kv::RecordWriter& out;
  void operator()(std::monostate) const { out.Byte(static_cast<std::uint8_t>(Tag::kNull)); }
  void operator()(bool value) const {
    out.Byte(static_cast<std::uint8_t>(Tag::kBool));
    out.Byte(value ? 1 : 0);
  }
  void operator()(std::int64_t value) const { Number(Tag::kInteger, value); }
  void operator()(double value) const {
    out.Byte(static_cast<std::uint8_t>(Tag::kDouble));
    out.Double(value);
  }
  void operator()(domain::Cents value) const { Number(Tag::kMoney, value.value); }
  void operator()(const std::string& value) const {
    out.Byte(static_cast<std::uint8_t>(Tag::kText));
    out.Text(value);
  }
  void operator()(base::Date value) const { Number(Tag::kDate, value.time_since_epoch().count()); }
  void operator()(base::Timestamp value) const { Number(Tag::kTime, base::ToMicros(value)); }

 private:
  void Number(Tag tag, std::int64_t value) const {
    out.Byte(static_cast<std::uint8_t>(tag));
    out.Signed(value);
  }
};

std::string PlainText(kv::RecordReader& in) {
  const std::string_view text = in.Text();
  if (!raw::IsPlainText(text)) in.FailHere();
  return std::string(text);
}

raw::Value ReadValue(kv::RecordReader& in) {
  switch (static_cast<Tag>(in.Byte())) {
    case Tag::kNull:
      return {};
    case Tag::kBool:
      return in.Bool();
    case Tag::kInteger:
      return in.Signed();
    case Tag::kDouble:
      return in.Double();
    case Tag::kMoney:
      return domain::Cents{in.Signed()};
    case Tag::kText:
      return PlainText(in);
    case Tag::kDate:
      return base::Date{std::chrono::days{in.Int<std::int32_t>()}};
    case Tag::kTime:
      return base::FromMicros(in.Signed());
  }
  in.FailHere();
  return {};
}

std::unexpected<Error> WrongId(std::string why) {
  return FailField(ErrorCode::kInvalidArgument, "id", "id: " + std::move(why));
}

}  // namespace

std::string_view KindName(Kind kind) { return InfoOf(kind).name; }

const raw::Table* TableOf(Kind kind) { return raw::FindTable(InfoOf(kind).table); }

Status CheckChange(const Change& change, const domain::RetailerShape& shape) {
  const auto& [kind, id, time] = change.envelope;
  const raw::Table* table = TableOf(kind);
  AISLE_ASSERT(table != nullptr);
  if (id.empty()) return WrongId("missing");
  if (id.size() > kIdBytesMax) return WrongId(fmt::format("longer than {} bytes", kIdBytesMax));
  if (!raw::IsPlainText(id)) return WrongId("not UTF-8 text");
  const bool part = kind == Kind::kProduct || kind == Kind::kCustomer;
  AISLE_CHECK(raw::Check(*table, change.row, shape, part ? raw::Given::kPart : raw::Given::kWhole));
  if (kind != Kind::kShopEvent) return {};
  // Or what is one event to the log would be another to the warehouse.
  const auto& event_id = std::get<std::string>(*raw::Find(change.row, "event_id"));
  if (event_id == id) return {};
  return FailField(ErrorCode::kInvalidArgument, "event_id",
                   fmt::format("event_id: '{}' is not '{}', the id of its record", event_id, id));
}

std::string EncodeChange(const Change& change) {
  const Envelope& envelope = change.envelope;
  AISLE_ASSERT(TableOf(envelope.kind) != nullptr);
  kv::RecordWriter out =
      BeginRecord(envelope.kind, envelope.id, envelope.time, kRowFormat, 24 * change.row.size());
  out.Unsigned(change.row.size());
  for (const raw::Field& field : change.row) {
    out.Text(field.column);
    std::visit(WriteValue{out}, field.value);
  }
  return out.Take();
}

Result<Change> DecodeChange(std::string_view bytes) {
  AISLE_TRY(auto record, OpenRecord(bytes));
  if (TableOf(record.envelope.kind) == nullptr) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("a record of kind '{}' is no row of a table", KindName(record.envelope.kind)));
  }
  AISLE_CHECK(ExpectBody(record, record.envelope.kind, kRowFormat));
  kv::RecordReader& in = record.body;
  Change change;
  change.row.resize(in.Count(kFieldBytesMin));
  for (raw::Field& field : change.row) {
    field.column = PlainText(in);
    if (field.column.empty()) in.FailHere();
    field.value = ReadValue(in);
  }
  AISLE_CHECK(in.Finish(KindName(record.envelope.kind)));
  change.envelope = std::move(record.envelope);
  return change;
}

}  // namespace aisle::events
