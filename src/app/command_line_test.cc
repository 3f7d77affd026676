#include "app/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/command.h"
#include "base/little_memory_testing.h"

namespace aisle::app {
namespace {

using testing::HasSubstr;

struct Said {
  int code = 0;
  std::string out;
  std::string err;
};

Said Say(const std::vector<std::string>& arguments) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Said said;
  said.code = RunCommandLine(arguments);
  std::fflush(stdout);
  std::fflush(stderr);
  said.out = testing::internal::GetCapturedStdout();
  said.err = testing::internal::GetCapturedStderr();
  return said;
}

TEST(CommandLine, HelpNamesEveryCommandAndTheExitCodes) {
  for (const auto& words : {std::vector<std::string>{}, {"--help"}, {"help"}}) {
    const Said said = Say(words);
    EXPECT_EQ(said.code, 0);
    for (const Command& command : Commands())
      EXPECT_THAT(said.out, HasSubstr("\n  " + std::string(command.name) + " "));
    EXPECT_THAT(said.out, HasSubstr("Exit codes"));
    EXPECT_THAT(said.out, HasSubstr("end with 0 when a signal does"));
  }
}

TEST(CommandLine, EveryCommandTeachesByExamplesAndKnowsTheCommonOptions) {
  for (const Command& command : Commands()) {
    const Said said = Say({std::string(command.name), "--help"});
    EXPECT_EQ(said.code, 0) << command.name;
    const std::size_t examples = said.out.find("Examples:");
    ASSERT_NE(examples, std::string::npos) << command.name;
    int count = 0;
    for (std::size_t at = examples; (at = said.out.find("\n  ", at + 1)) != std::string::npos;)
      count += said.out.compare(at + 3, 1, " ") != 0 ? 1 : 0;
    EXPECT_GE(count, 2) << command.name;
    EXPECT_LE(count, 4) << command.name;
    for (const char* option : {"--data", "--config", "--seed", "--as-of", "--json", "--quiet"})
      EXPECT_THAT(said.out, HasSubstr(option)) << command.name;
  }
}

TEST(CommandLine, HelpOfACommandIsItsHelpFlag) {
  EXPECT_EQ(Say({"help", "models", "show"}).out, Say({"models", "show", "--help"}).out);
  EXPECT_EQ(Say({"help", "train"}).out, Say({"train", "--help"}).out);
}

TEST(CommandLine, AnUnknownOptionIsOneLineAndExitCodeTwo) {
  const Said said = Say({"train", "--fast"});
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(said.err, testing::StartsWith("aisle train: "));
  EXPECT_THAT(said.err, HasSubstr("--fast"));
  EXPECT_THAT(said.err, HasSubstr("aisle train --help"));
  EXPECT_EQ(said.out, "");
}

TEST(CommandLine, AnUnknownCommandIsExitCodeTwo) {
  const Said said = Say({"recomend", "5"});
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(said.err, testing::StartsWith("aisle: "));
}

TEST(CommandLine, AGroupOfCommandsAloneSaysWhichThereAre) {
  const Said said = Say({"models"});
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(said.err, testing::StartsWith("aisle models: "));
  EXPECT_THAT(said.err, HasSubstr("`aisle models list`"));
  EXPECT_EQ(said.out, "");
}

TEST(CommandLine, NumbersOutOfRangeNameTheRange) {
  const Said said = Say({"recommend", "5", "--top-n", "0"});
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(said.err, HasSubstr("1 to 100"));
}

TEST(CommandLine, ATimeThatIsNoneIsRefused) {
  const Said said = Say({"status", "--as-of", "yesterday"});
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(said.err, HasSubstr("yesterday"));
}

TEST(CommandLine, AWrongOptionOfASubCommandNamesThatOne) {
  const Said said = Say({"models", "bench", "--wrong"});
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(said.err, HasSubstr("aisle models bench: "));
  EXPECT_THAT(said.err, HasSubstr("`aisle models bench --help`"));
}

TEST(CommandLine, OptionsOfEveryCommandMayStandBeforeIt) {
  const Said before = Say({"--json", "--data", "/nowhere/at/all", "status"});
  const Said after = Say({"status", "--json", "--data", "/nowhere/at/all"});
  EXPECT_EQ(before.code, 0);
  EXPECT_EQ(before.out, after.out);
  EXPECT_THAT(before.out, HasSubstr("\"data\":\"/nowhere/at/all\""));
}

// A file of 200 MB in 40 MB more than the process has.
TEST(CommandLine, MemoryThatRunsOutIsAnErrorOfOneLine) {
  if (!base::kMemoryCanBeLimited) GTEST_SKIP() << "sanitizers reserve address space of their own";
  const auto path =
      std::filesystem::temp_directory_path() / fmt::format("aisle-holes-{}.json", getpid());
  std::ofstream(path) << "{";
  std::filesystem::resize_file(path, 200'000'000);
  const auto bench = [&] {
    if (!base::LimitMemory(std::size_t{40} << 20U)) std::_Exit(99);
    std::_Exit(RunCommandLine({"models", "bench", "--file", path.string()}));
  };
  EXPECT_EXIT(
      bench(), testing::ExitedWithCode(5),
      "aisle models bench: memory ran out while this ran; a machine with more memory.*\n  next: ");
  std::filesystem::remove(path);
}

TEST(CommandLine, TheVersionIsOneLine) {
  EXPECT_THAT(Say({"--version"}).out, testing::MatchesRegex("aisle [0-9.]+\n"));
}

TEST(CommandLine, EveryErrorCodeHasAnExitCodeOfItsOwn) {
  EXPECT_EQ(ExitCodeOf(ErrorCode::kInternal), 1);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kInvalidArgument), 2);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kNotFound), 3);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kUnavailable), 4);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kFailedPrecondition), 5);
}

}  // namespace
}  // namespace aisle::app
