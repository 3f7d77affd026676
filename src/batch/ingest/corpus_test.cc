#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "ingest/exercise_testing.h"

namespace aisle::ingest {
namespace {

TEST(Corpus, EveryFileIsReadBothWays) {
  std::size_t files = 0;
  std::size_t records = 0;
  std::size_t mappings = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(AISLE_SOURCE_DIR) / "src/batch/ingest/corpus")) {
    const auto bytes = base::ReadFile(entry.path());
    ASSERT_TRUE(bytes);
    ++files;
    records += ExerciseCsv(*bytes);
    mappings += ExerciseMapping(*bytes) ? 1 : 0;
  }
  EXPECT_GE(files, 9U);
  EXPECT_GE(records, 12U);
  EXPECT_GE(mappings, 1U);
}

}  // namespace
}  // namespace aisle::ingest
