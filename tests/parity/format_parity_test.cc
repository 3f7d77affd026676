// Every engine against the library that wrote the model, bit by bit. The models, the rows and what the library says
// about them are made by formats/train_*.py just before (formats/run.py), in folders that AISLE_FORMAT_CASES holds.
#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/files.h"
#include "engine_fit_testing.h"
#include "forest/explain/explainer.h"
#include "forest/forest.h"
#include "forest/formats/load.h"
#include "forest/predict_file.h"

namespace aisle {
namespace {

namespace fs = std::filesystem;
using Facts = std::map<std::string, std::string>;

Facts ReadFacts(const fs::path& path) {
  std::istringstream lines(base::ReadFile(path).value_or(""));
  Facts facts;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    facts[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return facts;
}

template <typename Number>
std::vector<Number> ReadNumbers(const fs::path& path, bool wanted = true) {
  if (!wanted) return {};
  const auto bytes = base::ReadFile(path);
  EXPECT_TRUE(bytes) << path;
  std::vector<Number> numbers(bytes.value_or("").size() / sizeof(Number));
  if (!numbers.empty()) std::memcpy(numbers.data(), bytes->data(), numbers.size() * sizeof(Number));
  return numbers;
}

// Floats and doubles alike: a float is compared as the double it is.
std::vector<double> ReadExpected(const fs::path& folder, const std::string& what,
                                 const std::string& kind) {
  if (kind == "f64") return ReadNumbers<double>(folder / (what + ".f64"));
  const auto floats = ReadNumbers<float>(folder / (what + ".f32"));
  return {floats.begin(), floats.end()};
}

std::size_t Different(const std::vector<double>& ours, const std::vector<double>& theirs,
                      double tolerance) {
  std::size_t count = ours.size() == theirs.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) {
    const bool equal =
        std::bit_cast<std::uint64_t>(ours[i]) == std::bit_cast<std::uint64_t>(theirs[i]);
    if (!equal && !(std::abs(ours[i] - theirs[i]) <= tolerance)) ++count;
  }
  return count;
}

// How many models each engine scored, the one chosen by itself counted where it is chosen.
using Scored = std::map<forest::Engine, std::size_t>;

// Contributions to the margins, of every n-th row. All three libraries sum them with rounding of their own, XGBoost in
// floats: 1e-5, of the largest in the row where that is more than 1.
constexpr double kContributionsTolerance = 1e-5;

template <typename Number>
void ExpectContributions(const forest::Forest& forest, const std::vector<Number>& rows,
                         std::size_t every, const std::vector<double>& expected) {
  const auto explainer = forest::Explainer::Build(forest);
  ASSERT_TRUE(explainer) << explainer.error().message;
  const std::size_t features = forest.FeatureCount();
  std::vector<Number> part;
  for (std::size_t i = 0; i * features < rows.size(); i += every) {
    const auto from = rows.begin() + static_cast<std::ptrdiff_t>(i * features);
    part.insert(part.end(), from, from + static_cast<std::ptrdiff_t>(features));
  }
  const std::size_t row_size = explainer->Width() * explainer->GroupCount();
  std::vector<double> ours(part.size() / features * row_size);
  ASSERT_EQ(ours.size(), expected.size());
  explainer->Contributions(std::span<const Number>(part), ours);
  std::size_t different = 0;
  double furthest = 0;
  for (std::size_t i = 0; i < ours.size(); i += row_size) {
    double largest = 1;
    for (std::size_t k = i; k < i + row_size; ++k) largest = std::max(largest, std::abs(ours[k]));
    for (std::size_t k = i; k < i + row_size; ++k) {
      const double off = std::abs(ours[k] - expected[k]) / largest;
      furthest = std::max(furthest, off);
      if (!(off <= kContributionsTolerance)) ++different;
    }
  }
  EXPECT_EQ(different, 0U) << "contributions of " << ours.size() << ", the furthest by "
                           << furthest;
  std::printf("  contributions: %zu, the furthest by %.1e\n", ours.size(), furthest);
}

void ExpectParity(const fs::path& file, const Facts& facts, Scored& scored) {
  SCOPED_TRACE(file.string() + ", written by " + facts.at("library"));
  const auto model = forest::LoadModelFile(file);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->objective_name, facts.at("objective"));
  EXPECT_EQ(std::to_string(model->feature_count), facts.at("columns"));
  EXPECT_EQ(std::to_string(model->group_count), facts.at("groups"));
  EXPECT_EQ(std::to_string(model->OutputCount()), facts.at("outputs"));
  EXPECT_EQ(model->wide, facts.at("kind") == "f64");
  if (facts.contains("best_rounds")) {
    EXPECT_EQ(model->early_stop ? std::to_string(model->early_stop->best_rounds) : "0",
              facts.at("best_rounds"));
  }
  const fs::path folder = file.parent_path();
  // Rows of doubles are read as such by a model that compares them, and rounded by any other.
  const bool doubles = facts.at("rows") == "f64";
  const auto floats = ReadNumbers<float>(folder / "rows.f32", !doubles);
  const auto wide = ReadNumbers<double>(folder / "rows.f64", doubles);
  const auto margins = ReadExpected(folder, "margins", facts.at("kind"));
  const auto predictions = ReadExpected(folder, "predictions", facts.at("kind"));
  ASSERT_GT(margins.size(), 1000U);
  const double tolerance = facts.contains("tolerance") ? std::stod(facts.at("tolerance")) : 0;
  std::vector<forest::Engine> engines(forest::AllEngines().begin(), forest::AllEngines().end());
  engines.push_back(forest::Engine::kAuto);
  if (facts.contains("explained_every")) {
    const auto forest = forest::Forest::Build(*model, forest::Engine::kReference);
    ASSERT_TRUE(forest) << forest.error().message;
    const auto expected = ReadNumbers<double>(folder / "contributions.f64");
    const std::size_t every = std::stoul(facts.at("explained_every"));
    doubles ? ExpectContributions(*forest, wide, every, expected)
            : ExpectContributions(*forest, floats, every, expected);
  }
  for (const auto engine : engines) {
    SCOPED_TRACE(forest::EngineName(engine));
    if (!forest::CheckEngine(engine)) continue;
    const auto forest = forest::Forest::Build(*model, engine);
    if (engine != forest::Engine::kAuto && !WhyItMayDecline(*model, engine).empty()) {
      EXPECT_FALSE(forest) << "takes a model that is " << WhyItMayDecline(*model, engine);
      continue;
    }
    ASSERT_TRUE(forest) << forest.error().message;
    ++scored[forest->EngineInUse()];
    std::vector<double> ours(margins.size());
    doubles ? forest->WideMargins(wide, ours) : forest->WideMargins(floats, ours);
    EXPECT_EQ(Different(ours, margins, 0), 0U) << "margins of " << margins.size();
    ours.resize(predictions.size());
    doubles ? forest->WidePredict(wide, ours) : forest->WidePredict(floats, ours);
    EXPECT_EQ(Different(ours, predictions, tolerance), 0U)
        << "predictions of " << predictions.size();
  }
}

// The numbers of a file that `predict` wrote, without its header.
template <typename Number>
std::vector<double> ReadWritten(const fs::path& path) {
  std::istringstream lines(base::ReadFile(path).value_or(""));
  std::vector<double> numbers;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    Number number = 0;
    std::from_chars(line.data(), line.data() + line.size(), number);
    numbers.push_back(static_cast<double>(number));
  }
  return numbers;
}

