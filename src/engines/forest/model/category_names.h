// The names that a data frame's categories had when the model was trained, where its file keeps them.
//
// Trees ask for codes: place k of a list of names is code k. Whoever reads rows that carry names looks codes up
// here; no engine asks.
//
//   order    inputs ascend; names in the order of their codes.
//   missing  an input that has no list was given as numbers. No list at all: the file keeps no names.
//   source   LightGBM's line `pandas_categorical`, XGBoost's `cats` (3.1 on). docs/FOREST_FORMATS.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace aisle::forest {

// Names of one input: texts, or numbers that a double holds exactly (true and false are 1 and 0), never both.
struct CategoryNames {
  std::uint32_t feature = 0;
  bool booleans = false;  // The numbers were true and false.
  std::vector<std::string> texts;
  std::vector<double> numbers;

  std::size_t Size() const { return texts.empty() ? numbers.size() : texts.size(); }
};

struct StoredNames {
  std::vector<CategoryNames> inputs;
  // Not empty: the file has names, but why rows cannot be recoded by them, in words that stand after the path.
  std::string unusable;
  // Where the library sends a name that training has not seen: to the missing values, or nowhere (it refuses the
  // rows).
  bool unseen_is_missing = false;

  bool IsEmpty() const { return inputs.empty() && unusable.empty(); }
};

}  // namespace aisle::forest
