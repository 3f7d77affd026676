// A customer as bytes. Times are distances to the record's as_of and product ids distances to the
// one before, so that most fields are one or two bytes: a customer with 50 pairs is about 1.2 kB.
#include <fmt/format.h>

#include <bit>

#include "domain/limits.h"
#include "kv/record_bytes.h"
#include "serving/generation/bytes.h"
#include "serving/generation/check.h"
#include "serving/generation/format_byte.h"

namespace aisle::serving {
namespace {

using features::BrandHistory;
using features::CategoryHistory;
using features::CustomerRecord;
using features::PairHistory;

// Every field of an entry is at least one byte.
constexpr std::size_t kCategoryBytesMin = 6;
constexpr std::size_t kBrandBytesMin = 2;
constexpr std::size_t kPairBytesMin = 9;

constexpr unsigned kHasBirthDate = 1;
constexpr unsigned kHasApp = 2;
constexpr unsigned kEmailSubscriber = 4;
constexpr unsigned kFlagsEnd = 8;

void WriteLists(const CustomerRecord& record, kv::RecordWriter& out) {
  out.Unsigned(record.categories.size());
  for (const CategoryHistory& entry : record.categories) {
    out.Unsigned(entry.category);
    out.Signed(entry.sessions);
    out.Signed(entry.sessions_28d);
    out.Signed(entry.purchases);
    out.Time(entry.last_event, record.as_of);
    out.Time(entry.last_purchase, record.as_of);
  }
  out.Unsigned(record.brands.size());
  for (const BrandHistory& entry : record.brands) {
    out.Unsigned(entry.brand);
    out.Signed(entry.products);
  }
  out.Unsigned(record.pairs.size());
  std::uint64_t before = 0;
  for (const PairHistory& entry : record.pairs) {
    const auto product = static_cast<std::uint64_t>(entry.product.value);
    out.Signed(static_cast<std::int64_t>(product - before));
    before = product;
    out.Signed(entry.views);
    out.Signed(entry.carts);
    out.Signed(entry.purchases);
    out.Signed(entry.views_28d);
    out.Signed(entry.purchases_90d);
    out.Time(entry.last_view, record.as_of);
    out.Time(entry.last_cart, record.as_of);
    out.Time(entry.last_purchase, record.as_of);
  }
}

void ReadLists(kv::RecordReader& in, CustomerRecord& record) {
  record.categories.resize(in.Count(kCategoryBytesMin));
  for (CategoryHistory& entry : record.categories) {
    entry.category = in.Int<std::uint16_t>();
    entry.sessions = in.Int<std::int32_t>();
    entry.sessions_28d = in.Int<std::int32_t>();
    entry.purchases = in.Int<std::int32_t>();
    entry.last_event = in.Time(record.as_of);
    entry.last_purchase = in.Time(record.as_of);
  }
  record.brands.resize(in.Count(kBrandBytesMin));
  for (BrandHistory& entry : record.brands) {
    entry.brand = in.Int<std::uint16_t>();
    entry.products = in.Int<std::int32_t>();
  }
  record.pairs.resize(in.Count(kPairBytesMin));
  std::uint64_t before = 0;
  for (PairHistory& entry : record.pairs) {
    before += static_cast<std::uint64_t>(in.Signed());
    entry.product.value = static_cast<std::int64_t>(before);
    entry.views = in.Int<std::int32_t>();
    entry.carts = in.Int<std::int32_t>();
    entry.purchases = in.Int<std::int32_t>();
    entry.views_28d = in.Int<std::int32_t>();
    entry.purchases_90d = in.Int<std::int32_t>();
    entry.last_view = in.Time(record.as_of);
    entry.last_cart = in.Time(record.as_of);
    entry.last_purchase = in.Time(record.as_of);
  }
}

// The first format had five characters, "00000" when unknown.
void ReadPostalCode(kv::RecordReader& in, int format, CustomerRecord& record) {
  constexpr std::size_t kZipBytes = 5;
  const std::string_view code = format == 1 ? in.Raw(kZipBytes) : in.Text();
  if (code.size() > domain::kPostalCodeBytesMax) in.FailHere();
  if (!in.Failed() && (format != 1 || code != "00000")) record.postal_code = code;
}

base::Date ReadDate(kv::RecordReader& in) {
  return base::Date{std::chrono::days{in.Int<std::int32_t>()}};
}

}  // namespace

std::string EncodeCustomer(const CustomerRecord& record) {
  kv::RecordWriter out;
  WriteFormat(out);
  out.Signed(record.customer.value);
  out.Signed(base::ToMicros(record.as_of));
  out.Byte(static_cast<std::uint8_t>((record.has_birth_date ? kHasBirthDate : 0U) |
                                     (record.has_app ? kHasApp : 0U) |
                                     (record.email_subscriber ? kEmailSubscriber : 0U)));
  out.Signed(record.date_of_birth.time_since_epoch().count());
  out.Signed(record.customer_since.time_since_epoch().count());
  out.Byte(static_cast<std::uint8_t>(record.tier));
  out.Byte(static_cast<std::uint8_t>(record.region));
  out.Text(record.postal_code);
  out.Signed(record.total_orders);
  out.Signed(record.lifetime_spend.value);
  out.Time(record.last_purchase, record.as_of);
  out.Signed(record.categories_purchased);
  out.Signed(record.browse_events);
  out.Signed(record.sessions);
  out.Signed(record.browsed_price_sum.value);
  out.Signed(record.browsed_price_count);
  out.Signed(record.add_to_cart_count);
  out.Signed(record.carts_started);
  out.Signed(record.carts_abandoned);
  out.Signed(record.points_earned);
  out.Signed(record.events);
  out.Signed(record.store_events);
  out.Time(record.last_event, record.as_of);
  out.Double(record.price_z_sum);
  out.Signed(record.price_z_count);
  WriteLists(record, out);
  return out.Take();
}

Result<CustomerRecord> DecodeCustomer(std::string_view bytes) {
  kv::RecordReader in(bytes);
  AISLE_TRY(const int format, ReadFormat(in, "customer record"));
  CustomerRecord record;
  record.customer.value = in.Signed();
  record.as_of = base::FromMicros(in.Signed());
  const unsigned flags = in.Byte();
  if (flags >= kFlagsEnd) in.FailHere();
  record.has_birth_date = (flags & kHasBirthDate) != 0;
  record.has_app = (flags & kHasApp) != 0;
  record.email_subscriber = (flags & kEmailSubscriber) != 0;
  record.date_of_birth = ReadDate(in);
  record.customer_since = ReadDate(in);
  record.tier = static_cast<domain::Tier>(in.Byte());
  record.region = static_cast<domain::Region>(in.Byte());
  ReadPostalCode(in, format, record);
  record.total_orders = in.Int<std::int32_t>();
  record.lifetime_spend.value = in.Signed();
  record.last_purchase = in.Time(record.as_of);
  record.categories_purchased = in.Int<std::int32_t>();
  record.browse_events = in.Int<std::int32_t>();
  record.sessions = in.Int<std::int32_t>();
  record.browsed_price_sum.value = in.Signed();
  record.browsed_price_count = in.Int<std::int32_t>();
  record.add_to_cart_count = in.Int<std::int32_t>();
  record.carts_started = in.Int<std::int32_t>();
  record.carts_abandoned = in.Int<std::int32_t>();
  record.points_earned = in.Signed();
  record.events = in.Int<std::int32_t>();
  record.store_events = in.Int<std::int32_t>();
  record.last_event = in.Time(record.as_of);
  record.price_z_sum = in.Double();
  record.price_z_count = in.Int<std::int32_t>();
  ReadLists(in, record);
  AISLE_CHECK(in.Finish("customer record"));
  AISLE_CHECK(CheckCustomer(record, ErrorCode::kInternal));
  return record;
}

std::string EncodePropensity(std::span<const float> scores) {
  kv::RecordWriter out;
  for (const float score : scores) out.Float(score);
  return out.Take();
}

Result<std::vector<float>> DecodePropensity(std::string_view bytes, std::size_t category_count) {
  if (bytes.size() != category_count * sizeof(float)) {
    return Fail(ErrorCode::kInternal,
                fmt::format("propensity is damaged: {} bytes for {} categories", bytes.size(),
                            category_count));
  }
  kv::RecordReader in(bytes);
  std::vector<float> scores(category_count);
  for (float& score : scores) score = in.Float();
  return scores;
}

}  // namespace aisle::serving
