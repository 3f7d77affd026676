#include "recommend/write_of.h"

#include <vector>

#include "base/log.h"

namespace aisle::recommend {
namespace {

constexpr std::size_t kRecordsPerRead = 5'000;

// Checked when it was appended: what is there has its type.
template <typename T>
const T* Get(const raw::Row& row, std::string_view column) {
  const raw::Value* value = raw::Find(row, column);
  return value == nullptr ? nullptr : std::get_if<T>(value);
}

std::optional<std::int32_t> Count(const raw::Row& row, std::string_view column) {
  const auto* count = Get<std::int64_t>(row, column);
  if (count == nullptr) return std::nullopt;
  return static_cast<std::int32_t>(*count);
}

// A whole amount may stand as a number of the currency's units.
std::optional<domain::Cents> Price(const raw::Row& row) {
  if (const auto* cents = Get<domain::Cents>(row, "price")) return *cents;
  if (const auto* units = Get<std::int64_t>(row, "price")) return domain::Cents{*units * 100};
  return std::nullopt;
}

}  // namespace

std::optional<serving::Write> WriteOf(const events::Change& change, std::uint64_t position) {
  const auto* product = Get<std::int64_t>(change.row, "product_id");
  if (product == nullptr) return std::nullopt;
  serving::Write write{.position = position, .time = change.envelope.time, .product = {*product}};
  switch (change.envelope.kind) {
    case events::Kind::kStock: {
      const auto* region = Get<std::string>(change.row, "region");
      if (region == nullptr) return std::nullopt;
      write.region = *region;
      write.quantity = Count(change.row, "qty_on_hand");
      write.delivery_days = Count(change.row, "est_delivery_days");
      break;
    }
    case events::Kind::kProduct: {
      write.price = Price(change.row);
      // Without a value: not hidden.
      if (raw::Find(change.row, "hidden") != nullptr) {
        const auto* hidden = Get<bool>(change.row, "hidden");
        write.hidden = hidden != nullptr && *hidden;
      }
      break;
    }
    case events::Kind::kPrice:
      write.price = Price(change.row);
      break;
    case events::Kind::kImpression:
    case events::Kind::kShopEvent:
    case events::Kind::kCustomer:
      return std::nullopt;
  }
  return write;
}

events::Change ChangeOf(const serving::Write& write) {
  events::Change change;
  change.row.push_back({"product_id", write.product.value});
  if (!write.region.empty()) {
    change.envelope.kind = events::Kind::kStock;
    change.row.push_back({"region", write.region});
    if (write.quantity) change.row.push_back({"qty_on_hand", std::int64_t{*write.quantity}});
    if (write.delivery_days)
      change.row.push_back({"est_delivery_days", std::int64_t{*write.delivery_days}});
    return change;
  }
  change.envelope.kind = events::Kind::kProduct;
  if (write.price) change.row.push_back({"price", *write.price});
  if (write.hidden) change.row.push_back({"hidden", *write.hidden});
  return change;
}

Status Replay(const events::Log& log, serving::ShelfKeeper& keeper,
              const std::function<void(const events::Change&)>& each) {
  for (std::uint64_t position = 0;;) {
    AISLE_TRY(const auto records, log.Read(position, kRecordsPerRead));
    if (records.empty()) return {};
    std::vector<serving::Write> writes;
    for (const events::LogRecord& record : records) {
      position = record.position;
      const auto change = events::DecodeChange(record.bytes);
      if (!change) {
        base::LogError("log of changes: record {} is passed over: {}", position,
                       change.error().message);
        continue;
      }
      if (each) each(*change);
      if (auto write = WriteOf(*change, position)) writes.push_back(*std::move(write));
    }
    keeper.Take(writes);
  }
}

Result<std::uint64_t> KnownUntil(const events::Log& log, std::uint64_t position,
                                 const serving::KnownChanges& known) {
  for (;;) {
    AISLE_TRY(const auto records, log.Read(position, kRecordsPerRead));
    if (records.empty()) return position;
    for (const events::LogRecord& record : records) {
      const auto envelope = events::DecodeEnvelope(record.bytes);
      if (envelope && !known.Has(log.Id(), record.position, envelope->time)) return position;
      position = record.position;
    }
  }
}

}  // namespace aisle::recommend