// Rows as people have them: by the names of categories, and by their codes.
void ExpectFrameParity(const fs::path& file, const Facts& facts) {
  SCOPED_TRACE(file.string() + ", written by " + facts.at("library"));
  const fs::path folder = file.parent_path();
  const fs::path out = folder / "out.csv";
  const auto margins = ReadExpected(folder, "margins", facts.at("kind"));
  ASSERT_GT(margins.size(), 500U);
  const auto written = [&] {
    return facts.at("kind") == "f64" ? ReadWritten<double>(out) : ReadWritten<float>(out);
  };
  const auto predict = [&](const char* rows, bool codes) {
    return forest::PredictFile(file, folder / rows, {.margin = true, .codes = codes}, out);
  };
  const auto by_code = predict("codes.csv", true);
  ASSERT_TRUE(by_code) << by_code.error().message;
  EXPECT_EQ(Different(written(), margins, 0), 0U) << "codes";
  const auto by_name = predict("rows.csv", false);
  const bool named = facts.at("by") == "names";
  if (!named || facts.contains("names_refused")) {
    ASSERT_FALSE(by_name);
    const std::string words = named ? facts.at("names_refused") : "given by its code (0, 1, ...)";
    EXPECT_NE(by_name.error().message.find(words), std::string::npos) << by_name.error().message;
    return;
  }
  ASSERT_TRUE(by_name) << by_name.error().message;
  EXPECT_EQ(Different(written(), margins, 0), 0U) << "names";
  EXPECT_GE(by_name->categories.by_name.size(), 2U);
  const std::string unseen = facts.contains("unseen") ? facts.at("unseen") : "0";
  EXPECT_EQ(std::to_string(by_name->categories.unseen_count), unseen);
  EXPECT_EQ(unseen == "0", fs::exists(folder / "unseen.csv")) << "it is counted, or refused";
  if (unseen != "0") return;
  const auto strange = predict("unseen.csv", false);
  ASSERT_FALSE(strange);
  EXPECT_NE(strange.error().message.find("'Paris' is no category that the model was trained with"),
            std::string::npos)
      << strange.error().message;
}

