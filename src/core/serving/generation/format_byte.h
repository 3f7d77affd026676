// The first byte of every record and file of a generation: its format. Private to this module.
//
//   errors   ReadFormat: kFailedPrecondition for a newer format; kInternal for none.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "base/result.h"
#include "kv/record_bytes.h"
#include "serving/generation/manifest.h"

namespace aisle::serving {

static_assert(kGenerationFormat > 0 && kGenerationFormat < 256);

inline void WriteFormat(kv::RecordWriter& out) {
  out.Byte(static_cast<std::uint8_t>(kGenerationFormat));
}

// The format that was read: kGenerationFormatFirst to kGenerationFormat.
inline Result<int> ReadFormat(kv::RecordReader& in, std::string_view what) {
  const int format = in.Byte();
  if (format > kGenerationFormat) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("{}: format {} is newer than this build's {}; use a newer aisle", what,
                            format, kGenerationFormat));
  }
  if (format < kGenerationFormatFirst)
    return Fail(ErrorCode::kInternal, fmt::format("{} is damaged: format {}", what, format));
  return format;
}

}  // namespace aisle::serving
