// Settings files: any bytes give settings within their ranges, or words that name the file.
#include <string_view>

#include "workspace/settings.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace aisle;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  workspace::Settings settings;
  if (const Status status = workspace::ApplySettingsText({"fuzz.toml", text}, settings); !status) {
    AISLE_ASSERT(status.error().code == ErrorCode::kInvalidArgument);
    AISLE_ASSERT(status.error().message.starts_with("fuzz.toml:"));
    return 0;
  }
  for (const workspace::SettingKey& key : workspace::SettingKeys()) {
    if (const auto* field = std::get_if<std::int64_t workspace::Settings::*>(&key.field)) {
      // 0 where the text says nothing.
      const std::int64_t value = settings.*(*field);
      AISLE_ASSERT(value == 0 || (value >= key.low && value <= key.high));
    }
  }
  return 0;
}
