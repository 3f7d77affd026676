// For tests: trainings on a FakeShop, each test with a registry of its own.
//
//   order    the same seed and one thread: the same bytes again.
//   errors   what a test cannot go on without fails it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "training/fake_shop_testing.h"
#include "training/recipe.h"

namespace aisle::training {

inline constexpr int kCustomers = 600;

class TrainingTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::temp_directory_path() /
            ("aisle_training_test_" + std::to_string(getpid()));
    std::filesystem::create_directories(root_);
    options_.as_of = *base::ParseTimestamp("2026-11-24");
    options_.threads = 1;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  Result<TrainReport> Run(const std::string& recipe) {
    return TrainFrom(shop_.Source(), Registry(), recipe, options_);
  }
  registry::Registry Registry() const { return registry::Registry(root_ / "models"); }

  // A shipped recipe with pieces of text replaced, as a file.
  std::string File(const std::string& recipe,
                   const std::vector<std::pair<std::string, std::string>>& changes) {
    std::string text = *RecipeText(recipe);
    for (const auto& [from, to] : changes) {
      const auto at = text.find(from);
      EXPECT_NE(at, std::string::npos) << from;
      text.replace(at, from.size(), to);
    }
    const std::filesystem::path path = root_ / (recipe + ".toml");
    std::ofstream(path) << text;
    return path.string();
  }

  // The recipe's list of inputs, as it stands in the file.
  static std::string InputsOf(const std::string& recipe) {
    const std::string text = *RecipeText(recipe);
    const auto at = text.find("names = [");
    return text.substr(at, text.find(']', at) + 1 - at);
  }

  FakeShop shop_{kCustomers};
  TrainOptions options_;
  std::filesystem::path root_;
};

}  // namespace aisle::training
