#include "forest/formats/load.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <unordered_set>

#include "base/files.h"
#include "forest/formats/document.h"
#include "forest/formats/foreign.h"
#include "forest/formats/load_parts.h"

namespace aisle::forest {
namespace {

// Both forms open with a brace; JSON goes on with a quotation mark (or space), UBJSON with a length's type.
bool LooksLikeJson(std::string_view bytes) {
  const std::size_t brace = bytes.find_first_not_of(" \t\r\n");
  if (brace == std::string_view::npos || bytes[brace] != '{') return false;
  const std::size_t next = bytes.find_first_not_of(" \t\r\n", brace + 1);
  return next != std::string_view::npos &&
         (bytes[next] == '"' || (bytes[next] == '}' && brace != 0));
}

// Which library wrote a JSON file shows in what stands at the top. CatBoost's numbers are doubles, so its
// files are read once more, as such.
Result<Model> FromJson(std::string_view bytes) {
  {
    AISLE_TRY(const Value root, ReadJson(bytes, Decimals::kFloat));
    if (std::string what = WhatElseItIs(root); !what.empty()) return Refuse(std::move(what));
    if (root.Find("learner") != nullptr) return ReadXgboost(root);
    if (root.Find("oblivious_trees") == nullptr && root.Find("features_info") == nullptr) {
      return Refuse(
          "neither 'learner' (XGBoost) nor 'oblivious_trees' (CatBoost) stands in it; "
          "docs/FOREST_FORMATS.md says how to export");
    }
  }
  AISLE_TRY(const Value root, ReadJson(bytes, Decimals::kDouble));
  return ReadCatboost(root);
}

// A whole number beyond this one may stand for its neighbour too.
constexpr double kExactMax = 9007199254740991.0;

template <typename Name>
bool AllDiffer(const std::vector<Name>& names) {
  std::unordered_set<Name> seen;
  return std::ranges::all_of(names, [&](const Name& name) { return seen.insert(name).second; });
}

}  // namespace

Status AddNames(CategoryNames names, Model& model) {
  if (names.Size() > kCategoriesMax)
    return Refuse(fmt::format("input {}: {} category names; at most {}", names.feature,
                              names.Size(), kCategoriesMax));
  const bool exact =
      std::ranges::all_of(names.numbers, [](double x) { return std::abs(x) <= kExactMax; });
  if (!exact || !AllDiffer(names.texts) || !AllDiffer(names.numbers)) {
    const std::string input = model.feature_names.empty() ? fmt::format("{}", names.feature)
                                                          : model.feature_names[names.feature];
    model.names.unusable = fmt::format(
        "the category names of input '{}' {}, so rows cannot be matched by them. Train with names "
        "that are texts, or "
        "give category codes and say --codes",
        input, exact ? "stand there twice" : "are numbers beyond 2^53");
  }
  model.names.inputs.push_back(std::move(names));
  return {};
}

Result<std::uint32_t> AddCategorySet(std::vector<std::uint32_t> categories, Model& model) {
  std::ranges::sort(categories);
  categories.erase(std::ranges::unique(categories).begin(), categories.end());
  if (!categories.empty() && categories.back() >= kCategoriesMax) {
    return Refuse(
        fmt::format("category {}; they must be below {}", categories.back(), kCategoriesMax));
  }
  model.categories.insert(model.categories.end(), categories.begin(), categories.end());
  model.set_begin.push_back(static_cast<std::uint32_t>(model.categories.size()));
  return static_cast<std::uint32_t>(model.set_begin.size() - 2);
}

Result<Model> LoadModel(std::string_view bytes) {
  if (bytes.empty()) return Refuse("the file is empty");
  if (bytes.starts_with("tree\n") || bytes.starts_with("tree\r\n")) return ReadLightgbm(bytes);
  if (std::string what = WhatElseItIs(bytes); !what.empty()) return Refuse(std::move(what));
  if (LooksLikeJson(bytes)) return FromJson(bytes);
  AISLE_TRY(const Value root, ReadUbjson(bytes));
  if (std::string what = WhatElseItIs(root); !what.empty()) return Refuse(std::move(what));
  return ReadXgboost(root);
}

Result<Model> LoadModelFile(const std::filesystem::path& path) {
  try {
    AISLE_TRY(const std::string bytes, base::ReadFile(path));
    auto model = LoadModel(bytes);
    if (!model) return Within(path.string(), std::move(model).error());
    return model;
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kFailedPrecondition,
                path.string() +
                    ": memory ran out while this model was loaded; a machine with more memory or a "
                    "smaller file is needed");
  }
}

}  // namespace aisle::forest
