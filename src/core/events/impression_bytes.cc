// An impression as bytes. Sources stand once each and are referred to by number: an answer has many
// products and few sources.
#include <algorithm>
#include <array>
#include <cmath>

#include "events/events.h"
#include "events/record_bytes.h"
#include "raw/plain_text.h"

namespace aisle::events {
namespace {

constexpr std::uint8_t kImpressionFormat = 3;
constexpr int kFirstWithVisitor = 3;
constexpr int kRegionByIndex = 1;  // The first format; then as ever in the order of these names.
constexpr std::array<std::string_view, 5> kRegionNames = {"Northeast", "Southeast", "Midwest",
                                                          "South", "West"};
constexpr std::size_t kShownBytesMin = 1 + sizeof(float) + 1;
// All sources of a decoded impression together: a hundred products with names of rungs are 2 kB.
constexpr std::size_t kSourceBytesMax = 1U << 20U;

std::string_view PlainText(kv::RecordReader& in) {
  const std::string_view text = in.Text();
  if (!raw::IsPlainText(text)) in.FailHere();
  return text;
}

std::string_view ReadRegion(kv::RecordReader& in, int format) {
  if (format != kRegionByIndex) return PlainText(in);
  const std::size_t index = in.Byte();
  if (index < kRegionNames.size()) return kRegionNames[index];
  in.FailHere();
  return {};
}

}  // namespace

std::string EncodeImpression(const Impression& impression) {
  kv::RecordWriter out = BeginRecord(Kind::kImpression, impression.request_id, impression.served_at,
                                     kImpressionFormat, 64 + 10 * impression.shown.size());
  out.Signed(impression.customer.value);
  out.Text(impression.region);
  out.Signed(impression.ranking_version);
  out.Signed(impression.propensity_version);
  out.Signed(impression.generation);
  out.Text(impression.arm);
  out.Text(impression.visitor);
  out.Byte(impression.batch ? 1 : 0);

  std::vector<std::string_view> sources;
  const auto number_of = [&](std::string_view source) {
    const auto found = std::find(sources.begin(), sources.end(), source);
    const auto number = static_cast<std::size_t>(found - sources.begin());
    if (found == sources.end()) sources.push_back(source);
    return number;
  };
  std::vector<std::size_t> numbers;
  numbers.reserve(impression.shown.size());
  for (const ShownProduct& product : impression.shown) numbers.push_back(number_of(product.source));
  out.Unsigned(sources.size());
  for (const std::string_view source : sources) out.Text(source);
  out.Unsigned(impression.shown.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    out.Signed(impression.shown[i].product.value);
    out.Float(impression.shown[i].score);
    out.Unsigned(numbers[i]);
  }
  return out.Take();
}

Result<Impression> DecodeImpression(std::string_view bytes) {
  AISLE_TRY(auto record, OpenRecord(bytes));
  AISLE_CHECK(ExpectBody(record, Kind::kImpression, kImpressionFormat));
  kv::RecordReader& in = record.body;
  Impression impression;
  impression.request_id = std::move(record.envelope.id);
  impression.served_at = record.envelope.time;
  impression.customer.value = in.Signed();
  impression.region = ReadRegion(in, record.body_format);
  impression.ranking_version = in.Int<int>();
  impression.propensity_version = in.Int<int>();
  impression.generation = in.Signed();
  impression.arm = PlainText(in);
  if (record.body_format >= kFirstWithVisitor) {
    impression.visitor = PlainText(in);
    impression.batch = in.Bool();
  }
  std::vector<std::string_view> sources(in.Count(1));
  for (std::string_view& source : sources) source = PlainText(in);
  // A long source that many products share would make much out of few bytes.
  std::size_t copied = 0;
  impression.shown.resize(in.Count(kShownBytesMin));
  for (ShownProduct& product : impression.shown) {
    product.product.value = in.Signed();
    product.score = in.Float();
    const std::uint64_t number = in.Unsigned();
    if (number < sources.size()) {
      copied += sources[number].size();
      if (copied > kSourceBytesMax) in.FailHere();
      if (!in.Failed()) product.source = sources[number];
    } else {
      in.FailHere();
    }
  }
  AISLE_CHECK(in.Finish("impression"));
  return impression;
}

}  // namespace aisle::events
