// The outside of a record as bytes: its envelope, and where its body begins. Private to this module.
//
//   format 2  format 2 · kind · id · time · format of the body · body
//   format 1  format 1 · id · time · body: an impression of the first format
//
//   errors   as record.h.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "events/record.h"
#include "kv/record_bytes.h"

namespace aisle::events {

// `body_bytes`: about how long the body will be; a guess saves time only.
kv::RecordWriter BeginRecord(Kind kind, std::string_view id, base::Timestamp time,
                             std::uint8_t body_format, std::size_t body_bytes);

struct OpenedRecord {
  Envelope envelope;
  int body_format = 0;
  kv::RecordReader body;  // The reader of the whole, at the body.
};
// `bytes` must outlive what is returned.
Result<OpenedRecord> OpenRecord(std::string_view bytes);

// kInvalidArgument unless the record is of `kind`; kFailedPrecondition if its body is of a format after
// `newest`, kInternal if of one before 1.
Status ExpectBody(const OpenedRecord& record, Kind kind, int newest);

}  // namespace aisle::events
