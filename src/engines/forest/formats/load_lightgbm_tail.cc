#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "forest/formats/known_keys.h"
#include "forest/formats/load_lightgbm.h"
#include "forest/formats/load_parts.h"

namespace aisle::forest {
namespace {

// What assigning lists of names to inputs may take: lists times inputs.
constexpr std::size_t kTableMax = std::size_t{1} << 24U;

// What the file says of an input's values.
struct Input {
  bool category = false;
  // The codes that training met are below this; of a number that may not be a code at all: nothing.
  std::optional<double> codes_end;
};

// "-1:1:0:2" lists the codes of categories, "[0:4]" the range of numbers; "none": one value only.
Input ReadInfo(std::string_view info) {
  Input input{.category = !info.empty() && info.front() != '[' && info != "none",
              .codes_end = std::nullopt};
  if (info == "none") input.codes_end = 0;
  if (info.starts_with('[') && info.ends_with(']')) info = info.substr(1, info.size() - 2);
  double end = 0;
  for (bool last = info == "none"; !last;) {
    const std::size_t colon = info.find(':');
    last = colon == std::string_view::npos;
    const std::string_view word = info.substr(0, colon);
    double value = 0;
    const auto [stop, code] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (code != std::errc() || stop != word.data() + word.size() || std::trunc(value) != value ||
        (value < 0 && !(input.category && value == -1))) {
      return input;
    }
    end = std::max(end, value + 1);
    if (!last) info.remove_prefix(colon + 1);
  }
  input.codes_end = end;
  return input;
}

// `categories` is the value of [categorical_feature: ], which goes before what feature_infos say.
std::optional<std::vector<Input>> ReadInputs(std::string_view infos,
                                             std::optional<std::string_view> categories,
                                             std::size_t count) {
  std::vector<Input> inputs;
  while (!infos.empty() && inputs.size() <= count) inputs.push_back(ReadInfo(TakeWord(infos)));
  if (inputs.size() != count) return {};
  if (!categories) return inputs;
  for (Input& input : inputs) input.category = false;
  for (std::string_view rest = *categories; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    std::size_t place = 0;
    const auto [stop, code] = std::from_chars(word.data(), word.data() + word.size(), place);
    if (code != std::errc() || stop != word.data() + word.size() || place >= count) return {};
    inputs[place].category = true;
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return inputs;
}

// The file lists the names of each column that the frame held as categories, in the order of columns, but not which
// columns these were: the categories among the inputs, and any ordered ones, whose codes trees compare like numbers.
// Gives the input of each list, if there is one way only: `ways[f][l]` counts (up to 2) how the first f inputs can
// have taken l lists.
std::optional<std::vector<std::uint32_t>> InputsOfLists(const std::vector<Input>& inputs,
                                                        const std::vector<CategoryNames>& lists) {
  const std::size_t width = lists.size() + 1;
  if (width > kTableMax / (inputs.size() + 1)) return {};
  std::vector<std::uint8_t> ways((inputs.size() + 1) * width);
  ways[0] = 1;
  const auto fits = [&](std::size_t f, std::size_t l) {
    return inputs[f].codes_end && *inputs[f].codes_end <= static_cast<double>(lists[l].Size());
  };
  for (std::size_t f = 0; f < inputs.size(); ++f) {
    for (std::size_t l = 0; l < width; ++l) {
      int count = inputs[f].category ? 0 : ways[f * width + l];
      if (l > 0 && fits(f, l - 1)) count += ways[f * width + l - 1];
      ways[(f + 1) * width + l] = static_cast<std::uint8_t>(std::min(count, 2));
    }
  }
  if (ways.back() != 1) return {};
  std::vector<std::uint32_t> of_list(lists.size());
  std::size_t left = lists.size();
  for (std::size_t f = inputs.size(); f-- > 0;) {
    const bool took = left > 0 && fits(f, left - 1) && ways[f * width + left - 1] == 1;
    if (took) of_list[--left] = static_cast<std::uint32_t>(f);
  }
  return of_list;
}

// Texts, numbers, or true and false; nothing for a list that mixes them.
std::optional<CategoryNames> ReadNames(const Value& list) {
  CategoryNames names;
  const std::size_t count = list.Size().value_or(0);
  std::size_t booleans = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (list.kind == Value::Kind::kArray && list.items[i].kind == Value::Kind::kString) {
      names.texts.push_back(list.items[i].text);
    } else if (const auto number = list.NumberAt(i)) {
      booleans += list.kind == Value::Kind::kArray && list.items[i].kind == Value::Kind::kBool;
      names.numbers.push_back(*number);
    }
  }
  names.booleans = booleans > 0;
  if (std::max(names.texts.size(), names.numbers.size()) != count) return {};
  if (booleans != 0 && booleans != count) return {};
  return names;
}

Status ReadNamesLine(std::string_view json, std::string_view infos,
                     std::optional<std::string_view> categories, Model& model) {
  auto root = ReadJson(json, Decimals::kDouble);
  if (!root) return Within("pandas_categorical", std::move(root).error());
  if (root->kind == Value::Kind::kNull || root->Size() == 0U) return {};
  if (root->items.empty() || root->items.size() != root->Size())
    return Refuse("pandas_categorical is no list of lists");
  model.names.unseen_is_missing = true;
  std::vector<CategoryNames> lists;
  for (const Value& list : root->items) {
    auto names = ReadNames(list);
    if (!names) {
      model.names.unusable = fmt::format(
          "the category names of list {} of pandas_categorical are of several kinds, so rows "
          "cannot be matched by them. "
          "Train with names that are texts, or give category codes and say --codes",
          lists.size() + 1);
      return {};
    }
    lists.push_back(std::move(*names));
  }
  const auto inputs = ReadInputs(infos, categories, model.feature_count);
  const auto of_list = inputs ? InputsOfLists(*inputs, lists) : std::nullopt;
  if (!of_list) {
    model.names.unusable = fmt::format(
        "pandas_categorical has names for {} inputs, but which inputs these are cannot be told: "
        "ordered categories "
        "look like numbers in the file, and columns may have been named by categorical_feature. "
        "Give category codes and say "
        "--codes",
        lists.size());
    return {};
  }
  for (std::size_t i = 0; i < lists.size(); ++i) {
    lists[i].feature = (*of_list)[i];
    if (lists[i].Size() > 0) AISLE_CHECK(AddNames(std::move(lists[i]), model));
  }
  return {};
}

}  // namespace

Status ReadLightgbmTail(std::string_view text, std::string_view feature_infos, Model& model) {
  constexpr std::string_view kCategories = "[categorical_feature: ";
  constexpr std::string_view kNames = "pandas_categorical:";
  std::optional<std::string_view> categories;
  std::optional<std::string_view> names;
  enum class Part : std::uint8_t { kNone, kImportances, kParameters } part = Part::kNone;
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    if (part == Part::kParameters) {
      if (line.starts_with(kCategories) && line.ends_with(']'))
        categories = line.substr(kCategories.size(), line.size() - kCategories.size() - 1);
      if (line == "end of parameters") part = Part::kNone;
    } else if (line.empty()) {
      part = Part::kNone;
    } else if (part == Part::kImportances) {
      continue;
    } else if (line == "feature_importances:" || line == "feature importances:") {
      part = Part::kImportances;
    } else if (line == "parameters:") {
      part = Part::kParameters;
    } else if (line.starts_with(kNames) && !names) {
      names = line.substr(kNames.size());
    } else {
      return UnknownKey(
          fmt::format("after the trees: {}", line.substr(0, line.find_first_of(":="))),
          "LightGBM (its files do not say which version)");
    }
  }
  if (part == Part::kParameters) {
    return Fail(ErrorCode::kInvalidArgument,
                "the line 'end of parameters' is missing: the file was cut short, and with it what "
                "stands after it, as the names of categories");
  }
  if (!names) return {};
  return ReadNamesLine(*names, feature_infos, categories, model);
}

}  // namespace aisle::forest
