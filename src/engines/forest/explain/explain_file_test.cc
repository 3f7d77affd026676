#include "forest/explain/explain_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "base/files.h"
#include "base/temp_folder_testing.h"
#include "forest/formats/corpus_file_testing.h"

namespace aisle::forest {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class ExplainFileTest : public testing::Test {
 protected:
  Result<std::string> Run(const fs::path& model, const std::string& csv) {
    AISLE_CHECK(base::WriteFileAtomic(folder_ / "rows.csv", csv));
    AISLE_CHECK(ExplainFile(model, folder_ / "rows.csv", false, folder_ / "out.csv"));
    return base::ReadFile(folder_ / "out.csv");
  }

  base::TempFolder temp_;
  const fs::path& folder_ = temp_.Path();
};

std::vector<std::vector<double>> Numbers(const std::string& text) {
  std::istringstream lines(text);
  std::vector<std::vector<double>> numbers;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    auto& row = numbers.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(std::stod(cell));
  }
  return numbers;
}

TEST_F(ExplainFileTest, EachLineAddsUpToItsMarginWhateverTheOrderOfTheColumns) {
  const auto out = Run(kCorpus / "logistic.ubj", "b,a\n1,3\n,30\n2,\n");
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_THAT(*out, StartsWith("a,b,bias,margin\n"));
  const auto numbers = Numbers(*out);
  ASSERT_EQ(numbers.size(), 3U);
  for (const auto& row : numbers) {
    ASSERT_EQ(row.size(), 4U);
    EXPECT_NEAR(row[0] + row[1] + row[2], row[3], 1e-6);
  }
  EXPECT_NE(numbers[0][0], 0);
  EXPECT_EQ(*out, *Run(kCorpus / "logistic.ubj", "a,b\n3,1\n30,\n,2\n"));
}

TEST_F(ExplainFileTest, SeveralClassesHaveALineEach) {
  const auto model = kCorpus / "lightgbm_classes.txt";
  const auto loaded = base::ReadFile(model);
  ASSERT_TRUE(loaded);
  const std::size_t begin = loaded->find("feature_names=") + 14;
  std::string header = loaded->substr(begin, loaded->find('\n', begin) - begin);
  std::string row;
  for (char& c : header) {
    if (c == ' ') c = ',';
    if (c == ',') row += "0.5,";
  }
  const auto out = Run(model, header + "\n" + row + "1\n" + row + "\n");
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_THAT(*out, StartsWith("class," + header + ",bias,margin\n"));
  const auto numbers = Numbers(*out);
  ASSERT_GE(numbers.size(), 4U);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto& line = numbers[i];
    EXPECT_EQ(line[0], static_cast<double>(i % (numbers.size() / 2)));
    double sum = 0;
    for (std::size_t k = 1; k + 1 < line.size(); ++k) sum += line[k];
    EXPECT_NEAR(sum, line.back(), 1e-12);
  }
}

TEST_F(ExplainFileTest, AFileWithoutCoversIsRefusedByItsPath) {
  auto text = base::ReadFile(kCorpus / "logistic.json");
  ASSERT_TRUE(text);
  constexpr std::string_view kCovers = R"("sum_hessian":[)";
  for (std::size_t at = text->find(kCovers); at != std::string::npos;
       at = text->find(kCovers, at + kCovers.size()))
    text->insert(at + kCovers.size(), "7,");  // As many numbers as there are no nodes.
  ASSERT_TRUE(base::WriteFileAtomic(folder_ / "model.json", *text));
  const auto out = Run(folder_ / "model.json", "a,b\n3,1\n");
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(out.error().message, AllOf(HasSubstr("model.json"), HasSubstr("cannot be explained"),
                                         HasSubstr("does not say how much training data")));
  EXPECT_FALSE(fs::exists(folder_ / "out.csv"));
}

}  // namespace
}  // namespace aisle::forest
