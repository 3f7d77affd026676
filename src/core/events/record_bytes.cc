#include "events/record_bytes.h"

#include <fmt/format.h>

#include "raw/plain_text.h"

namespace aisle::events {
namespace {

constexpr std::uint8_t kRecordFormat = 2;
constexpr std::size_t kEnvelopeBytes = 16;   // About, beside the id.
constexpr std::uint8_t kBareImpression = 1;  // The format without envelopes.
// Formats and kinds are counted up one by one. What is farther ahead of this build is nobody's: damage, or made up by
// who may write a log that is shared. A newer program's records wait for that; these must not hold up anybody.
constexpr int kAheadMax = 16;

std::unexpected<Error> Unknown(int kind) {
  if (kind > static_cast<int>(kKinds.back()) + kAheadMax)
    return Fail(ErrorCode::kInternal, fmt::format("record: kind {} is no program's", kind));
  std::string known;
  for (const Kind one : kKinds)
    known += fmt::format("{}{}", known.empty() ? "" : ", ", KindName(one));
  return Fail(
      ErrorCode::kFailedPrecondition,
      fmt::format("record: kind {} is none of those this build knows ({}); use a newer aisle", kind,
                  known));
}

std::unexpected<Error> Newer(std::string_view what, int format, int newest) {
  if (format > newest + kAheadMax)
    return Fail(ErrorCode::kInternal, fmt::format("{}: format {} is no program's", what, format));
  return Fail(ErrorCode::kFailedPrecondition,
              fmt::format("{}: format {} is newer than this build's {}; use a newer aisle", what,
                          format, newest));
}

}  // namespace

kv::RecordWriter BeginRecord(Kind kind, std::string_view id, base::Timestamp time,
                             std::uint8_t body_format, std::size_t body_bytes) {
  kv::RecordWriter out;
  out.Reserve(kEnvelopeBytes + id.size() + body_bytes);
  out.Byte(kRecordFormat);
  out.Byte(static_cast<std::uint8_t>(kind));
  out.Text(id);
  out.Signed(base::ToMicros(time));
  out.Byte(body_format);
  return out;
}

Result<OpenedRecord> OpenRecord(std::string_view bytes) {
  OpenedRecord record{{}, 1, kv::RecordReader(bytes)};
  kv::RecordReader& in = record.body;
  const int format = in.Byte();
  if (format > kRecordFormat) return Newer("record", format, kRecordFormat);
  if (format < kBareImpression) in.FailHere();
  if (format == kRecordFormat) {
    const int kind = in.Byte();
    if (kind > static_cast<int>(kKinds.back())) return Unknown(kind);
    if (kind == 0) in.FailHere();
    record.envelope.kind = static_cast<Kind>(kind);
  }
  const std::string_view id = in.Text();
  if (!raw::IsPlainText(id)) in.FailHere();
  record.envelope.id = id;
  record.envelope.time = base::FromMicros(in.Signed());
  if (format == kRecordFormat) record.body_format = in.Byte();
  if (in.Failed()) return std::unexpected(in.Finish("record").error());
  return record;
}

Status ExpectBody(const OpenedRecord& record, Kind kind, int newest) {
  const Envelope& envelope = record.envelope;
  if (envelope.kind != kind) {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("a record of kind '{}', not '{}'",
                                                         KindName(envelope.kind), KindName(kind)));
  }
  if (record.body_format > newest) return Newer(KindName(kind), record.body_format, newest);
  if (record.body_format >= 1) return {};
  return Fail(ErrorCode::kInternal, fmt::format("{}: its body has no format", KindName(kind)));
}

Result<Envelope> DecodeEnvelope(std::string_view bytes) {
  AISLE_TRY(auto record, OpenRecord(bytes));
  return std::move(record.envelope);
}

}  // namespace aisle::events
