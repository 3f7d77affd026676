#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "forest/formats/load_parts.h"
#include "forest/formats/load_xgboost.h"

namespace aisle::forest {
namespace {

// Text k is the bytes from offsets[k] up to offsets[k + 1]; a byte may be written as a negative number.
Result<std::vector<std::string>> ReadTexts(const Value& offsets, const Value& bytes) {
  const std::size_t count = *offsets.Size() - 1;
  const auto size = static_cast<double>(bytes.Size().value_or(0));
  std::vector<std::string> texts;
  double begin = offsets.NumberAt(0).value_or(-1);
  for (std::size_t k = 0; k < count; ++k) {
    const double end = offsets.NumberAt(k + 1).value_or(-1);
    if ((k == 0 && begin != 0) || !IsIndex(end, size + 1) || end < begin)
      return Refuse(fmt::format("category name {}: its offsets are not places", k));
    std::string text;
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      const double byte = bytes.NumberAt(i).value_or(NAN);
      if (!IsIndex(byte + 128, 384))
        return Refuse(fmt::format("category name {}: byte {}", k, byte));
      text.push_back(static_cast<char>(static_cast<int>(byte)));
    }
    texts.push_back(std::move(text));
    begin = end;
  }
  if (begin != size) return Refuse("bytes of category names belong to no name");
  return texts;
}

// The names of one input. {"offsets", "values"}: texts, or nothing; {"type", "values"}: numbers.
Result<CategoryNames> ReadInput(const Value& list, std::uint32_t feature) {
  CategoryNames names;
  names.feature = feature;
  AISLE_TRY(const Value* values, Need(list, "values"));
  const auto size = values->Size();
  if (!size) return Refuse("'values' of category names is no array");
  if (const Value* offsets = list.Find("offsets"); offsets != nullptr) {
    if (!offsets->Size()) return Refuse("'offsets' of category names is no array");
    if (*offsets->Size() == 0 && *size == 0) return names;
    if (*offsets->Size() == 0) return Refuse("'offsets' of category names is empty");
    AISLE_TRY(names.texts, ReadTexts(*offsets, *values));
    return names;
  }
  for (std::size_t k = 0; k < *size; ++k) {
    const auto number = values->NumberAt(k);
    if (!number) return Refuse(fmt::format("category name {} is no number", k));
    names.numbers.push_back(*number);
  }
  return names;
}

}  // namespace

Status ReadXgboostNames(const Value* cats, Model& model) {
  if (cats == nullptr) return {};
  AISLE_TRY(const Value* lists, Need(*cats, "enc"));
  AISLE_TRY(const Value* ends, Need(*cats, "feature_segments"));
  if (lists->Size() == 0U) return {};
  if (lists->items.size() != model.feature_count || ends->Size() != lists->items.size() + 1) {
    return Refuse(fmt::format("category names of {} inputs for num_feature {}", lists->items.size(),
                              model.feature_count));
  }
  for (std::uint32_t i = 0; i < model.feature_count; ++i) {
    auto names = ReadInput(lists->items[i], i);
    if (!names) return Within(fmt::format("input {}", i), std::move(names).error());
    const double count = ends->NumberAt(i + 1).value_or(NAN) - ends->NumberAt(i).value_or(NAN);
    if (count != static_cast<double>(names->Size())) {
      return Refuse(fmt::format("input {}: {} category names; feature_segments has {}", i,
                                names->Size(), count));
    }
    if (names->Size() > 0) AISLE_CHECK(AddNames(std::move(*names), model));
  }
  return {};
}

void CheckNamesAreWhole(const Value& root, const std::string& writer, Model& model) {
  const auto beyond_ascii = [](const std::string& text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > 127; });
  };
  const Value* version = root.Find("version");
  const double major = version == nullptr ? 0 : version->NumberAt(0).value_or(0);
  const double minor = version == nullptr ? 0 : version->NumberAt(1).value_or(0);
  if (major > 3 || (major == 3 && minor >= 4)) return;
  for (const CategoryNames& names : model.names.inputs) {
    if (!std::ranges::any_of(names.texts, beyond_ascii)) continue;
    const std::string input = model.feature_names.empty() ? fmt::format("{}", names.feature)
                                                          : model.feature_names[names.feature];
    model.names.unusable = fmt::format(
        "{} wrote the category names of input '{}' cut (it counts letters where it should count "
        "bytes; 3.4 mended "
        "that), so rows cannot be matched by them. Train with XGBoost 3.4 or newer, or give "
        "category codes and say --codes",
        writer, input);
    return;
  }
}

}  // namespace aisle::forest
