#include "forest/formats/load.h"

#include <algorithm>
#include <new>

#include "base/files.h"
#include "forest/formats/document.h"
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
    if (root.Find("learner") != nullptr) return ReadXgboost(root);
    if (root.Find("oblivious_trees") == nullptr && root.Find("features_info") == nullptr) {
      return Refuse("neither 'learner' (XGBoost) nor 'oblivious_trees' (CatBoost) stands in it");
    }
  }
  AISLE_TRY(const Value root, ReadJson(bytes, Decimals::kDouble));
  return ReadCatboost(root);
}

}  // namespace

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
  if (LooksLikeJson(bytes)) return FromJson(bytes);
  AISLE_TRY(const Value root, ReadUbjson(bytes));
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
