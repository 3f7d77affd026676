#include "workspace/settings.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "base/files.h"

namespace aisle::workspace {
namespace {

using testing::HasSubstr;

Environment Of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

Settings Defaults() { return LoadSettings(std::nullopt, Of({})).value(); }

std::string ErrorOf(std::string_view text) {
  Settings settings;
  const Status status = ApplySettingsText({"my.toml", text}, settings);
  return status ? std::string("no error") : status.error().message;
}

TEST(Settings, TheShippedFileSetsEveryKeyThatIsKnown) {
  // Keys of the table that the file does not mention would start as zero.
  const std::string_view text = DefaultSettingsText().text;
  for (const SettingKey& key : SettingKeys()) {
    const std::size_t section = text.find(fmt::format("\n[{}]\n", key.section));
    ASSERT_NE(section, std::string_view::npos) << key.section;
    const std::size_t end = std::min(text.find("\n[", section + 1), text.size());
    EXPECT_THAT(std::string(text.substr(section, end - section)),
                HasSubstr(fmt::format("\n{} = ", key.key)));
  }
  EXPECT_EQ(Defaults().generate_customers, 50'000);
  EXPECT_EQ(Defaults().serve_listen, "127.0.0.1:8000");
}

TEST(Settings, AnUnknownKeyIsRefusedWithItsLineAndTheKeysThereAre) {
  const std::string message = ErrorOf("[serve]\nlisten = \"127.0.0.1:1\"\nlisen = 3\n");
  EXPECT_THAT(message,
              HasSubstr("my.toml:3: unknown key 'lisen' in [serve] (did you mean 'listen'?)"));
  EXPECT_THAT(message, HasSubstr("request_deadline_ms"));
}

TEST(Settings, AnUnknownSectionIsRefusedWithItsLine) {
  EXPECT_THAT(ErrorOf("[train]\n\n[severs]\nlisten = 1\n"), HasSubstr("my.toml:3"));
}

TEST(Settings, AKeyOutsideASectionIsRefused) {
  EXPECT_THAT(ErrorOf("listen = 1\n"), HasSubstr("my.toml:1"));
  EXPECT_THAT(ErrorOf("serve = 1\n"), HasSubstr("'serve' must be a table, written [serve]"));
}

TEST(Settings, ValuesOutOfRangeNameTheRange) {
  const std::string message = ErrorOf("[evaluate]\nwindow_days = 366\n");
  EXPECT_THAT(message, HasSubstr("'window_days' in [evaluate] must be"));
  EXPECT_THAT(message, HasSubstr("from 1 to 365, not 366"));
}

TEST(Settings, ValuesOfAnotherTypeAreRefused) {
  EXPECT_THAT(ErrorOf("[general]\nseed = \"one\"\n"), HasSubstr("a whole number"));
  EXPECT_THAT(ErrorOf("[general]\nseed = 1.5\n"), HasSubstr("a whole number"));
  EXPECT_THAT(ErrorOf("[serve]\nlog_impressions = 1\n"), HasSubstr("true or false"));
  EXPECT_THAT(ErrorOf("[serve]\nlisten = 8000\n"), HasSubstr("a text in quotes"));
  EXPECT_THAT(ErrorOf("[train]\nrecipes = []\n"), HasSubstr("not empty"));
  EXPECT_THAT(ErrorOf("[train]\nrecipes = [1]\n"), HasSubstr("a list of texts"));
}

TEST(Settings, TextThatIsNotTomlNamesTheLine) {
  EXPECT_THAT(ErrorOf("[general]\nseed = \n"), HasSubstr("my.toml:2"));
}

TEST(Settings, TheEnvironmentWinsOverTheFileAndTheFileOverTheDefault) {
  const auto path =
      std::filesystem::temp_directory_path() / fmt::format("aisle-settings-{}.toml", getpid());
  ASSERT_TRUE(base::WriteFileAtomic(path, "[general]\nseed = 7\n[generate]\ncustomers = 70\n"));
  const auto settings = LoadSettings(path, Of({{"AISLE_GENERATE_CUSTOMERS", "700"},
                                               {"AISLE_TRAIN_RECIPES", "a,b"},
                                               {"AISLE_SERVE_LOG_IMPRESSIONS", "false"}}));
  std::filesystem::remove(path);
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->seed, 7);
  EXPECT_EQ(settings->generate_customers, 700);
  EXPECT_THAT(settings->train_recipes, testing::ElementsAre("a", "b"));
  EXPECT_FALSE(settings->serve_log_impressions);
  EXPECT_EQ(settings->evaluate_window_days, Defaults().evaluate_window_days);
}

TEST(Settings, AWrongEnvironmentVariableIsNamed) {
  const auto settings = LoadSettings(std::nullopt, Of({{"AISLE_SERVE_THREADS", "many"}}));
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(settings.error().message,
              HasSubstr("AISLE_SERVE_THREADS must be a whole number from 0 to 256, not \"many\""));
}

TEST(Settings, AMissingFileIsNotFound) {
  const auto settings = LoadSettings("/nowhere/aisle.toml", Of({}));
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code, ErrorCode::kNotFound);
}

TEST(Settings, AFirstWaitLongerThanTheLongestIsRefused) {
  EXPECT_FALSE(LoadSettings(std::nullopt, Of({{"AISLE_UP_RESTART_FIRST_MS", "60000"}})));
}

TEST(Settings, TheFuzzersCorpusGivesSettingsOrWordsThatNameTheFile) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(AISLE_SOURCE_DIR "/src/core/workspace/corpus")) {
    ++files;
    const std::string said = ErrorOf(base::ReadFile(entry.path()).value());
    EXPECT_TRUE(said == "no error" || said.starts_with("my.toml:")) << entry.path() << said;
  }
  EXPECT_GE(files, 5);
}

}  // namespace
}  // namespace aisle::workspace