void ExpectRefused(const fs::path& file, const std::string& words) {
  SCOPED_TRACE(file.string());
  const auto model = forest::LoadModelFile(file);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(model.error().message.find(words), std::string::npos) << model.error().message;
}

TEST(FormatParity, EveryModelGivesItsLibrarysOwnBitsOrIsRefusedByName) {
  const char* root = std::getenv("AISLE_FORMAT_CASES");
  ASSERT_NE(root, nullptr) << "run tests/parity/formats/run.py, which sets AISLE_FORMAT_CASES";
  Scored scored;
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (const auto& entry : fs::directory_iterator(root)) {
    const Facts facts = ReadFacts(entry.path() / "case.txt");
    ASSERT_FALSE(facts.empty()) << entry.path();
    std::size_t files = 0;
    for (const auto& file : fs::directory_iterator(entry.path())) {
      if (file.path().stem() != "model") continue;
      ++files;
      if (facts.contains("refused")) {
        ExpectRefused(file.path(), facts.at("refused"));
      } else if (facts.contains("by")) {
        ExpectFrameParity(file.path(), facts);
      } else {
        ExpectParity(file.path(), facts, scored);
      }
    }
    EXPECT_GE(files, 1U) << entry.path();
    ++(facts.contains("refused") ? refused : accepted);
  }
  // A case that the training script dropped, or that was not found, must not go unnoticed.
  const char* const counts = std::getenv("AISLE_FORMAT_COUNTS");
  ASSERT_NE(counts, nullptr) << "run.py says how many cases there are: \"25 4\"";
  EXPECT_EQ(std::to_string(accepted) + " " + std::to_string(refused), counts);
  std::printf("%zu kinds of models equal, %zu refused by name\n", accepted, refused);
  for (const auto engine : forest::AllEngines()) {
    if (const auto runs = forest::CheckEngine(engine); !runs) {
      std::printf("SKIPPED %s\n", runs.error().message.c_str());
    } else {
      std::printf("%s: %zu models\n", std::string(forest::EngineName(engine)).c_str(),
                  scored[engine]);
    }
  }
}

}  // namespace
}  // namespace aisle
