// What must hold of any bytes that are fed to a CopyDecoder: at once and in pieces they give the
// same rows and the same end. The fuzzer looks for bytes of which it does not.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "postgres/copy_format.h"

namespace aisle::postgres {

// Rows as text, and how it ended.
inline std::string Decoded(std::string_view bytes, std::size_t piece_bytes) {
  CopyDecoder decoder(3);
  std::string said;
  for (;;) {
    const std::string_view piece = bytes.substr(0, piece_bytes);
    bytes.remove_prefix(piece.size());
    decoder.Feed(piece);
    for (;;) {
      const Result<bool> more = decoder.Next();
      if (!more) return said + "error: " + more.error().message;
      if (!*more) break;
      for (int field = 0; field < 3; ++field) {
        if (decoder.IsNull(field)) said += "NULL,";
        if (const auto value = decoder.Int(field)) said += std::to_string(*value) + ",";
        if (const auto value = decoder.Double(field)) said += std::to_string(*value) + ",";
        if (const auto value = decoder.Bool(field)) said += *value ? "true," : "false,";
        if (const auto value = decoder.Time(field))
          said += std::to_string(base::ToMicros(*value)) + ",";
        if (const auto value = decoder.Day(field))
          said += std::to_string(value->time_since_epoch().count()) + ",";
        if (const auto value = decoder.Text(field)) said += std::string(*value) + ",";
      }
      said += "\n";
    }
    if (bytes.empty()) return said + (decoder.AtEnd() ? "end" : "more to come");
  }
}

inline void ExerciseDecoder(std::string_view bytes) {
  const std::string at_once = Decoded(bytes, bytes.size() + 1);
  AISLE_ASSERT(Decoded(bytes, 1) == at_once);
  AISLE_ASSERT(Decoded(bytes, 7) == at_once);
}

}  // namespace aisle::postgres
