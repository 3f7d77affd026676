// An impression as bytes. Sources stand once each and are referred to by number: an answer has many
// products and few sources.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "events/events.h"
#include "kv/record_bytes.h"

namespace aisle::events {
namespace {

constexpr std::uint8_t kImpressionFormat = 1;
constexpr std::size_t kShownBytesMin = 1 + sizeof(float) + 1;
// All sources of a decoded impression together: a hundred products with names of rungs are 2 kB.
constexpr std::size_t kSourceBytesMax = 1U << 20U;

}  // namespace

std::string EncodeImpression(const Impression& impression) {
  kv::RecordWriter out;
  out.Byte(kImpressionFormat);
  out.Text(impression.request_id);
  out.Signed(base::ToMicros(impression.served_at));
  out.Signed(impression.customer.value);
  out.Byte(static_cast<std::uint8_t>(impression.region));
  out.Signed(impression.ranking_version);
  out.Signed(impression.propensity_version);
  out.Signed(impression.generation);
  out.Text(impression.arm);

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
  kv::RecordReader in(bytes);
  if (const int format = in.Byte(); format > kImpressionFormat) {
    return Fail(
        ErrorCode::kFailedPrecondition,
        fmt::format("impression: format {} is newer than this build's {}; use a newer aisle",
                    format, kImpressionFormat));
  } else if (format != kImpressionFormat) {
    in.FailHere();
  }
  Impression impression;
  impression.request_id = in.Text();
  impression.served_at = base::FromMicros(in.Signed());
  impression.customer.value = in.Signed();
  impression.region = static_cast<domain::Region>(in.Byte());
  if (static_cast<std::size_t>(impression.region) >= domain::kRegionCount) in.FailHere();
  impression.ranking_version = in.Int<int>();
  impression.propensity_version = in.Int<int>();
  impression.generation = in.Signed();
  impression.arm = in.Text();
  std::vector<std::string_view> sources(in.Count(1));
  for (std::string_view& source : sources) source = in.Text();
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
